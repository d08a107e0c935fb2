// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/catalog/patterninfo.h>
#include <heddle/pattern/runcontext.h>
#include <heddle/timeline/tracestore.h>

#include <QJsonObject>
#include <QObject>
#include <QStringList>

#include <chrono>
#include <memory>

namespace heddle {

/// What to run, and how.
struct RunRequest
{
    PatternInfo pattern;
    QJsonObject parameters; ///< those that differ from the defaults
    QStringList faults;
    quint64 seed = 1;
    /// After this long the run is asked to stop, then ended by force; 0 means the parameter runCap.
    std::chrono::milliseconds timeout{0};
    /// How long a run that was asked to stop may take before it is ended by force.
    std::chrono::milliseconds stopGrace{2000};
    bool record = true;
    bool isolated = true; ///< in a child process; false: in this one, for embedding and tests
    std::uint64_t recordingBytes = std::uint64_t{64} << 20;
    /// How much memory the trace may take; what follows is counted as lost.
    std::size_t mostTraceBytes = std::size_t{2} << 30;
};

enum class RunState {
    Idle,
    Starting,
    Running,
    Stopping,
    Finished,
    Failed,
    Crashed,
    TimedOut,
    Cancelled
};
HEDDLE_TIMELINE_EXPORT QString runStateId(RunState state); ///< "timed_out" …

struct InvariantOutcome
{
    QString id;
    bool holds = false;
    QString evidence;
};

/// How a run went. Complete once the state is final.
struct RunReport
{
    RunState state = RunState::Idle;
    QString message;       ///< what happened, where and what to do; empty when all is well
    QStringList backtrace; ///< of a crash, innermost first
    QString crashedThread; ///< of a crash: the thread's name, if it is known
    std::int64_t crashedThreadId = 0; ///< the operating system's number, 0 if it is not known
    /// What the threads were doing when the run crashed or was told to stop, one line each.
    QStringList lastRecords;
    int exitCode = 0;     ///< of the child process
    int signalNumber = 0; ///< that ended the child process, 0 if none
    QVariantMap results;
    QList<InvariantOutcome> invariants;
    std::chrono::nanoseconds wallTime{0};
};

/// One run of one pattern: starts it, follows it, stops it, reports how it ended.
///
/// The pattern runs in a child process ("heddle", found beside the program or through
/// HEDDLE_RUNNER); nothing that it does can harm this one. The trace grows while it runs and is
/// kept whatever happens.
///
/// Threads: all functions in the thread that owns the object, which needs an event loop; none
/// blocks. The store may be read from any thread.
class HEDDLE_TIMELINE_EXPORT Run : public QObject
{
    Q_OBJECT
public:
    explicit Run(RunRequest request, QObject *parent = nullptr);
    /// Ends the child process by force if it still runs.
    ~Run() override;

    /// Starts the run; once only. Wrong parameters end it as Failed at once, with a message.
    void start();
    /// Asks the run to stop; after the request's grace it is ended by force.
    void stop();
    /// Ends it now.
    void kill();

    [[nodiscard]] const RunRequest &request() const;
    [[nodiscard]] RunState state() const;
    [[nodiscard]] bool isActive() const; ///< started and not in a final state
    [[nodiscard]] const RunReport &report() const;
    /// What has been recorded so far; never null.
    [[nodiscard]] std::shared_ptr<const TraceStore> trace() const;

Q_SIGNALS:
    void stateChanged(heddle::RunState state);
    void progressed(double fraction, const QString &text);
    void logged(heddle::LogLevel level, const QString &text);
    void resultReported(const QString &id, const QVariant &value);
    void invariantReported(const heddle::InvariantOutcome &outcome);
    /// The final state is reached and the trace is complete. Emitted once.
    void finished();

private:
    void setState(RunState state);
    void failToStart(const QString &message);
    void hostReady(qint64 processId);
    void execute();
    void endEarly(RunState why);
    void hostEnded(const RunReport &ended);
    void conclude();
    void complete();
    [[nodiscard]] QMap<QString, QString> attributes() const;

    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle
