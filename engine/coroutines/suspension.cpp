// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/suspension.h>

#include <heddle/core/error.h>
#include <heddle/coroutines/coroutinetaskstate.h>
#include <heddle/coroutines/eventloop.h>

#include <utility>

namespace heddle {

void Suspension::leave(std::coroutine_handle<> point)
{
    CoroutineTaskState *task = CoroutineStep::current().task;
    if (!task) {
        throw Misuse(QStringLiteral("A coroutine was suspended outside of a task"),
                     QStringLiteral("heddle::Suspension"),
                     QStringLiteral("Run coroutines with EventLoop::createTask()"));
    }
    m_task = task;
    m_point = point;
    m_isWaiting = true;
    m_isCancelled = false;
    task->m_suspension = this;
}

void Suspension::suspend(std::coroutine_handle<> point, trace::ObjectId object,
                         trace::WaitReason reason)
{
    leave(point);
    m_object = object;
    m_reason = reason;
    m_task->m_life.waits(object, reason);
}

void Suspension::yield(std::coroutine_handle<> point)
{
    leave(point);
    wake();
    confirmSuspension();
}

void Suspension::confirmSuspension()
{
    if (std::exchange(m_task->m_mustCancel, false)) [[unlikely]]
        m_task->cancel();
}

void Suspension::wake()
{
    m_isWaiting = false;
    m_task->m_life.ready();
    m_task->m_loop->makeReady(*this);
}

void Suspension::wakeFromAnyThread()
{
    m_task->m_life.ready();
    m_task->m_loop->makeReadyFromAnyThread(*this);
}

void Suspension::wakeCancelled()
{
    m_isCancelled = true;
    wake();
}

void Suspension::run() noexcept
{
    m_isWaiting = false;
    if (!m_isCancelled && !arrive()) {
        // It was ready for nothing: another was faster.
        m_task->m_life.running();
        m_task->m_life.waits(m_object, m_reason);
        m_isWaiting = true;
        waitAgain();
        return;
    }
    m_task->m_suspension = nullptr;
    m_task->resume(m_point);
}

CoroutineTaskState *Suspension::cancelWait()
{
    if (m_isWaiting)
        return cancelled();
    m_isCancelled = true; // it was woken, and has not had its turn
    return nullptr;
}

CoroutineTaskState *Suspension::cancelled()
{
    abandon();
    wakeCancelled();
    return nullptr;
}

void Suspension::cancelAlone()
{
    if (!m_isWaiting)
        return;
    abandon();
    wakeCancelled();
}

Suspension::~Suspension()
{
    // While suspended, it is destroyed only by a loop that ends. It may be among what is ready.
    if (m_task && m_task->m_suspension == this) [[unlikely]]
        m_task->m_loop->dropReady();
}

void Suspension::throwCancelled() const
{
    throw Cancelled(QStringLiteral("The task was cancelled"), m_task->name());
}

} // namespace heddle
