// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>

#include <heddle/core/asyncwaiter.h>
#include <heddle/core/spin.h>

namespace heddle {

Event::Event(std::string_view name)
    : m_object(trace::ObjectKind::Event, name)
{}

Event::~Event()
{
    // Whom set() let go may come here while set() is still at work under the mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Event", "destroyed while a thread waits for it");
}

void Event::set()
{
    quint64 word = m_word.load(std::memory_order_relaxed);
    // While recording all goes through the mutex, so that the records are in the order of events.
    while (!(word & HasWaiters) && !trace::ThreadWriter::isRecording()) {
        const quint64 next = word & Set ? word : (word + OneTime) | Set;
        // Release: pairs with the loads in isSet() and waitUntil(). Written even if it was set: who
        // sees it from now on also sees what this thread has done.
        if (m_word.compare_exchange_weak(word, next, std::memory_order_release,
                                         std::memory_order_relaxed))
            return;
    }
    setSlowly();
}

void Event::setSlowly()
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    quint64 word = m_word.load(std::memory_order_relaxed);
    // As in set(). It happens under the mutex, so that nobody destroys the event before the end.
    while (!m_word.compare_exchange_weak(word, word & Set ? word : (word + OneTime) | Set,
                                         std::memory_order_release, std::memory_order_relaxed)) {
    }
    if (word & Set)
        return;
    m_object.count(1);
    m_waiters.wakeAllWithFlow(wakes);
    unmarkIfNobodyWaits(); // coroutines that were told wait no longer
}

void Event::clear()
{
    if (trace::ThreadWriter::isRecording())
        return clearSlowly();
    // Acquire: who clears it sees what was done before it was set.
    m_word.fetch_and(~Set, std::memory_order_acq_rel);
}

void Event::clearSlowly()
{
    const std::lock_guard lock(m_mutex);
    if (m_word.fetch_and(~Set, std::memory_order_acq_rel) & Set)
        m_object.count(0);
}

int Event::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

Outcome Event::wait(std::stop_token stop)
{
    return waitUntil(WaitPoint::Forever, stop);
}

Outcome Event::waitFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    const WaitPoint::Deadline deadline = WaitPoint::deadline(timeout, "Event::waitFor");
    return waitUntil(timeout == timeout.zero() ? WaitPoint::Never : deadline, stop);
}

Outcome Event::waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
{
    // Acquire, here and below: pairs with set().
    const quint64 begin = m_word.load(std::memory_order_acquire);
    if (begin & Set)
        return Outcome::Done;
    if (deadline == WaitPoint::Never)
        return Outcome::TimedOut;
    const quint64 before = timesSet(begin);
    const auto wasSet = [this, before] {
        return timesSet(m_word.load(std::memory_order_acquire)) != before;
    };
    if (spinUntil(wasSet))
        return Outcome::Done;

    std::unique_lock lock(m_mutex);
    const WaitPoint::Result result = m_waiters.wait(
            lock, m_object.id(), trace::WaitReason::Event, deadline, stop, wasSet,
            [] { return false; }, [this, before] { return isSetOrMarked(before); });
    unmarkIfNobodyWaits();
    return outcomeOf(result);
}

// Whether it was set since it had been set \a before times; if not, set() knows now that somebody
// waits. Under the mutex.
bool Event::isSetOrMarked(quint64 before)
{
    quint64 word = m_word.load(std::memory_order_acquire);
    while (timesSet(word) == before) {
        if (word & HasWaiters
            || m_word.compare_exchange_weak(word, word | HasWaiters, std::memory_order_acquire))
            return false;
    }
    return true;
}

void Event::unmarkIfNobodyWaits()
{
    if (!m_waiters.hasWaiters())
        m_word.fetch_and(~HasWaiters, std::memory_order_relaxed);
}

bool Event::notifyWhenSet(AsyncWaiter &waiter)
{
    const std::lock_guard lock(m_mutex);
    const quint64 word = m_word.load(std::memory_order_acquire);
    const quint64 before = timesSet(word);
    if (word & Set || isSetOrMarked(before))
        return false;
    m_waiters.add(waiter, [this, before] {
        return timesSet(m_word.load(std::memory_order_relaxed)) != before;
    });
    return true;
}

void Event::forget(AsyncWaiter &waiter)
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    m_waiters.forget(waiter, wakes);
    unmarkIfNobodyWaits();
}

} // namespace heddle
