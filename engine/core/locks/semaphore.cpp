// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/semaphore.h>

#include <heddle/core/asyncwaiter.h>
#include <heddle/core/error.h>
#include <heddle/core/spin.h>

namespace heddle {

namespace {
qsizetype checked(qsizetype count, const trace::Object &object)
{
    if (count < 0 || count > Semaphore::MostPermits) {
        throw Misuse(QStringLiteral("%1 is no number of permits").arg(count),
                     QString::fromUtf8(object.name().text()),
                     QStringLiteral("Give 0 to %1").arg(Semaphore::MostPermits));
    }
    return count;
}
} // namespace

Semaphore::Semaphore(std::string_view name, qsizetype permits)
    : Semaphore(name, permits, MostPermits)
{}

Semaphore::Semaphore(std::string_view name, qsizetype permits, qsizetype limit)
    : m_object(trace::ObjectKind::Semaphore, name, permits)
    , m_limit(limit)
    , m_word(checked(permits, m_object) * OnePermit)
{
    m_object.count(permits);
}

Semaphore::~Semaphore()
{
    // Whom release() let go may come here while release() is still at work under the mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Semaphore",
               "destroyed while a thread waits for it");
}

Outcome Semaphore::acquire(qsizetype count, std::stop_token stop)
{
    return acquireUntil(count, WaitPoint::Forever, stop);
}

Outcome Semaphore::acquireFor(std::chrono::nanoseconds timeout, qsizetype count,
                              std::stop_token stop)
{
    const WaitPoint::Deadline deadline = WaitPoint::deadline(timeout, "Semaphore::acquireFor");
    return acquireUntil(count, timeout == timeout.zero() ? WaitPoint::Never : deadline, stop);
}

bool Semaphore::tryAcquire(qsizetype count)
{
    return take(checked(count, m_object));
}

bool Semaphore::take(qsizetype count)
{
    if (!trace::ThreadWriter::isRecording())
        return takeUncounted(count);
    // While recording all goes through the mutex, so that the records are in the order of events.
    const std::lock_guard lock(m_mutex);
    const bool taken = takeUncounted(count);
    if (taken)
        m_object.count(available());
    return taken;
}

bool Semaphore::takeUncounted(qsizetype count)
{
    qsizetype word = m_word.load(std::memory_order_relaxed);
    while (permits(word) >= count) {
        // Acquire: pairs with release().
        if (m_word.compare_exchange_weak(word, word - count * OnePermit, std::memory_order_acquire,
                                         std::memory_order_relaxed))
            return true;
    }
    return false;
}

// If it cannot take them, release() knows now that somebody waits. Under the mutex.
bool Semaphore::takeOrMark(qsizetype count)
{
    qsizetype word = m_word.load(std::memory_order_relaxed);
    while (true) {
        const bool isFree = permits(word) >= count;
        if (!isFree && word & HasWaiters)
            return false;
        const qsizetype next = isFree ? word - count * OnePermit : word | HasWaiters;
        // Acquire: pairs with release().
        if (m_word.compare_exchange_weak(word, next, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
            if (isFree)
                m_object.count(permits(next));
            return isFree;
        }
    }
}

Outcome Semaphore::acquireUntil(qsizetype count, WaitPoint::Deadline deadline,
                                const std::stop_token &stop)
{
    if (take(checked(count, m_object)))
        return Outcome::Done;
    if (deadline == WaitPoint::Never)
        return Outcome::TimedOut;
    const auto isFree = [this, count] { return available() >= count; };
    if (spinUntil([&] { return isFree() && take(count); }))
        return Outcome::Done;

    std::unique_lock lock(m_mutex);
    const WaitPoint::Result result = m_waiters.wait(
            lock, m_object.id(), trace::WaitReason::Semaphore, deadline, stop, isFree,
            [] { return false; }, [this, count] { return takeOrMark(count); });
    unmarkIfNobodyWaits();
    return outcomeOf(result);
}

void Semaphore::release(qsizetype count)
{
    checked(count, m_object);
    qsizetype word = m_word.load(std::memory_order_relaxed);
    while (!(word & HasWaiters) && !trace::ThreadWriter::isRecording()) {
        checkRelease(count, word);
        // Release: pairs with those who take the permits.
        if (m_word.compare_exchange_weak(word, word + count * OnePermit, std::memory_order_release,
                                         std::memory_order_relaxed))
            return;
    }
    releaseSlowly(count);
}

void Semaphore::checkRelease(qsizetype count, qsizetype word) const
{
    if (count > m_limit - permits(word)) [[unlikely]] {
        throw Misuse(QStringLiteral("%1 permits were released when %2 of %3 were free")
                             .arg(count)
                             .arg(permits(word))
                             .arg(m_limit),
                     name(), QStringLiteral("Release only what was acquired"));
    }
}

void Semaphore::releaseSlowly(qsizetype count)
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    qsizetype word = m_word.load(std::memory_order_relaxed);
    // As in release(). It happens under the mutex, so that nobody destroys the semaphore before
    // the end.
    do
        checkRelease(count, word);
    while (!m_word.compare_exchange_weak(word, word + count * OnePermit, std::memory_order_release,
                                         std::memory_order_relaxed));
    m_object.count(permits(word) + count);
    m_waiters.wakeUpTo(count, wakes);
    unmarkIfNobodyWaits(); // coroutines that were told wait no longer
}

int Semaphore::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

void Semaphore::unmarkIfNobodyWaits()
{
    if (!m_waiters.hasWaiters())
        m_word.fetch_and(~HasWaiters, std::memory_order_relaxed);
}

bool Semaphore::notifyWhenFree(AsyncWaiter &waiter, qsizetype count)
{
    checked(count, m_object);
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    qsizetype word = m_word.load(std::memory_order_relaxed);
    do {
        if (permits(word) >= count)
            return false;
    } while (!(word & HasWaiters)
             && !m_word.compare_exchange_weak(word, word | HasWaiters, std::memory_order_relaxed));
    // If it was told before, another was faster; what is left may do for the next.
    m_waiters.forget(waiter, wakes);
    m_waiters.add(waiter, [this, count] { return available() >= count; });
    return true;
}

void Semaphore::forget(AsyncWaiter &waiter)
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    m_waiters.forget(waiter, wakes);
    unmarkIfNobodyWaits();
}

BoundedSemaphore::BoundedSemaphore(std::string_view name, qsizetype permits)
    : Semaphore(name, permits, permits)
{}

BoundedSemaphore::~BoundedSemaphore() = default;

} // namespace heddle
