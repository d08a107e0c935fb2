// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/eventloopexecutor.h>

#include <heddle/core/handedover.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>
#include <QThread>

namespace heddle {

EventLoopExecutor::EventLoopExecutor(std::string_view name)
    : Executor(name)
    , m_queue(trace::ObjectKind::Queue, std::string(name) + " events")
    , m_thread(new QThread)
    , m_receiver(new QObject)
{
    m_thread->setObjectName(QString::fromUtf8(name));
    m_receiver->moveToThread(m_thread.get());
    m_thread->start();
    QMetaObject::invokeMethod(m_receiver, HandedOver([threadName = std::string(name)] {
                                  trace::setThreadName(threadName);
                              }));
}

EventLoopExecutor::EventLoopExecutor(std::string_view name, QObject *context)
    : Executor(name)
    , m_queue(trace::ObjectKind::Queue, std::string(name) + " events")
    , m_receiver(new QObject)
{
    m_receiver->moveToThread(context->thread());
}

EventLoopExecutor::~EventLoopExecutor()
{
    if (m_receiver->thread() == QThread::currentThread()) {
        shutDown(PendingTasks::Cancel, false);
        // Runs the queued calls, which cancel their tasks.
        QCoreApplication::sendPostedEvents(m_receiver, QEvent::MetaCall);
    } else {
        shutDown();
    }
    m_receiver->deleteLater();
    if (m_thread) {
        m_thread->quit();
        m_thread->wait();
    }
}

void EventLoopExecutor::dispatch(Task task)
{
    {
        const std::lock_guard lock(m_mutex);
        ++m_unfinished;
    }
    QMetaObject::invokeMethod(m_receiver, HandedOver([this, task] {
                                  runTask(task);
                                  const std::lock_guard lock(m_mutex);
                                  if (--m_unfinished == 0)
                                      m_idle.wakeAll();
                              }),
                              Qt::QueuedConnection);
}

void EventLoopExecutor::finishTasks(bool wait)
{
    if (!wait || m_receiver->thread() == QThread::currentThread())
        return;
    std::unique_lock lock(m_mutex);
    const auto isIdle = [this] { return m_unfinished == 0; };
    if (!isIdle()) {
        m_idle.wait(lock, m_queue.id(), trace::WaitReason::Future, WaitPoint::Forever, {}, isIdle,
                    [] { return false; });
    }
}

} // namespace heddle
