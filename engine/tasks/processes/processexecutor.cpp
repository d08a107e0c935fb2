// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/processexecutor.h>

#include "processpool_p.h"

#include <heddle/core/handedover.h>
#include <heddle/tasks/processworker.h>
#include <heddle/trace/slice.h>

#include <QThread>

#include <string>

namespace heddle {

BrokenWorker::BrokenWorker(QString what, QString worker, QString job, int signalNumber,
                           int exitCode)
    : Broken(QStringLiteral("Broken worker: %1 %2 while it ran the job %3").arg(worker, what, job),
             worker)
    , m_worker(std::move(worker))
    , m_job(std::move(job))
    , m_signalNumber(signalNumber)
    , m_exitCode(exitCode)
{}

BrokenWorker::~BrokenWorker() = default;
JobFailed::~JobFailed() = default;

ProcessExecutor::ProcessExecutor(std::string_view name, const ProcessOptions &options)
{
    if (isProcessWorker()) {
        throw Misuse(QStringLiteral("This process is a worker, and would start itself without end"),
                     QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())),
                     QStringLiteral("Begin main() as isProcessWorker() says"));
    }
    m_thread = std::make_unique<QThread>();
    m_thread->setObjectName(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
    m_pool = std::make_unique<ProcessPool>(name, options);
    m_pool->moveToThread(m_thread.get());
    m_thread->start();
    QMetaObject::invokeMethod(m_pool.get(), HandedOver([threadName = std::string(name)] {
                                  trace::setThreadName(threadName);
                              }));
}

ProcessExecutor::~ProcessExecutor()
{
    shutDown();
    // What lives in the thread ends in the thread.
    QMetaObject::invokeMethod(m_pool.get(), HandedOver([pool = m_pool.get()] { pool->end(); }),
                              Qt::BlockingQueuedConnection);
    m_thread->quit();
    m_thread->wait();
}

QFuture<QByteArray> ProcessExecutor::submit(const QString &job, const QByteArray &argument)
{
    return m_pool->submit(job, argument);
}

std::vector<QFuture<QByteArray>> ProcessExecutor::map(const QString &job,
                                                      const QList<QByteArray> &arguments)
{
    std::vector<QFuture<QByteArray>> futures;
    futures.reserve(static_cast<std::size_t>(arguments.size()));
    for (const QByteArray &argument : arguments)
        futures.push_back(submit(job, argument));
    return futures;
}

void ProcessExecutor::shutDown(PendingTasks pending, bool wait)
{
    m_pool->shutDown(pending, wait);
}

int ProcessExecutor::concurrency() const
{
    return m_pool->concurrency();
}

qsizetype ProcessExecutor::pending() const
{
    return m_pool->pending();
}

qint64 ProcessExecutor::brokenWorkers() const
{
    return m_pool->brokenWorkers();
}

QString ProcessExecutor::name() const
{
    return m_pool->name();
}

} // namespace heddle
