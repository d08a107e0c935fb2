// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/mutex.h>
#include <heddle/core/outcome.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <concepts>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace heddle {

/// Where threads wait until something that a Mutex guards has changed, as Python's
/// threading.Condition.
///
/// A wait releases the mutex and begins in one step: a notification that comes when the mutex is
/// free again is not missed. It has the mutex again when it returns, however it ended. There are no
/// wake-ups without a reason; still another thread may have been faster, so wait with a predicate.
///
/// \code
/// std::unique_lock lock(mutex);
/// changed.waitUntil(lock, [&] { return !items.empty(); });
/// \endcode
///
/// Algorithm: a line of waiters under a mutex of its own (WaitPoint); each notification belongs to
/// a waiter that was there before it. Notifiers look at the number of waiters first: who waits was
/// counted before it let the Mutex go.
///
/// Trace: an object of kind condition; a wait for every call with the thread that notified.
/// Threads: any; all waits at a time with the same mutex. Cost: a notification with no waiter is
/// one load. Destroying one on which a thread is blocked is a programming error, asserted in
/// checked builds.
class HEDDLE_ENGINE_EXPORT Condition
{
public:
    /// The \a name is what the timeline shows.
    explicit Condition(std::string_view name);
    ~Condition();
    Condition(const Condition &) = delete;
    Condition &operator=(const Condition &) = delete;

    // Of all waits: Stopped when \a stop was requested first, TimedOut after at least \a timeout.
    // \throws Misuse when \a lock does not hold a mutex, or \a timeout is negative.

    /// Waits for a notification. Blocks.
    Outcome wait(std::unique_lock<Mutex> &lock, std::stop_token stop = {});
    /// The same within \a timeout. \throws Misuse when it is negative.
    [[nodiscard]] Outcome waitFor(std::unique_lock<Mutex> &lock, std::chrono::nanoseconds timeout,
                                  std::stop_token stop = {});

    /// Waits until \a holds(), which is called with the mutex held, at first and after every
    /// notification. Done if it holds at the end, whatever else has happened. Blocks.
    template <std::predicate Predicate>
    Outcome waitUntil(std::unique_lock<Mutex> &lock, Predicate holds, std::stop_token stop = {})
    {
        return waitUntil(lock, WaitPoint::Forever, holds, stop);
    }
    /// The same within \a timeout. \throws Misuse when it is negative.
    template <std::predicate Predicate>
    [[nodiscard]] Outcome waitFor(std::unique_lock<Mutex> &lock, std::chrono::nanoseconds timeout,
                                  Predicate holds, std::stop_token stop = {})
    {
        return waitUntil(lock, WaitPoint::deadline(timeout, "Condition::waitFor"), holds, stop);
    }

    /// Wakes the thread that has waited longest, or all. With or without the mutex held; never
    /// blocks.
    void notifyOne();
    /// Wakes all that wait. Any thread; never blocks.
    void notifyAll();

    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const noexcept
    {
        return m_waiterCount.load(std::memory_order_relaxed);
    }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    template <typename Predicate>
    Outcome waitUntil(std::unique_lock<Mutex> &lock, WaitPoint::Deadline deadline, Predicate &holds,
                      const std::stop_token &stop)
    {
        while (!holds()) {
            if (const Outcome outcome = waitOnce(lock, deadline, stop); !outcome)
                return holds() ? Outcome(Outcome::Done) : outcome;
        }
        return Outcome::Done;
    }
    Outcome waitOnce(std::unique_lock<Mutex> &lock, WaitPoint::Deadline deadline,
                     const std::stop_token &stop);
    void notify(int count);

    trace::Object m_object;
    std::atomic<int> m_waiterCount{0};
    mutable std::mutex m_mutex;
    int m_notifications = 0; ///< that the waker is just handing out
    WaitPoint m_waiters;
};

} // namespace heddle
