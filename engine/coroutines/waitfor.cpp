// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/waitfor.h>

#include <heddle/core/error.h>

namespace heddle {

bool TimeoutAwaiter::await_ready() const
{
    m_awaited.checkLoop("co_await waitFor");
    return m_awaited.isDone();
}

void TimeoutAwaiter::suspendUntilEnd(std::coroutine_handle<> point)
{
    suspend(point, 0, trace::WaitReason::Future);
    m_awaited.add(*this);
    if (m_due <= EventLoop::Clock::now())
        due();
    else
        task()->loop().startTimer(*this, m_due);
    confirmSuspension();
}

void TimeoutAwaiter::due() noexcept
{
    m_isTimedOut = true;
    m_awaited.cancel();
}

void TimeoutAwaiter::taskEnded(CoroutineTaskState &)
{
    abandon();
    wake();
}

void TimeoutAwaiter::abandon() noexcept
{
    m_awaited.remove(*this);
    if (isArmed())
        task()->loop().stopTimer(*this);
}

CoroutineTaskState *TimeoutAwaiter::cancelled()
{
    m_isCancelRequested = true;
    return &m_awaited;
}

void TimeoutAwaiter::checkTime()
{
    throwIfCancelled();
    if (m_isTimedOut && !m_isCancelRequested
        && m_awaited.state() == CoroutineTaskState::State::Cancelled) {
        throw TimedOut(QStringLiteral("The task did not end in time"), m_awaited.name());
    }
}

} // namespace heddle
