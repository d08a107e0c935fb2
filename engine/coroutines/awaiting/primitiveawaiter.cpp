// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/primitiveawaiter.h>

namespace heddle {

void PrimitiveAwaiter::suspendAt(std::coroutine_handle<> point)
{
    suspend(point, m_object, m_reason);
    waitAgain();
    confirmSuspension();
}

void PrimitiveAwaiter::waitAgain()
{
    m_isNotified = false;
    if (!enlist())
        wake(); // it was too late to go on without a turn
}

void PrimitiveAwaiter::notified(trace::ThreadIndex) noexcept
{
    m_isNotified = true;
    wakeFromAnyThread();
}

CoroutineTaskState *PrimitiveAwaiter::cancelled()
{
    if (isCancelled())
        return nullptr;
    leave();
    // Nobody notifies any more, so this can be read. What was notified is on its way.
    if (m_isNotified)
        setCancelled();
    else
        wakeCancelled();
    return nullptr;
}

} // namespace heddle
