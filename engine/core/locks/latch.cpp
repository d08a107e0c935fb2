// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/latch.h>

#include <heddle/core/error.h>
#include <heddle/core/spin.h>

namespace heddle {

Latch::Latch(std::string_view name, qsizetype count)
    : m_object(trace::ObjectKind::Barrier, name, count)
    , m_word(static_cast<quint64>(count) * One)
{
    if (count < 0) {
        throw Misuse(QStringLiteral("A latch cannot count down from %1").arg(count), this->name(),
                     QStringLiteral("Give zero or more"));
    }
    m_object.count(count);
}

Latch::~Latch()
{
    // Whom countDown() let go may come here while countDown() is still at work under the mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Latch", "destroyed while a thread waits for it");
}

void Latch::countDown(qsizetype count)
{
    quint64 word = m_word.load(std::memory_order_relaxed);
    // While recording all goes through the mutex, so that the records are in the order of events.
    while (!(word & HasWaiters) && !trace::ThreadWriter::isRecording()) {
        checkCountDown(count, word);
        // Release: pairs with those who see zero. Acquire, here and below: who counts to zero has
        // seen what the others did before they counted, and hands it on.
        if (m_word.compare_exchange_weak(word, word - static_cast<quint64>(count) * One,
                                         std::memory_order_acq_rel, std::memory_order_relaxed))
            return;
    }
    countDownSlowly(count);
}

void Latch::checkCountDown(qsizetype count, quint64 word) const
{
    if (count < 0 || count > left(word)) [[unlikely]] {
        throw Misuse(
                QStringLiteral("%1 were counted down when %2 were left").arg(count).arg(left(word)),
                name(), QStringLiteral("Count each arrival once"));
    }
}

void Latch::countDownSlowly(qsizetype count)
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    quint64 word = m_word.load(std::memory_order_relaxed);
    // As in countDown(). It happens under the mutex, so that nobody destroys the latch before the
    // end.
    do
        checkCountDown(count, word);
    while (!m_word.compare_exchange_weak(word, word - static_cast<quint64>(count) * One,
                                         std::memory_order_acq_rel, std::memory_order_relaxed));
    m_object.count(left(word) - count);
    if (left(word) == count)
        m_waiters.wakeAllWithFlow(wakes);
}

Outcome Latch::wait(std::stop_token stop)
{
    return waitUntil(WaitPoint::Forever, stop);
}

Outcome Latch::waitFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    const WaitPoint::Deadline deadline = WaitPoint::deadline(timeout, "Latch::waitFor");
    return waitUntil(timeout == timeout.zero() ? WaitPoint::Never : deadline, stop);
}

Outcome Latch::arriveAndWait(std::stop_token stop)
{
    countDown();
    return wait(stop);
}

Outcome Latch::waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
{
    if (tryWait())
        return Outcome::Done;
    if (deadline == WaitPoint::Never)
        return Outcome::TimedOut;
    const auto isZero = [this] { return tryWait(); };
    if (spinUntil(isZero))
        return Outcome::Done;

    std::unique_lock lock(m_mutex);
    const WaitPoint::Result result = m_waiters.wait(
            lock, m_object.id(), trace::WaitReason::Barrier, deadline, stop, isZero,
            [] { return false; }, [this] { return isZeroOrMarked(); });
    if (!m_waiters.hasWaiters())
        m_word.fetch_and(~HasWaiters, std::memory_order_relaxed);
    return outcomeOf(result);
}

// If it is not zero, countDown() knows now that somebody waits. Under the mutex.
bool Latch::isZeroOrMarked()
{
    quint64 word = m_word.load(std::memory_order_acquire);
    while (left(word) != 0) {
        if (word & HasWaiters
            || m_word.compare_exchange_weak(word, word | HasWaiters, std::memory_order_acquire))
            return false;
    }
    return true;
}

int Latch::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

} // namespace heddle
