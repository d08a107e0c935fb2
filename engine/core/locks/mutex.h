// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/threadmark.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QString>
#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace heddle {

/// A lock that one thread holds at a time.
///
/// Not recursive: a thread that locks what it holds, and one that unlocks what it does not hold,
/// is told so by Misuse. Has the functions that std::lock_guard, std::unique_lock and
/// std::scoped_lock want. Fair enough: who comes while it is free takes it though others wait,
/// which is fast; but a waiter that was woken twice in vain gets it handed over.
///
/// Algorithm: one atomic word holds the holder's mark and whether somebody waits, so unlock()
/// cannot miss a waiter, and takes an inner mutex only when there is one (as Drepper, "Futexes Are
/// Tricky"); barging and handing over as in WebKit's WTF::Lock ("Locking in WebKit", 2016).
///
/// Trace: an object of kind mutex whose counter is the trace::currentThread() of the holder, 0
/// while it is free; a wait for every blocked call with the thread that unlocked. Threads: any.
/// Cost: one read-modify-write each for lock() and unlock() when nobody else wants it. Destroying a
/// locked one is a programming error, asserted in checked builds.
class HEDDLE_ENGINE_EXPORT Mutex
{
public:
    /// Free. The \a name is what the timeline shows.
    explicit Mutex(std::string_view name);
    ~Mutex();
    Mutex(const Mutex &) = delete;
    Mutex &operator=(const Mutex &) = delete;

    // Of all these: \throws Misuse when the calling thread holds it already.

    /// Blocks until the calling thread holds it.
    void lock()
    {
        quintptr free = 0;
        // Acquire: pairs with unlock().
        if (m_word.compare_exchange_strong(free, ThreadMark::current(), std::memory_order_acquire,
                                           std::memory_order_relaxed)) [[likely]]
            noteHolder();
        else
            lockUntil(WaitPoint::Forever, {});
    }
    /// The same; Stopped when \a stop was requested first. Without the lock then.
    [[nodiscard]] Outcome lock(std::stop_token stop);
    /// The same within \a timeout; TimedOut after at least that long. \throws Misuse when it is
    /// negative.
    [[nodiscard]] Outcome lockFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});
    /// Takes it if it is free. Never blocks.
    [[nodiscard]] bool tryLock();
    /// tryLock() for std::unique_lock and std::scoped_lock.
    [[nodiscard]] bool try_lock() { return tryLock(); }

    /// Lets it go, and wakes one thread that waits. Never blocks. \throws Misuse when the calling
    /// thread does not hold it.
    void unlock()
    {
        quintptr self = ThreadMark::current();
        if (m_word.load(std::memory_order_relaxed) == self) [[likely]] {
            m_object.count(0);
            // Release: pairs with lock().
            if (m_word.compare_exchange_strong(self, 0, std::memory_order_release,
                                               std::memory_order_relaxed)) [[likely]]
                return;
        }
        unlockSlowly();
    }

    /// For assertions. Never blocks.
    [[nodiscard]] bool isHeldByCurrentThread() const noexcept
    {
        return holder(m_word.load(std::memory_order_relaxed)) == ThreadMark::current();
    }
    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    // The word: the holder's mark, and a flag in its lowest bit.
    static constexpr quintptr HasWaiters = 1; ///< changed under the mutex only
    static constexpr quintptr holder(quintptr word) { return word & ~HasWaiters; }

    void noteHolder() const noexcept
    {
        if (trace::ThreadWriter::isRecording()) [[unlikely]]
            m_object.count(trace::currentThread());
    }
    bool takeIfFree();
    Outcome lockUntil(WaitPoint::Deadline deadline, const std::stop_token &stop);
    bool takeOrMark(int &wakeUpsInVain);
    void unlockSlowly();

    trace::Object m_object;
    std::atomic<quintptr> m_word{0};
    mutable std::mutex m_mutex;
    quintptr m_nextHolder = 0; ///< a waiter to whom unlock() must hand it over
    WaitPoint m_waiters;
};

} // namespace heddle
