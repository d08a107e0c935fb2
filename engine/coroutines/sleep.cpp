// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/sleep.h>

namespace heddle {

SleepAwaiter::~SleepAwaiter()
{
    if (isWaiting())
        abandon();
}

void SleepAwaiter::suspendUntilDue(std::coroutine_handle<> point)
{
    EventLoop &loop = EventLoop::running("sleep");
    if (m_isInstant ? m_due <= EventLoop::Clock::now() : m_duration.count() <= 0) {
        yield(point);
        return;
    }
    suspend(point, loop.object().id(), trace::WaitReason::Sleep);
    loop.startTimer(*this, m_isInstant ? m_due : EventLoop::dueAfter(m_duration));
    confirmSuspension();
}

void SleepAwaiter::abandon() noexcept
{
    task()->loop().stopTimer(*this);
}

} // namespace heddle
