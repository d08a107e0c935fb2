// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/mutex.h>

#include <heddle/core/error.h>
#include <heddle/core/spin.h>

namespace heddle {

Mutex::Mutex(std::string_view name)
    : m_object(trace::ObjectKind::Mutex, name)
{}

Mutex::~Mutex()
{
    // Whom unlock() let go may come here while unlock() is still at work under the inner mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(m_word.load() == 0, "heddle::Mutex", "destroyed while it is locked");
}

Outcome Mutex::lock(std::stop_token stop)
{
    return lockUntil(WaitPoint::Forever, stop);
}

Outcome Mutex::lockFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    const WaitPoint::Deadline deadline = WaitPoint::deadline(timeout, "Mutex::lockFor");
    return lockUntil(timeout == timeout.zero() ? WaitPoint::Never : deadline, stop);
}

bool Mutex::tryLock()
{
    return lockUntil(WaitPoint::Never, {}) == Outcome::Done;
}

bool Mutex::takeIfFree()
{
    quintptr word = m_word.load(std::memory_order_relaxed);
    while (holder(word) == 0) {
        // Acquire: pairs with unlock().
        if (m_word.compare_exchange_weak(word, word | ThreadMark::current(),
                                         std::memory_order_acquire, std::memory_order_relaxed)) {
            noteHolder();
            return true;
        }
    }
    return false;
}

Outcome Mutex::lockUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
{
    if (takeIfFree())
        return Outcome::Done;
    if (isHeldByCurrentThread()) {
        throw Misuse(QStringLiteral("A thread locks a mutex that it holds"), name(),
                     QStringLiteral("Unlock it first; it is not recursive"));
    }
    if (deadline == WaitPoint::Never)
        return Outcome::TimedOut;
    if (!trace::ThreadWriter::isRecording() && spinUntil([this] { return takeIfFree(); }))
        return Outcome::Done;

    int wakeUpsInVain = -1; // the first attempt comes before any wake-up
    std::unique_lock lock(m_mutex);
    const WaitPoint::Result result = m_waiters.wait(
            lock, m_object.id(), trace::WaitReason::Lock, deadline, stop,
            [this, self = ThreadMark::current()] {
                const quintptr holding = holder(m_word.load(std::memory_order_relaxed));
                return holding == 0 || holding == self;
            },
            [] { return false; }, [&] { return takeOrMark(wakeUpsInVain); });
    if (m_nextHolder == ThreadMark::current())
        m_nextHolder = 0; // it has it or gave up
    if (!m_waiters.hasWaiters())
        m_word.fetch_and(~HasWaiters, std::memory_order_relaxed);
    if (result == WaitPoint::Result::Woken)
        noteHolder();
    return outcomeOf(result);
}

// If it cannot take it, unlock() knows now that somebody waits. Under the inner mutex.
bool Mutex::takeOrMark(int &wakeUpsInVain)
{
    const quintptr self = ThreadMark::current();
    quintptr word = m_word.load(std::memory_order_relaxed);
    while (true) {
        const quintptr holding = holder(word);
        if (holding == self)
            return true; // handed over under the inner mutex
        if (holding && word & HasWaiters)
            break;
        const quintptr next = holding ? word | HasWaiters : word | self;
        // Acquire: pairs with unlock().
        if (m_word.compare_exchange_weak(word, next, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
            if (!holding)
                return true;
            break;
        }
    }
    if (++wakeUpsInVain >= 2 && !m_nextHolder)
        m_nextHolder = self;
    return false;
}

void Mutex::unlockSlowly()
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    if (!isHeldByCurrentThread()) {
        throw Misuse(QStringLiteral("A thread unlocks a mutex that it does not hold"), name(),
                     QStringLiteral("Unlock it in the thread that has locked it"));
    }
    // It happens under the mutex, so that nobody destroys it before the end. Nobody else changes
    // the word now: it is held, and the flag belongs to those under the mutex.
    m_object.count(0);
    const quintptr waiters = m_waiters.hasWaiters() ? HasWaiters : 0;
    // Release: pairs with lock().
    m_word.store(m_nextHolder | waiters, std::memory_order_release);
    m_waiters.wakeOne(wakes);
}

int Mutex::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

} // namespace heddle
