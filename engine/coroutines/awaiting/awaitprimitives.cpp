// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/awaitevent.h>
#include <heddle/coroutines/awaitsemaphore.h>

namespace heddle {

EventAwaiter::~EventAwaiter()
{
    leaveIfWaiting();
}

SemaphoreAwaiter::~SemaphoreAwaiter()
{
    leaveIfWaiting();
}

bool SemaphoreAwaiter::tryTake()
{
    if (!m_semaphore.tryAcquire(m_count))
        return false;
    leave(); // there may be permits for the next
    return true;
}

} // namespace heddle
