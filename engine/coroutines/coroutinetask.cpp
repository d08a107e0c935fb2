// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/coroutinetask.h>

#include <heddle/core/error.h>
#include <heddle/coroutines/eventloop.h>

namespace heddle {

bool TaskEndAwaiter::await_ready() const
{
    m_awaited.checkLoop("co_await task");
    return m_awaited.isDone();
}

void TaskEndAwaiter::suspendUntilEnd(std::coroutine_handle<> point)
{
    const CoroutineStep &step = CoroutineStep::current();
    if (step.task == &m_awaited || (step.task && &step.task->loop() != &m_awaited.loop())) {
        throw Misuse(step.task == &m_awaited ? QStringLiteral("A task awaits itself")
                                             : QStringLiteral("The task belongs to another loop"),
                     m_awaited.name(),
                     QStringLiteral("Hand coroutines over with EventLoop::runThreadSafe()"));
    }
    suspend(point, 0, trace::WaitReason::Future);
    m_awaited.add(*this);
    confirmSuspension();
}

void TaskEndAwaiter::taskEnded(CoroutineTaskState &)
{
    wake();
}

void TaskEndAwaiter::abandon() noexcept
{
    m_awaited.remove(*this);
}

// As asyncio: the awaited task is cancelled, and this one goes on when that has ended.
CoroutineTaskState *TaskEndAwaiter::cancelled()
{
    return &m_awaited;
}

} // namespace heddle
