// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workerprocess_p.h"

#include <heddle/core/waitpoint.h>
#include <heddle/tasks/processexecutor.h>
#include <heddle/trace/object.h>
#include <heddle/trace/task.h>

#include <QLocalServer>
#include <QObject>
#include <QPromise>
#include <QTemporaryDir>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace heddle {

/// A job on its way to a worker.
struct PendingJob
{
    quint64 number = 0;
    QString name;
    QByteArray argument;
    QPromise<QByteArray> promise;
    trace::Task life;
};

/// The jobs, the workers and their connections, served by one thread with an event loop.
class ProcessPool final : public QObject, private WorkerProcess::Listener
{
public:
    ProcessPool(std::string_view name, const ProcessOptions &options);
    ~ProcessPool() override;

    // Any thread.
    [[nodiscard]] QFuture<QByteArray> submit(const QString &name, const QByteArray &argument);
    void shutDown(PendingTasks pending, bool wait);
    [[nodiscard]] int concurrency() const { return m_options.workers; }
    [[nodiscard]] qsizetype pending() const;
    [[nodiscard]] qint64 brokenWorkers() const;
    [[nodiscard]] QString name() const;

    /// The last thing in the pool's thread.
    void end();

private:
    using JobPointer = std::shared_ptr<PendingJob>;
    using Clock = std::chrono::steady_clock;
    /// A connection that has not said which worker it is.
    struct Stranger;

    void workerReady(WorkerProcess &worker) override;
    void workerAnswered(WorkerProcess &worker, const ProcessMessage &answer) override;
    void workerPrinted(const WorkerProcess &worker, bool isError, const QString &line) override;
    void workerEnded(WorkerProcess &worker, const WorkerEnd &end) override;
    void workerCannotStart(const QString &why) override;

    void wake();
    void serve();
    void follow(const JobPointer &job);
    void cancelled(const JobPointer &job);
    void assignJobs();
    [[nodiscard]] WorkerProcess *idleWorker();
    [[nodiscard]] bool startWorker();
    [[nodiscard]] JobPointer takeJob();
    void give(WorkerProcess &worker, JobPointer job);
    void connected();
    void readStranger(Stranger &stranger);
    void breakDown(const QString &why);
    void failWithBrokenWorker(const WorkerProcess &worker, PendingJob &job, const WorkerEnd &end);
    void closeIfDone();
    static void finish(PendingJob &job, trace::TaskState state);

    ProcessOptions m_options;
    trace::Object m_object;

    mutable std::mutex m_mutex; ///< for what follows
    std::deque<JobPointer> m_queue;
    std::vector<JobPointer> m_submitted; ///< in the queue, and not followed yet
    quint64 m_jobs = 0;
    bool m_isShutDown = false;
    bool m_hasEnded = false;
    bool m_isAwake = false;
    std::optional<QString> m_whyBroken;
    qint64 m_brokenWorkers = 0;
    WaitPoint m_ended;

    // In the pool's thread.
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<QLocalServer> m_server;
    std::vector<std::unique_ptr<Stranger>> m_strangers;
    std::vector<std::unique_ptr<WorkerProcess>> m_workers; ///< by number; null: none
    std::deque<Clock::time_point> m_breaks;                ///< of workers, in the last minute
};

} // namespace heddle
