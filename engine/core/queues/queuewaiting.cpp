// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/queuewaiting.h>

#include <heddle/core/asyncwaiter.h>
#include <heddle/core/futex.h>

#include <thread>

namespace heddle {

void QueueWaiting::forget(AsyncWaiter &waiter)
{
    Wakes wakes;
    const std::unique_lock lock = locked();
    for (WaitPoint *point : {&m_room, &m_items}) {
        if (point->isOf(waiter))
            point->forget(waiter, wakes);
    }
}

bool QueueWaiting::hasWaiters() const
{
    const std::unique_lock lock = locked();
    return m_room.hasWaiters() || m_items.hasWaiters() || m_end.hasWaiters();
}

int QueueWaiting::threadCount() const
{
    const std::unique_lock lock = locked();
    return m_room.waiterCount() + m_items.waiterCount() + m_end.waiterCount();
}

void QueueWaiting::pause(int pauses)
{
    // Whoever is waited for may have to run on this very processor.
    if (isLong(pauses))
        std::this_thread::yield();
    for (int k = 0; k < pauses && futex::canSpin(); ++k)
        futex::pause();
}

bool QueueWaiting::isLong(int pauses)
{
    return pauses >= LongPause || !futex::canSpin();
}

void QueueWaiting::wakeJoiners()
{
    Wakes wakes;
    const std::unique_lock lock = locked();
    m_end.wakeAll(wakes);
    if (m_end.count() == m_end.wokenCount())
        m_flags.lower(ForEnd);
}

// The mutex is held for some instructions only, or while its holder raises a flag: seldom long
// enough to sleep for it.
std::unique_lock<std::mutex> QueueWaiting::locked() const
{
    std::unique_lock lock(m_mutex, std::try_to_lock);
    for (int k = 0; k < MostPauses && !lock && futex::canSpin(); ++k) {
        futex::pause();
        (void)lock.try_lock();
    }
    if (!lock)
        lock.lock();
    return lock;
}

} // namespace heddle
