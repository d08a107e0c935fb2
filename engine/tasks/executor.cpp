// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/executor.h>

#include <heddle/core/handedover.h>
#include <heddle/tasks/concurrentexecutor.h>
#include <heddle/tasks/eventloopexecutor.h>
#include <heddle/tasks/threadexecutor.h>
#include <heddle/tasks/threadpoolexecutor.h>
#include <heddle/trace/slice.h>

#include <QFutureWatcher>
#include <QThread>

#include <utility>

namespace heddle {

namespace {

// A thread with an event loop for the watchers of cancellable tasks. QFuture tells of its
// cancellation through QFutureWatcher alone. Ends with the process.
QObject *watcherContext()
{
    static QObject *context = [] {
        auto *thread = new QThread;
        thread->setObjectName(QStringLiteral("cancellation"));
        auto *object = new QObject;
        object->moveToThread(thread);
        thread->start();
        return object;
    }();
    return context;
}

} // namespace

Executor::Executor(std::string_view name)
    : m_object(trace::ObjectKind::Executor, name)
{}

Executor::~Executor() = default;

QString Executor::name() const
{
    return QString::fromUtf8(m_object.name().text());
}

void Executor::post(std::function<void()> task)
{
    enqueue(
            [task = std::move(task), this] {
                try {
                    task();
                    return Outcome::Finished;
                } catch (const Stopped &) {
                    return Outcome::Cancelled;
                } catch (const std::exception &failure) {
                    qWarning("heddle::Executor %s: a posted task failed: %s", qPrintable(name()),
                             failure.what());
                } catch (...) {
                    qWarning("heddle::Executor %s: a posted task failed", qPrintable(name()));
                }
                return Outcome::Failed;
            },
            {});
}

void Executor::enqueue(std::function<Outcome()> run, std::function<void()> cancel)
{
    const std::lock_guard lock(m_gate);
    if (m_shutDown) {
        throw ShutDown(QStringLiteral("The executor takes no more tasks"), name(),
                       QStringLiteral("Submit before shutDown()"));
    }
    const trace::Flow flow = trace::Flow::begin(trace::FlowKind::Task);
    flow.taskState(trace::TaskState::Ready);
    Task task;
    {
        const std::lock_guard handingOver(m_handingOver);
        task = m_tasks.insert(m_tasks.end(), {std::move(run), std::move(cancel), flow});
        countPending(1);
    }
    dispatch(task);
}

// Under the mutex.
void Executor::countPending(qsizetype change)
{
    m_object.count(m_pending.fetch_add(change) + change);
}

void Executor::runTask(Task handle) noexcept
{
    std::list<PendingTask> mine;
    {
        const std::lock_guard handingOver(m_handingOver);
        mine.splice(mine.begin(), m_tasks, handle);
        if (mine.front().isCancelled)
            return;
        countPending(-1);
    }
    const PendingTask &task = mine.front();
    const trace::Slice slice(m_object.name());
    task.flow.end();
    task.flow.taskState(trace::TaskState::Running);
    const Outcome outcome = task.run();
    task.flow.taskState(outcome == Outcome::Finished ? trace::TaskState::Finished
                        : outcome == Outcome::Failed ? trace::TaskState::Failed
                                                     : trace::TaskState::Cancelled);
}

// At once: whoever waits for a task that will not run need not wait for those before it.
void Executor::cancelPending()
{
    std::vector<PendingTask> cancelled;
    {
        const std::lock_guard handingOver(m_handingOver);
        for (PendingTask &task : m_tasks) {
            if (std::exchange(task.isCancelled, true))
                continue;
            cancelled.push_back({std::exchange(task.run, nullptr),
                                 std::exchange(task.cancel, nullptr), task.flow});
            countPending(-1);
        }
    }
    for (const PendingTask &task : cancelled) {
        task.flow.end();
        task.flow.taskState(trace::TaskState::Cancelled);
        if (task.cancel)
            task.cancel();
    }
}

void Executor::shutDown(PendingTasks pending, bool wait)
{
    {
        const std::lock_guard lock(m_gate);
        m_shutDown = true;
    }
    if (pending == PendingTasks::Cancel)
        cancelPending();
    finishTasks(wait);
}

void Executor::stopWhenCancelled(const QFuture<void> &future, std::stop_source stop)
{
    QMetaObject::invokeMethod(watcherContext(), HandedOver([future, stop]() mutable {
                                  auto *watcher = new QFutureWatcher<void>;
                                  QObject::connect(watcher, &QFutureWatcher<void>::canceled,
                                                   watcher,
                                                   [stop]() mutable { stop.request_stop(); });
                                  QObject::connect(watcher, &QFutureWatcher<void>::finished,
                                                   watcher, &QObject::deleteLater);
                                  watcher->setFuture(future);
                                  if (future.isCanceled())
                                      stop.request_stop();
                              }));
}

std::unique_ptr<Executor> makeExecutor(ExecutorKind kind, std::string_view name, int threads)
{
    switch (kind) {
    case ExecutorKind::Threads:
        return std::make_unique<ThreadExecutor>(name, threads);
    case ExecutorKind::ThreadPool:
        return std::make_unique<ThreadPoolExecutor>(name, threads);
    case ExecutorKind::Concurrent:
        return std::make_unique<ConcurrentExecutor>(name, threads);
    case ExecutorKind::EventLoop:
        return std::make_unique<EventLoopExecutor>(name);
    }
    return nullptr;
}

} // namespace heddle
