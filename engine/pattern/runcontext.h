// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/pattern/parameters.h>
#include <heddle/trace/export.h>

#include <QSet>
#include <QString>
#include <QVariant>

#include <chrono>
#include <memory>
#include <random>
#include <stop_token>

namespace heddle {

class Executor;

/// How much a line of the log matters.
enum class LogLevel { Debug, Info, Warning, Error };

/// Receives what a pattern reports. Implemented by the runner's control channel and by tests.
/// Called from any thread, also from several at once.
class RunObserver
{
public:
    virtual ~RunObserver() = default;
    /// \a fraction of the work is done, 0 to 1.
    virtual void progress(double fraction, const QString &text) = 0;
    /// A line for the log.
    virtual void log(LogLevel level, const QString &text) = 0;
    /// A result that the metadata declare; the last value counts.
    virtual void result(const QString &id, const QVariant &value) = 0;
    /// Whether a declared invariant holds, and the numbers that show it.
    virtual void invariant(const QString &id, bool holds, const QString &evidence) = 0;
};

/// What a pattern needs to run, and what it reports to.
///
/// Threads: any, unless a function says otherwise.
class HEDDLE_ENGINE_EXPORT RunContext
{
public:
    /// What the runner knows of the run.
    struct Setup
    {
        Parameters parameters;           ///< checked against the schema
        QSet<QString> faults;            ///< those that are switched on
        quint64 seed = 1;                ///< of random()
        double timeScale = 1.0;          ///< factor on all simulated work: 10 is ten times slower
        std::stop_token stop;            ///< requested when the run is to end
        RunObserver *observer = nullptr; ///< not owned; outlives the context
    };
    /// Made by the runner; a test may make one too.
    explicit RunContext(Setup setup);
    ~RunContext();
    RunContext(const RunContext &) = delete;
    RunContext &operator=(const RunContext &) = delete;

    /// The run's parameters.
    [[nodiscard]] const Parameters &parameters() const { return m_setup.parameters; }
    /// True when the user switched on the fault \a id of the plugin's metadata.
    [[nodiscard]] bool hasFault(const QString &id) const { return m_setup.faults.contains(id); }

    /// Requested to stop when the user stops the run or its time is up. Hand it to every wait.
    [[nodiscard]] std::stop_token stopToken() const { return m_setup.stop; }
    /// Whether it was. For loops that wait for nothing.
    [[nodiscard]] bool stopRequested() const { return m_setup.stop.stop_requested(); }

    /// \a fraction of the work done, 0 to 1, with an optional short text. Cheap: the channel drops
    /// reports that come faster than a screen shows them.
    void progress(double fraction, const QString &text = {});
    /// Says something in the run's log.
    void log(LogLevel level, const QString &text);
    /// The same at level Info.
    void info(const QString &text) { log(LogLevel::Info, text); }
    /// The same at level Warning.
    void warning(const QString &text) { log(LogLevel::Warning, text); }

    /// Reports a result that the metadata declare (number, bool or text). The last value counts.
    void result(const QString &id, const QVariant &value);
    /// Reports whether a declared invariant holds, with the numbers that show it. The last report
    /// counts, but one that was broken once stays broken.
    void invariant(const QString &id, bool holds, const QString &evidence);

    /// A random generator that depends on the seed and on \a stream alone: give each thread its own
    /// number, and the same seed makes the same choices whatever the scheduling.
    [[nodiscard]] std::mt19937_64 random(quint64 stream = 0) const;

    /// Simulated waiting work of \a duration × timeScale (a sleep shown as such in the trace).
    /// Returns false when the run was asked to stop meanwhile. Blocks.
    bool pause(std::chrono::nanoseconds duration);
    /// Simulated computing: keeps a core busy for \a duration × timeScale of CPU time.
    /// Returns false when the run was asked to stop meanwhile. Blocks.
    bool compute(std::chrono::nanoseconds duration);

private:
    Setup m_setup;
};

} // namespace heddle
