// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/condition.h>

#include <heddle/core/error.h>

#include <limits>

namespace heddle {

Condition::Condition(std::string_view name)
    : m_object(trace::ObjectKind::Condition, name)
{}

Condition::~Condition()
{
    // Whom a notification let go may come here while the notifier is still under the mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Condition",
               "destroyed while a thread waits for it");
}

Outcome Condition::wait(std::unique_lock<Mutex> &lock, std::stop_token stop)
{
    return waitOnce(lock, WaitPoint::Forever, stop);
}

Outcome Condition::waitFor(std::unique_lock<Mutex> &lock, std::chrono::nanoseconds timeout,
                           std::stop_token stop)
{
    return waitOnce(lock, WaitPoint::deadline(timeout, "Condition::waitFor"), stop);
}

Outcome Condition::waitOnce(std::unique_lock<Mutex> &lock, WaitPoint::Deadline deadline,
                            const std::stop_token &stop)
{
    if (!lock.owns_lock() || !lock.mutex()->isHeldByCurrentThread()) {
        throw Misuse(QStringLiteral("A thread waits for a condition without its mutex"),
                     QString::fromUtf8(m_object.name().text()),
                     QStringLiteral("Lock the mutex first"));
    }
    WaitPoint::Result result;
    {
        std::unique_lock inner(m_mutex);
        // Relaxed, here and below: see notify().
        m_waiterCount.fetch_add(1, std::memory_order_relaxed);
        // Notifiers come after this: they need the inner mutex, which is free only when this
        // thread stands in the line.
        lock.unlock();
        bool isNotified = false;
        const auto takeNotification = [&] {
            if (!isNotified && m_notifications > 0) {
                --m_notifications;
                isNotified = true;
            }
            return isNotified;
        };
        result = m_waiters.wait(inner, m_object.id(), trace::WaitReason::Condition, deadline, stop,
                                takeNotification, [] { return false; });
        m_waiterCount.fetch_sub(1, std::memory_order_relaxed);
    }
    lock.lock();
    return outcomeOf(result);
}

void Condition::notifyOne()
{
    notify(1);
}

void Condition::notifyAll()
{
    notify(std::numeric_limits<int>::max());
}

void Condition::notify(int count)
{
    // Relaxed: whoever notifies has changed something under the Mutex since a waiter let it go;
    // that orders the waiter's count before.
    if (waiterCount() == 0)
        return;
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    // Each waiter that is asked takes one; what is left had nobody to go to.
    m_notifications = count;
    m_waiters.wakeUpTo(count, wakes);
    m_notifications = 0;
}

} // namespace heddle
