// SPDX-License-Identifier: Apache-2.0
#include "processpool_p.h"

#include "processstart_p.h"

#include <heddle/core/handedover.h>

#include <QCoreApplication>
#include <QFutureWatcher>
#include <QThread>

#include <algorithm>
#include <utility>

namespace heddle {

namespace {

constexpr qint64 LongestHello = 1024;
constexpr std::chrono::minutes BreaksCountFor(1);

} // namespace

struct ProcessPool::Stranger
{
    std::unique_ptr<QLocalSocket> socket;
    std::unique_ptr<ProcessMessageReader> reader;
};

ProcessPool::ProcessPool(std::string_view name, const ProcessOptions &options)
    : m_options(options)
    , m_object(trace::ObjectKind::Executor, name)
{
    if (m_options.workers <= 0)
        m_options.workers = std::max(QThread::idealThreadCount(), 1);
    m_workers.resize(static_cast<std::size_t>(m_options.workers));
}

ProcessPool::~ProcessPool() = default;

QString ProcessPool::name() const
{
    const std::string_view text = m_object.name().text();
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

qsizetype ProcessPool::pending() const
{
    const std::lock_guard lock(m_mutex);
    return static_cast<qsizetype>(m_queue.size());
}

qint64 ProcessPool::brokenWorkers() const
{
    const std::lock_guard lock(m_mutex);
    return m_brokenWorkers;
}

void ProcessPool::finish(PendingJob &job, trace::TaskState state)
{
    job.life.ended(state);
    job.promise.finish();
}

QFuture<QByteArray> ProcessPool::submit(const QString &jobName, const QByteArray &argument)
{
    if (argument.size() > m_options.largestMessage) {
        throw Misuse(QStringLiteral("An argument of %1 bytes is larger than the largest message")
                             .arg(argument.size()),
                     name(), QStringLiteral("Raise ProcessOptions::largestMessage"));
    }
    auto job = std::make_shared<PendingJob>();
    job->name = jobName;
    job->argument = argument;
    job->promise.start();
    QFuture<QByteArray> future = job->promise.future();
    {
        const std::lock_guard lock(m_mutex);
        if (m_isShutDown) {
            throw ShutDown(QStringLiteral("The executor takes no more jobs"), name(),
                           QStringLiteral("Submit before shutDown()"));
        }
        if (m_whyBroken)
            throw Broken(*m_whyBroken, name());
        job->number = ++m_jobs;
        job->life = trace::Task::ready(m_object.id(), trace::Name(jobName.toStdString()));
        m_queue.push_back(job);
        m_submitted.push_back(std::move(job));
    }
    wake();
    return future;
}

void ProcessPool::shutDown(PendingTasks pending, bool wait)
{
    if (wait && QThread::currentThread() == thread()) {
        throw Misuse(QStringLiteral("The thread that serves the workers would wait for itself"),
                     name(), QStringLiteral("Shut down without waiting from there"));
    }
    std::deque<JobPointer> cancelled;
    {
        const std::lock_guard lock(m_mutex);
        m_isShutDown = true;
        if (pending == PendingTasks::Cancel)
            cancelled.swap(m_queue);
    }
    for (const JobPointer &job : cancelled) {
        job->promise.future().cancel();
        finish(*job, trace::TaskState::Cancelled);
    }
    wake();
    if (!wait)
        return;
    std::unique_lock lock(m_mutex);
    m_ended.wait(
            lock, m_object.id(), trace::WaitReason::Future, WaitPoint::Forever, {},
            [this] { return m_hasEnded; }, [] { return false; });
}

// One event for all that has happened until the thread comes to it.
void ProcessPool::wake()
{
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_isAwake, true))
            return;
    }
    QMetaObject::invokeMethod(this, HandedOver([this] { serve(); }), Qt::QueuedConnection);
}

void ProcessPool::serve()
{
    std::vector<JobPointer> submitted;
    {
        const std::lock_guard lock(m_mutex);
        m_isAwake = false;
        submitted.swap(m_submitted);
    }
    for (const JobPointer &job : submitted)
        follow(job);
    assignJobs();
    closeIfDone();
}

// Qt tells of a cancellation by a watcher only.
void ProcessPool::follow(const JobPointer &job)
{
    auto *watcher = new QFutureWatcher<QByteArray>(this);
    connect(watcher, &QFutureWatcherBase::canceled, this, [this, weak = std::weak_ptr(job)] {
        if (const JobPointer its = weak.lock())
            cancelled(its);
    });
    connect(watcher, &QFutureWatcherBase::finished, watcher, &QObject::deleteLater);
    watcher->setFuture(job->promise.future());
    if (job->promise.isCanceled())
        cancelled(job);
}

void ProcessPool::cancelled(const JobPointer &job)
{
    std::size_t taken = 0;
    {
        const std::lock_guard lock(m_mutex);
        taken = std::erase(m_queue, job);
    }
    if (taken > 0) {
        finish(*job, trace::TaskState::Cancelled);
        return;
    }
    for (const auto &worker : m_workers) {
        if (worker && worker->job == job)
            worker->kill();
    }
}

ProcessPool::JobPointer ProcessPool::takeJob()
{
    const std::lock_guard lock(m_mutex);
    if (m_queue.empty())
        return {};
    JobPointer job = std::move(m_queue.front());
    m_queue.pop_front();
    return job;
}

WorkerProcess *ProcessPool::idleWorker()
{
    for (const auto &worker : m_workers) {
        if (worker && worker->isIdle())
            return worker.get();
    }
    return nullptr;
}

void ProcessPool::assignJobs()
{
    while (WorkerProcess *worker = idleWorker()) {
        JobPointer job = takeJob();
        if (!job)
            return;
        if (job->promise.isCanceled())
            finish(*job, trace::TaskState::Cancelled);
        else
            give(*worker, std::move(job));
    }
    qsizetype starting = std::count_if(m_workers.begin(), m_workers.end(), [](const auto &worker) {
        return worker && worker->isStarting();
    });
    while (starting < pending() && startWorker())
        ++starting;
}

bool ProcessPool::startWorker()
{
    const auto place = std::find(m_workers.begin(), m_workers.end(), nullptr);
    if (place == m_workers.end())
        return false;
    if (!m_server) {
        m_folder = std::make_unique<QTemporaryDir>();
        m_server = std::make_unique<QLocalServer>();
        m_server->setSocketOptions(QLocalServer::UserAccessOption);
        connect(m_server.get(), &QLocalServer::newConnection, this, &ProcessPool::connected);
        if (!m_folder->isValid() || !m_server->listen(m_folder->filePath(QStringLiteral("pool")))) {
            const QString why = m_folder->isValid() ? m_server->errorString()
                                                    : m_folder->errorString();
            m_server.reset();
            breakDown(
                    QStringLiteral("The workers' connection cannot be opened: %1. Set TMPDIR to a "
                                   "folder that you may write to, with a short path")
                            .arg(why));
            return false;
        }
    }
    const auto number = place - m_workers.begin() + 1;
    *place = std::make_unique<WorkerProcess>(static_cast<WorkerProcess::Listener &>(*this),
                                             QStringLiteral("%1 worker %2").arg(name()).arg(number),
                                             m_options, m_server->fullServerName());
    (*place)->start();
    return true;
}

void ProcessPool::give(WorkerProcess &worker, JobPointer job)
{
    // Here it is handed over; it is elsewhere that it runs.
    job->life.running();
    job->life.waits(worker.objectId(), trace::WaitReason::InputOutput);
    worker.job = job;
    worker.send({ProcessMessage::Call, job->number, {job->name}, std::move(job->argument)});
}

void ProcessPool::connected()
{
    while (QLocalSocket *socket = m_server->nextPendingConnection()) {
        auto &stranger = *m_strangers.emplace_back(std::make_unique<Stranger>());
        socket->setParent(nullptr);
        stranger.socket.reset(socket);
        stranger.reader = std::make_unique<ProcessMessageReader>(LongestHello);
        connect(socket, &QLocalSocket::readyRead, this,
                [this, &stranger] { readStranger(stranger); });
        readStranger(stranger);
    }
}

void ProcessPool::readStranger(Stranger &stranger)
{
    const bool isWellFormed = stranger.reader->read(*stranger.socket);
    const auto hello = stranger.reader->take();
    const bool isThere = stranger.socket->state() == QLocalSocket::ConnectedState;
    if (isWellFormed && !hello && isThere)
        return; // the rest is to come
    const auto worker = std::find_if(
            m_workers.begin(), m_workers.end(), [&hello](const auto &candidate) {
                return candidate && hello && hello->type == ProcessMessage::Hello
                       && candidate->isStarting() && candidate->token() == hello->texts.value(0);
            });
    const auto place = std::find_if(
            m_strangers.begin(), m_strangers.end(),
            [&stranger](const auto &other) { return other.get() == &stranger; });
    const std::unique_ptr<Stranger> known = std::move(*place);
    m_strangers.erase(place);
    known->socket->disconnect(this);
    if (worker == m_workers.end()) {
        known->socket->abort();
        known->socket.release()->deleteLater(); // it is what calls this
        return;
    }
    (*worker)->connected(std::move(known->socket), m_options.largestMessage);
}

void ProcessPool::workerReady(WorkerProcess &)
{
    assignJobs();
}

void ProcessPool::workerAnswered(WorkerProcess &worker, const ProcessMessage &answer)
{
    const bool isAnswer = answer.type == ProcessMessage::Result
                          || (answer.type == ProcessMessage::Failure && answer.texts.size() == 4);
    if (!isAnswer || !worker.job || worker.job->number != answer.job) {
        worker.kill(QStringLiteral("sent what is no answer"));
        return;
    }
    const JobPointer job = std::exchange(worker.job, nullptr);
    job->life.ready();
    job->life.running();
    if (answer.type == ProcessMessage::Result) {
        job->promise.addResult(answer.bytes);
        finish(*job, job->promise.isCanceled() ? trace::TaskState::Cancelled
                                               : trace::TaskState::Finished);
    } else {
        const auto kind = static_cast<JobFailureKind>(answer.texts[0].toInt());
        const QString &what = answer.texts[1];
        const QString &where = answer.texts[2];
        const QString &remedy = answer.texts[3];
        job->promise.setException(
                kind == JobFailureKind::Unknown
                        ? std::make_exception_ptr(Misuse(what, where, remedy))
                        : std::make_exception_ptr(JobFailed(what, where, remedy)));
        finish(*job, trace::TaskState::Failed);
    }
    wake(); // the worker may be in the middle of reading
}

void ProcessPool::workerPrinted(const WorkerProcess &worker, bool isError, const QString &line)
{
    if (m_options.output)
        m_options.output(worker.name(), isError, line);
    else if (isError)
        qWarning("%s: %s", qPrintable(worker.name()), qPrintable(line));
    else
        qInfo("%s: %s", qPrintable(worker.name()), qPrintable(line));
}

void ProcessPool::workerCannotStart(const QString &why)
{
    // The process is none: it does not end.
    breakDown(why);
    QMetaObject::invokeMethod(
            this,
            [this] {
                for (auto &worker : m_workers) {
                    if (worker && worker->hasFailedToStart())
                        worker.reset();
                }
                closeIfDone();
            },
            Qt::QueuedConnection);
}

void ProcessPool::workerEnded(WorkerProcess &worker, const WorkerEnd &end)
{
    const auto place = std::find_if(
            m_workers.begin(), m_workers.end(),
            [&worker](const auto &other) { return other.get() == &worker; });
    WorkerProcess *dead = place->release();
    dead->deleteLater(); // it is what calls this
    if (const JobPointer job = std::exchange(worker.job, nullptr)) {
        job->life.ready();
        job->life.running();
        if (job->promise.isCanceled())
            finish(*job, trace::TaskState::Cancelled);
        else
            failWithBrokenWorker(worker, *job, end);
    } else if (!end.wasTold) {
        // No job says so.
        qWarning("heddle::ProcessExecutor: %s %s", qPrintable(worker.name()), qPrintable(end.what));
    }
    if (!end.wasTold) {
        const Clock::time_point now = Clock::now();
        m_breaks.push_back(now);
        while (now - m_breaks.front() > BreaksCountFor)
            m_breaks.pop_front();
        {
            const std::lock_guard lock(m_mutex);
            ++m_brokenWorkers;
        }
        if (static_cast<int>(m_breaks.size()) > m_options.restartsPerMinute) {
            breakDown(QStringLiteral("%1 workers broke within a minute; the last one, %2, %3")
                              .arg(m_breaks.size())
                              .arg(worker.name(), end.what));
        }
    }
    wake();
}

void ProcessPool::failWithBrokenWorker(const WorkerProcess &worker, PendingJob &job,
                                       const WorkerEnd &end)
{
    job.promise.setException(std::make_exception_ptr(
            BrokenWorker(end.what, worker.name(), job.name, end.signalNumber, end.exitCode)));
    finish(job, trace::TaskState::Failed);
}

void ProcessPool::breakDown(const QString &why)
{
    std::deque<JobPointer> pending;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_whyBroken)
            m_whyBroken = why;
        pending.swap(m_queue);
    }
    for (const JobPointer &job : pending) {
        job->promise.setException(std::make_exception_ptr(Broken(why, name())));
        finish(*job, trace::TaskState::Failed);
    }
}

void ProcessPool::closeIfDone()
{
    {
        const std::lock_guard lock(m_mutex);
        if ((!m_isShutDown && !m_whyBroken) || !m_queue.empty())
            return; // what was submitted before is in the queue, and nothing is afterwards
    }
    bool isGone = true;
    for (const auto &worker : m_workers) {
        if (!worker)
            continue;
        isGone = false;
        if (!worker->job && !worker->isClosing())
            worker->close();
    }
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    if (isGone && m_isShutDown) {
        m_hasEnded = true;
        m_ended.wakeAll(wakes);
    }
}

void ProcessPool::end()
{
    m_strangers.clear();
    m_workers.clear();
    m_server.reset();
    m_folder.reset();
}

} // namespace heddle
