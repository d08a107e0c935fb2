// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QString>
#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace heddle {

class AsyncWaiter;

/// A number of permits that threads and coroutines take and give back, as Python's
/// threading.Semaphore.
///
/// Unlike there, several permits can be taken at once. Not fair: who comes while permits are free
/// takes them though others wait, and who asks for many can be overtaken by those who ask for few.
///
/// Algorithm: one atomic word holds the free permits and whether somebody waits, so release()
/// cannot miss a waiter, and takes the mutex only when there is one (as the mutexes of Drepper,
/// "Futexes Are Tricky", and WebKit's ParkingLot).
///
/// Trace: an object of kind semaphore whose counter is the number of free permits; a wait for every
/// blocked call with the thread that released. Threads: any. Cost: one read-modify-write when
/// nobody waits and enough permits are free. Destroying one on which a thread is blocked is a
/// programming error, asserted in checked builds.
class HEDDLE_ENGINE_EXPORT Semaphore
{
public:
    /// No more permits than that can be free.
    static constexpr qsizetype MostPermits = std::numeric_limits<qsizetype>::max() / 2;

    /// \a permits are free at the start. \throws Misuse when that is negative or above MostPermits.
    explicit Semaphore(std::string_view name, qsizetype permits = 1);
    virtual ~Semaphore();
    Semaphore(const Semaphore &) = delete;
    Semaphore &operator=(const Semaphore &) = delete;

    // Of all these: \throws Misuse when \a count or \a timeout is negative.

    /// Takes \a count permits at once: Done, or Stopped when \a stop was requested first. Blocks
    /// until they are free.
    Outcome acquire(qsizetype count = 1, std::stop_token stop = {});
    /// The same within \a timeout; TimedOut after at least that long. Nothing was taken unless
    /// Done.
    [[nodiscard]] Outcome acquireFor(std::chrono::nanoseconds timeout, qsizetype count = 1,
                                     std::stop_token stop = {});
    /// Takes them if they are free. Never blocks.
    [[nodiscard]] bool tryAcquire(qsizetype count = 1);
    /// Gives back \a count permits and wakes up to so many threads. Any thread, whether or not it
    /// took one; never blocks.
    void release(qsizetype count = 1);

    /// Registers \a waiter to be told when \a count permits may be free, if they are not; false
    /// when they are and nothing was registered. Who was told calls tryAcquire(), and then
    /// forget() if it got them, or notifyWhenFree() again if another was faster. Any thread; never
    /// blocks.
    [[nodiscard]] bool notifyWhenFree(AsyncWaiter &waiter, qsizetype count = 1);
    /// Ends what notifyWhenFree() began, whether or not \a waiter was told: the next who waits is
    /// told instead, if permits are left. Never blocks.
    void forget(AsyncWaiter &waiter);

    /// Free permits: a snapshot.
    [[nodiscard]] qsizetype available() const noexcept
    {
        return permits(m_word.load(std::memory_order_relaxed));
    }
    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

protected:
    /// \a limit: release() may not raise the free permits above it.
    Semaphore(std::string_view name, qsizetype permits, qsizetype limit);

private:
    // The word: a flag and above it the free permits.
    static constexpr qsizetype HasWaiters = 1; ///< changed under the mutex only
    static constexpr qsizetype OnePermit = 2;
    static constexpr qsizetype permits(qsizetype word) { return word / OnePermit; }

    bool take(qsizetype count);
    bool takeUncounted(qsizetype count);
    bool takeOrMark(qsizetype count);
    Outcome acquireUntil(qsizetype count, WaitPoint::Deadline deadline,
                         const std::stop_token &stop);
    void checkRelease(qsizetype count, qsizetype word) const;
    void releaseSlowly(qsizetype count);
    void unmarkIfNobodyWaits();

    trace::Object m_object;
    const qsizetype m_limit;
    std::atomic<qsizetype> m_word;
    mutable std::mutex m_mutex;
    WaitPoint m_waiters;
};

/// A semaphore that reports a release() above its start value, as threading.BoundedSemaphore:
/// release() \throws Misuse then, and nothing is released. Threads: any.
class HEDDLE_ENGINE_EXPORT BoundedSemaphore final : public Semaphore
{
public:
    /// \a permits are free at the start, and are the most there can be.
    explicit BoundedSemaphore(std::string_view name, qsizetype permits = 1);
    ~BoundedSemaphore() override;
};

} // namespace heddle
