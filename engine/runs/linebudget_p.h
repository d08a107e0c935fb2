// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <QStringList>

#include <chrono>

namespace heddle {

/// What may pass of a stream of lines that somebody writes as fast as he likes: so many a second
/// and so many in all. What is left out is counted, and told.
///
/// Threads: one at a time; never blocks. Costs no memory for what it leaves out.
class LineBudget
{
public:
    using Clock = std::chrono::steady_clock;
    static constexpr int MostPerSecond = 200;
    static constexpr int MostInAll = 5000;
    static constexpr qsizetype LongestLine = 4096;

    /// A second budget behind another one needs some slack: their seconds begin at different times.
    explicit LineBudget(int mostPerSecond = MostPerSecond, int mostInAll = MostInAll)
        : m_mostPerSecond(mostPerSecond)
        , m_mostInAll(mostInAll)
    {}

    /// The lines to pass on now that \a line has come: itself, if it may pass, and before it how
    /// many were left out.
    [[nodiscard]] QStringList admit(const QString &line, Clock::time_point now);
    /// What is to be said when nothing more will come.
    [[nodiscard]] QStringList finish();

private:
    int m_mostPerSecond;
    int m_mostInAll;
    Clock::time_point m_second;
    int m_inSecond = 0;
    int m_inAll = 0;
    qint64 m_leftOut = 0; ///< not told yet
};

} // namespace heddle
