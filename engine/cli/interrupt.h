// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

namespace heddle::cli {

/// Turns SIGINT and SIGTERM into a signal of the event loop, through a pipe. One per process;
/// the thread that owns it.
class Interrupt : public QObject
{
    Q_OBJECT
public:
    Interrupt();
    ~Interrupt() override;
    /// How often it was asked so far.
    [[nodiscard]] int times() const { return m_times; }

Q_SIGNALS:
    void requested(int times);

private:
    int m_times = 0;
};

} // namespace heddle::cli
