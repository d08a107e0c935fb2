// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace heddle {

class AsyncWaiter;

/// A flag that threads and coroutines wait for, as Python's threading.Event.
///
/// Starts cleared. set() wakes all waiters, and later waits return at once until clear(). A wait
/// that had begun when set() was called is done even if clear() follows immediately.
///
/// Algorithm: one atomic word holds the flag, the number of times that it was set, and whether
/// somebody waits; so a waker cannot miss a waiter, and only one that has to wake somebody takes
/// the mutex (as the mutexes of Drepper, "Futexes Are Tricky", and WebKit's ParkingLot).
///
/// Trace: an object of kind event whose counter is 1 while it is set; a wait for every blocked call
/// with the thread that set it, and a flow from set() to each waiter that it woke. Threads: any.
/// Cost: isSet() and the wait for a set event are one load, set() without waiters one
/// read-modify-write. Destroying one on which a thread is blocked is a programming error, asserted
/// in checked builds; a thread whose wait is done may destroy it though set() has not returned yet.
class HEDDLE_ENGINE_EXPORT Event
{
public:
    /// Cleared. The \a name is what the timeline shows.
    explicit Event(std::string_view name);
    ~Event();
    Event(const Event &) = delete;
    Event &operator=(const Event &) = delete;

    /// Never blocks. Twice is the same as once.
    void set();
    /// Never blocks.
    void clear();
    /// A snapshot. Any thread; never blocks.
    [[nodiscard]] bool isSet() const noexcept
    {
        // Acquire: pairs with set(); what came before it is visible.
        return m_word.load(std::memory_order_acquire) & Set;
    }

    /// Waits until the flag is set: Done, or Stopped when \a stop was requested first. Blocks.
    Outcome wait(std::stop_token stop = {});
    /// The same within \a timeout; TimedOut after at least that long. \throws Misuse when it is
    /// negative.
    [[nodiscard]] Outcome waitFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});

    /// Registers \a waiter to be told of the next set(), if the flag is not set; false when it is
    /// set and nothing was registered. Any thread; never blocks.
    [[nodiscard]] bool notifyWhenSet(AsyncWaiter &waiter);
    /// Ends what notifyWhenSet() began, whether or not \a waiter was told. Never blocks.
    void forget(AsyncWaiter &waiter);

    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    // The word: two flags, and above them how often the flag was set. So a waiter sees a set()
    // that a clear() followed.
    static constexpr quint64 Set = 1;
    static constexpr quint64 HasWaiters = 2; ///< changed under the mutex only
    static constexpr quint64 OneTime = 4;
    static constexpr quint64 timesSet(quint64 word) { return word / OneTime; }

    void setSlowly();
    void clearSlowly();
    Outcome waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop);
    bool isSetOrMarked(quint64 before);
    void unmarkIfNobodyWaits();

    trace::Object m_object;
    std::atomic<quint64> m_word{0};
    mutable std::mutex m_mutex;
    WaitPoint m_waiters;
};

} // namespace heddle
