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

enum class LogLevel { Debug, Info, Warning, Error };

/// Receives what a pattern reports. Implemented by the runner's control channel and by tests.
/// Called from any thread, also from several at once.
class RunObserver
{
public:
    virtual ~RunObserver() = default;
    virtual void progress(double fraction, const QString &text) = 0;
    virtual void log(LogLevel level, const QString &text) = 0;
    virtual void result(const QString &id, const QVariant &value) = 0;
    virtual void invariant(const QString &id, bool holds, const QString &evidence) = 0;
};

/// What a pattern needs to run, and what it reports to.
///
/// Threads: any, unless a function says otherwise.
class HEDDLE_ENGINE_EXPORT RunContext
{
public:
    struct Setup
    {
        Parameters parameters;
        QSet<QString> faults;
        quint64 seed = 1;
        double timeScale = 1.0; ///< factor on all simulated work: 10 is ten times slower
        std::stop_token stop;
        RunObserver *observer = nullptr; ///< not owned; outlives the context
    };
    explicit RunContext(Setup setup);
    ~RunContext();
    RunContext(const RunContext &) = delete;
    RunContext &operator=(const RunContext &) = delete;

    [[nodiscard]] const Parameters &parameters() const { return m_setup.parameters; }
    /// True when the user switched on the fault \a id of the plugin's metadata.
    [[nodiscard]] bool hasFault(const QString &id) const { return m_setup.faults.contains(id); }

    /// Requested to stop when the user stops the run or its time is up. Hand it to every wait.
    [[nodiscard]] std::stop_token stopToken() const { return m_setup.stop; }
    [[nodiscard]] bool stopRequested() const { return m_setup.stop.stop_requested(); }

    /// \a fraction of the work done, 0 to 1, with an optional short text. Cheap: the channel drops
    /// reports that come faster than a screen shows them.
    void progress(double fraction, const QString &text = {});
    void log(LogLevel level, const QString &text);
    void info(const QString &text) { log(LogLevel::Info, text); }
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
