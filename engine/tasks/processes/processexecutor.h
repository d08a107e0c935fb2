// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/tasks/executor.h>

#include <QByteArray>
#include <QFuture>
#include <QString>
#include <QStringList>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

class QThread;

namespace heddle {

class ProcessPool;

/// A worker process ended, or had to be ended, while it ran a job.
class HEDDLE_ENGINE_EXPORT BrokenWorker : public Broken
{
public:
    /// Made by the executor.
    BrokenWorker(QString what, QString worker, QString job, int signalNumber, int exitCode);
    ~BrokenWorker() override;

    /// The worker's name.
    [[nodiscard]] const QString &worker() const { return m_worker; }
    /// What it was doing.
    [[nodiscard]] const QString &job() const { return m_job; }
    /// 0 when no signal ended it.
    [[nodiscard]] int signalNumber() const { return m_signalNumber; }
    /// 0 if a signal ended it.
    [[nodiscard]] int exitCode() const { return m_exitCode; }

private:
    QString m_worker;
    QString m_job;
    int m_signalNumber;
    int m_exitCode;
};

/// A job threw; what it threw does not cross the border between processes, its text does.
class HEDDLE_ENGINE_EXPORT JobFailed : public Error
{
public:
    using Error::Error;
    ~JobFailed() override;
};

/// What may be said about a ProcessExecutor. All of it is optional.
struct ProcessOptions
{
    int workers = 0; ///< 0: one for each processor
    /// Plugins with jobs (JobLibrary) that the workers load; their arguments, if \a program is set.
    QStringList libraries = {};
    /// What the workers run; empty: heddle-worker, which stands beside this program or the engine.
    /// The program itself will do, if its main() begins as isProcessWorker() says.
    QString program = {};
    /// From its start until a worker has to be ready.
    std::chrono::milliseconds startTimeout = std::chrono::seconds(10);
    /// More workers than that may not break within a minute, or the executor is broken.
    int restartsPerMinute = 10;
    /// In bytes: of an argument, and of a result.
    qint64 largestMessage = qint64(1) << 30;
    /// What is told of each line that a worker prints, in the executor's own thread; empty: qInfo()
    /// and, of its standard error, qWarning(), with the worker's name before it.
    std::function<void(const QString &worker, bool isError, const QString &line)> output = {};
};

/// Runs named jobs in child processes: what crashes there fails its job and nothing else.
///
/// As Python's ProcessPoolExecutor, but that a worker which dies breaks its job alone and is
/// replaced. Functions cannot cross the border between processes, so it is no Executor; it has what
/// the others have: submit() and map() with futures, shutDown(), pending(), concurrency().
///
/// - Jobs are functions from bytes to bytes that a plugin exports (JobLibrary) or the program
///   registers (JobRegistry). A worker runs one at a time; jobs start in the order of submission.
/// - Workers start when they are needed, each in a process group of its own, and go on to the next
///   job. They end with this object, and with this process, however it ends.
/// - A job that throws ends with JobFailed; one that no worker knows with Misuse; one whose worker
///   dies, or sends what is no message, with BrokenWorker. If too many workers break within a
///   minute, or none can be started, what is pending ends with Broken, as does submit().
/// - Cancelling the future of a pending job prevents its run; that of a running one kills its
///   worker, and the future finishes when that is dead.
///
/// Trace: an executor; an object of kind process per worker; a task per job, which waits for its
/// process while it runs there.
///
/// Threads: any. The connections are served by a thread called \a name. Cost: a job costs a message
/// each way, some 50 to 100 µs; it is worth it from a millisecond of work on.
class HEDDLE_ENGINE_EXPORT ProcessExecutor
{
public:
    /// Starts no process yet. \throws Misuse in a process that is a worker itself and has not
    /// called runProcessWorker(): it would start itself without end
    explicit ProcessExecutor(std::string_view name, const ProcessOptions &options = {});
    /// Runs what is pending, and waits.
    ~ProcessExecutor();
    ProcessExecutor(const ProcessExecutor &) = delete;
    ProcessExecutor &operator=(const ProcessExecutor &) = delete;

    /// Has a worker run \a job. Never blocks. \throws ShutDown, Broken; Misuse when \a argument is
    /// larger than the largest message
    [[nodiscard]] QFuture<QByteArray> submit(const QString &job, const QByteArray &argument = {});
    /// submit() for each of \a arguments, in their order.
    [[nodiscard]] std::vector<QFuture<QByteArray>> map(const QString &job,
                                                       const QList<QByteArray> &arguments);

    /// Takes no more jobs; runs the pending ones, or cancels them at once. With \a wait, blocks
    /// until all have ended and the workers are gone. Harmless when repeated. \throws Misuse with
    /// \a wait from the handler of the workers' output
    void shutDown(PendingTasks pending = PendingTasks::Run, bool wait = true);

    /// How many jobs can run at the same time. Never blocks.
    [[nodiscard]] int concurrency() const;
    /// Jobs that have not started: a snapshot. Never blocks.
    [[nodiscard]] qsizetype pending() const;
    /// Workers that have broken so far. Never blocks.
    [[nodiscard]] qint64 brokenWorkers() const;
    [[nodiscard]] QString name() const;

private:
    std::unique_ptr<QThread> m_thread;
    std::unique_ptr<ProcessPool> m_pool; ///< lives in the thread
};

} // namespace heddle
