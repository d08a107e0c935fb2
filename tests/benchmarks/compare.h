// SPDX-License-Identifier: Apache-2.0
#pragma once

// Comparisons of Heddle with its peers: the same work, in one process, in turns.
//
// A time alone says little: it changes from machine to machine and, on a shared one, from minute to
// minute. So each round runs every contestant once, in an order that shifts from round to round,
// and the medians of the rounds are set against each other. Google Benchmark measures one function
// after the other and has no ratios; hence this frame.

#include <QString>
#include <QStringList>
#include <QtGlobal>

#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace heddle::benchmarks {

/// What one round of a contestant measured: a number for each of its comparison's measures.
using Figures = std::vector<double>;
/// Does the work so many times and measures it. Whatever it sets up and tears down outside
/// perOperation() or together() is not measured.
using Contestant = std::function<Figures(qint64 operations)>;

/// Nanoseconds that \a work takes.
template <typename Work>
double nanoseconds(Work &&work)
{
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin)
            .count();
}
/// The same for each of the \a operations that \a work does.
template <typename Work>
Figures perOperation(qint64 operations, Work &&work)
{
    return {nanoseconds(std::forward<Work>(work)) / static_cast<double>(operations)};
}
/// Runs each of \a bodies in a thread of its own. Nanoseconds from their common start until the
/// last has returned.
double together(const std::vector<std::function<void()>> &bodies);
/// The 50th and the 99th percentile of \a samples.
Figures percentiles(std::vector<double> samples);
/// Keeps the compiler from leaving out what computes \a value.
template <typename T>
void keep(const T &value)
{
    asm volatile("" : : "g"(&value) : "memory");
}

/// A bound that the medians are held against.
struct Goal
{
    enum class Kind {
        TimesFaster,          ///< Heddle takes at most 1/value of the time of \a peer
        AtMost,               ///< Heddle's figure is at most value
        RecordingTimes,       ///< with recording on, at most value times that of off
        RecordingRecords,     ///< at most value records more for each operation
        RecordingNanoseconds, ///< at most value nanoseconds more for each operation
    };
    Kind kind;
    double value;
    QString peer; ///< of TimesFaster; empty: the fastest of the peers
    int measure = 0;
};

/// One work and those who do it.
///
/// \code
/// const Registered posted(Comparison("tasks", "an empty task", 100'000)
///                                 .heddle("WorkStealingExecutor", postToHeddle)
///                                 .peer("QThreadPool", postToQt)
///                                 .timesFaster(5, "QThreadPool")
///                                 .recordingTimes(1.5));
/// \endcode
class Comparison
{
public:
    struct Entry
    {
        QString name;
        Contestant run;
        enum class Role { Heddle, Peer, Other } role;
    };

    /// \a operations: how many a round does; fewer where that would take too long.
    Comparison(QString topic, QString work, qint64 operations);

    /// Heddle's way; measured with recording off and on.
    Comparison &heddle(const QString &name, Contestant run);
    Comparison &peer(const QString &name, Contestant run);
    /// Measured and shown, but not one of the peers: a floor, or another way of Heddle's.
    Comparison &other(const QString &name, Contestant run);
    /// The work makes sense as a whole only: every round does all operations.
    Comparison &whole();
    /// A round takes so long that this many must do.
    Comparison &atMostRounds(int rounds);
    /// What a round measures, if not one time; "p50", "p99".
    Comparison &measures(const QStringList &names);
    /// Of the figures, if not "ns".
    Comparison &unit(const QString &name);
    /// Nothing is recorded while it is measured, or that would say nothing.
    Comparison &withoutRecording();

    Comparison &timesFaster(double factor, const QString &peer = {}, int measure = 0);
    Comparison &atMost(double figure, int measure = 0);
    Comparison &recordingTimes(double factor);
    Comparison &recordingRecords(double records, std::optional<double> nanosecondsEach = {});

    [[nodiscard]] const QString &topic() const { return m_topic; }
    [[nodiscard]] const QString &work() const { return m_work; }
    [[nodiscard]] qint64 operations() const { return m_operations; }
    [[nodiscard]] bool isWhole() const { return m_whole; }
    [[nodiscard]] int mostRounds() const { return m_mostRounds; }
    [[nodiscard]] bool isRecorded() const { return m_recorded; }
    [[nodiscard]] const QStringList &measureNames() const { return m_measures; }
    [[nodiscard]] const QString &unitName() const { return m_unit; }
    [[nodiscard]] const std::vector<Entry> &entries() const { return m_entries; }
    [[nodiscard]] const std::vector<Goal> &goals() const { return m_goals; }

private:
    QString m_topic;
    QString m_work;
    qint64 m_operations;
    bool m_whole = false;
    bool m_recorded = true;
    int m_mostRounds = std::numeric_limits<int>::max();
    QStringList m_measures{QString()};
    QString m_unit = QStringLiteral("ns");
    std::vector<Entry> m_entries;
    std::vector<Goal> m_goals;
};

/// Adds a comparison to the program, from a variable at namespace scope.
class Registered
{
public:
    explicit Registered(Comparison comparison);
    /// In the order of their topics.
    static std::vector<Comparison> all(const QStringList &topics);
};

/// How thoroughly to measure.
struct Effort
{
    int rounds = 7;
    std::chrono::milliseconds round{60}; ///< that one contestant should take at most
};

/// One contestant's medians.
struct Measurement
{
    QString name;
    Comparison::Entry::Role role = Comparison::Entry::Role::Heddle;
    bool recording = false;
    qint64 operations = 0;
    std::vector<Figures> rounds;
    double records = 0;      ///< for each operation
    quint64 recordsLost = 0; ///< must be 0, else the rest means nothing

    [[nodiscard]] double median(int measure = 0) const;
    /// Half of the distance between the quartiles, as a part of the median.
    [[nodiscard]] double spread(int measure = 0) const;
};

/// With three digits or so.
QString asNumber(double figure);

/// A goal and what became of it.
struct Judgement
{
    QString goal;
    QString measured;
    bool isReached = false;
};

struct Result
{
    Comparison comparison;
    std::vector<Measurement> measurements; ///< Heddle's two first

    /// Null when there is none.
    [[nodiscard]] const Measurement *heddle(bool recording) const;
    [[nodiscard]] std::vector<Judgement> judgements() const;
    [[nodiscard]] quint64 recordsLost() const;
};

/// Measures \a comparison. Blocks.
Result measure(const Comparison &comparison, const Effort &effort);

} // namespace heddle::benchmarks
