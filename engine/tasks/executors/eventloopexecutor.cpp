// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/eventloopexecutor.h>

#include <heddle/core/handedover.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>
#include <QEvent>
#include <QEventLoop>
#include <QFutureWatcher>
#include <QThread>

#include <condition_variable>
#include <mutex>

namespace heddle {

namespace {

const QEvent::Type TasksEvent = static_cast<QEvent::Type>(QEvent::registerEventType());

// Then the other events of the loop have their turn.
constexpr qsizetype BatchSize = 64;

} // namespace

/// Lives in the loop's thread; its events run tasks. May outlive the executor by its last events.
class EventLoopExecutor::Receiver final : public QObject
{
public:
    explicit Receiver(EventLoopExecutor &executor)
        : m_executor(&executor)
    {}
    bool event(QEvent *event) override
    {
        if (event->type() != TasksEvent)
            return QObject::event(event);
        EventLoopExecutor *executor = nullptr;
        {
            const std::lock_guard lock(m_mutex);
            executor = m_executor;
            if (executor)
                ++m_running;
        }
        if (executor) {
            executor->runBatch();
            const std::lock_guard lock(m_mutex);
            --m_running;
            m_done.notify_all();
        }
        return true;
    }
    /// Returns when \a isIdle() holds and no tasks are running.
    template <typename IsIdle>
    void waitUntil(IsIdle isIdle)
    {
        std::unique_lock lock(m_mutex);
        m_done.wait(lock, [&] { return m_running == 0 && isIdle(); });
    }
    /// Nothing is run any more.
    void detach()
    {
        const std::lock_guard lock(m_mutex);
        m_executor = nullptr;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_done;
    EventLoopExecutor *m_executor;
    int m_running = 0; ///< batches, one within the other
};

EventLoopExecutor::EventLoopExecutor(std::string_view name)
    : EventLoopExecutor(name, ExecutorOptions{})
{}

EventLoopExecutor::EventLoopExecutor(std::string_view name, const ExecutorOptions &options)
    : Executor(name, options)
    , m_thread(new QThread)
    , m_receiver(new Receiver(*this))
{
    m_thread->setObjectName(QString::fromUtf8(name));
    m_receiver->moveToThread(m_thread.get());
    m_thread->start();
    QMetaObject::invokeMethod(m_receiver, HandedOver([threadName = std::string(name)] {
                                  trace::setThreadName(threadName);
                              }));
}

EventLoopExecutor::EventLoopExecutor(std::string_view name, QObject *context)
    : EventLoopExecutor(name, context, ExecutorOptions{})
{}

EventLoopExecutor::EventLoopExecutor(std::string_view name, QObject *context,
                                     const ExecutorOptions &options)
    : Executor(name, options)
    , m_receiver(new Receiver(*this))
{
    m_receiver->moveToThread(context->thread());
}

EventLoopExecutor::~EventLoopExecutor()
{
    if (isInLoop() && !isInTask())
        shutDown(PendingTasks::Cancel, false);
    else
        shutDownAtEnd();
    m_receiver->detach();
    m_receiver->deleteLater();
    if (m_thread) {
        m_thread->quit();
        m_thread->wait();
    }
}

QObject *EventLoopExecutor::context() const
{
    return m_receiver;
}

bool EventLoopExecutor::isOwnThread() const noexcept
{
    return isInLoop();
}

bool EventLoopExecutor::isInLoop() const noexcept
{
    return m_receiver->thread() == QThread::currentThread();
}

void EventLoopExecutor::taskArrived()
{
    // The batch takes what has come before it resets this.
    if (!m_isEventSent.exchange(true))
        QCoreApplication::postEvent(m_receiver, new QEvent(TasksEvent));
}

void EventLoopExecutor::runBatch()
{
    // An exchange: sees what came in before whoever found it set.
    m_isEventSent.exchange(false);
    if (initialiseThread()) {
        for (qsizetype left = std::min(pending(), BatchSize); left > 0; --left) {
            Task *task = takeTask();
            if (!task)
                break;
            runTask(task);
        }
    }
    if (mayHaveTasks())
        taskArrived();
}

void EventLoopExecutor::finishTasks(bool waits)
{
    if (pending() > 0)
        taskArrived(); // whoever has brought one may not have got so far
    if (!waits || isInLoop())
        return;
    const trace::Wait wait(object(), trace::WaitReason::Future);
    m_receiver->waitUntil([this] { return !mayHaveTasks(); });
}

void EventLoopExecutor::waitInWorker(QFutureInterfaceBase &future)
{
    if (options().blockedWorkers == BlockedWorkerPolicy::Help) {
        while (!future.isFinished() && help()) {
        }
    }
    if (future.isFinished())
        return;
    QEventLoop loop;
    QFutureWatcher<void> watcher;
    QObject::connect(&watcher, &QFutureWatcher<void>::finished, &loop, &QEventLoop::quit);
    watcher.setFuture(QFutureInterface<void>(future).future());
    if (!future.isFinished())
        loop.exec();
}

} // namespace heddle
