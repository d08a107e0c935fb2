// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/waiter.h>
#include <heddle/trace/object.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>

namespace heddle {

class AsyncWaiter;

/// Where threads wait for a condition under a primitive's mutex; what every primitive is built on.
///
/// Adds to a condition variable: a deadline, a stop token that ends the wait by a wake-up and not
/// by polling, first come first woken, coroutines beside threads, and the trace record of the wait
/// with the thread that ended it. The waker looks which conditions hold and wakes those threads
/// only; a wake-up that its thread cannot use, because another was faster, goes to the next. A
/// thread spins for some microseconds before it sleeps, as long as that tends to help here.
///
/// Threads: every function under the mutex of the primitive. Cost: no allocation; a wake-up goes
/// through those that wait; one system call for a sleeping thread, none for one that still spins.
class HEDDLE_ENGINE_EXPORT WaitPoint
{
public:
    /// Of all deadlines.
    using Clock = std::chrono::steady_clock;
    /// Empty: forever.
    using Deadline = std::optional<Clock::time_point>;
    /// No deadline.
    static constexpr Deadline Forever = std::nullopt;
    /// Do not wait at all.
    static constexpr Deadline Never = Clock::time_point::min();

    /// How a wait ended.
    enum class Result { Woken, TimedOut, Stopped };

    /// The instant \a timeout from now. \throws Misuse naming \a where when it is negative.
    static Deadline deadline(std::chrono::nanoseconds timeout, const char *where);

    /// Waits until \a take() succeeds, which wins over a stop or a deadline that come at the same
    /// time. It is called by the waiting thread, first of all and after each wake-up; for a
    /// condition that others change without the mutex it takes what it waits for, or leaves a mark
    /// by which they know that somebody waits. \a ready() tells a waker whether take() is likely to
    /// succeed, \a isShutDown() whether only because of a shut-down. Blocks; \a lock is released
    /// meanwhile. Whoever makes the condition hold calls one of the functions below.
    template <typename Ready, typename IsShutDown, typename Take>
    Result wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                trace::WaitReason reason, Deadline deadline, const std::stop_token &stop,
                Ready ready, IsShutDown isShutDown, Take take)
    {
        if (take())
            return Result::Woken;
        if (deadline == Never)
            return Result::TimedOut;
        ThreadWaiterFor<Ready, IsShutDown, Take> self(ready, isShutDown, take);
        return wait(lock, object, reason, deadline, stop, self);
    }
    /// The same for a condition that changes under the mutex only.
    template <typename Ready, typename IsShutDown>
    Result wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                trace::WaitReason reason, Deadline deadline, const std::stop_token &stop,
                Ready ready, IsShutDown isShutDown)
    {
        return wait(lock, object, reason, deadline, stop, ready, isShutDown, ready);
    }

    /// Registers \a waiter, to be told once when \a ready() holds. It is not registered yet.
    void add(AsyncWaiter &waiter, std::function<bool()> ready);
    /// Removes \a waiter, or passes its wake-up on if it was told and did not say used().
    void forget(AsyncWaiter &waiter, Wakes &wakes);
    /// \a waiter, which was told, has made use of the wake-up.
    static void used(AsyncWaiter &waiter);
    /// Whether \a waiter was registered here, and not elsewhere since.
    [[nodiscard]] bool isOf(const AsyncWaiter &waiter) const;

    /// Wake those whose conditions hold, those that came first at first. Never block.
    void wakeOne(Wakes &wakes) { wakeUpTo(1, wakes); }
    /// Up to \a count of them.
    void wakeUpTo(std::ptrdiff_t count, Wakes &wakes)
    {
        if (m_first)
            wake(count, trace::currentThread(), false, wakes);
    }
    /// All of them.
    void wakeAll(Wakes &wakes) { wakeUpTo(All, wakes); }
    /// The same, with a flow from the caller to each. For conditions that nobody can take back.
    void wakeAllWithFlow(Wakes &wakes)
    {
        if (m_first)
            wake(All, trace::currentThread(), true, wakes);
    }

    // The same at once: for callers that hold the mutex for another's sake.
    /// The same, with the system call made under the mutex.
    void wakeOne() { wakeUpTo(1); }
    /// Up to \a count of them.
    void wakeUpTo(std::ptrdiff_t count)
    {
        Wakes wakes;
        wakeUpTo(count, wakes);
    }
    /// All of them.
    void wakeAll() { wakeUpTo(All); }

    /// Whether anybody waits.
    [[nodiscard]] bool hasWaiters() const { return m_first != nullptr; }
    /// Threads and coroutines in the line, and those of them that were woken and have not come back
    /// under the mutex yet. When all are, nobody needs to be woken.
    [[nodiscard]] std::ptrdiff_t count() const { return m_count; }
    /// How many were woken and have not gone on yet.
    [[nodiscard]] std::ptrdiff_t wokenCount() const { return m_wokenCount; }
    /// Threads that wait; coroutines are not counted.
    [[nodiscard]] int waiterCount() const;

private:
    static constexpr std::ptrdiff_t All = std::numeric_limits<std::ptrdiff_t>::max();

    /// A blocked call, in its own stack frame.
    class HEDDLE_ENGINE_EXPORT ThreadWaiter : public Waiter
    {
    protected:
        ThreadWaiter()
            : Waiter(Kind::Thread)
        {}
        ~ThreadWaiter() override;

        virtual bool take() = 0;

    private:
        friend class WaitPoint;
        struct NoteStop;

        // What the word says. It is changed without the primitive's mutex too: a stop comes from
        // threads that cannot take it.
        static constexpr quint32 Roused = 1;
        static constexpr quint32 StopNoted = 2;
        static constexpr quint32 Asleep = 4; ///< whoever changes the word wakes the thread

        void rouse(Wakes &wakes) final;
        bool spin(int turns) const;
        Result sleep(Deadline deadline, trace::ObjectId object, trace::WaitReason reason);
        Result takeSignal();

        std::atomic<quint32> m_word{0};
        trace::ThreadIndex m_stopper = 0; ///< before StopNoted
    };
    template <typename Ready, typename IsShutDown, typename Take>
    class ThreadWaiterFor final : public ThreadWaiter
    {
    public:
        ThreadWaiterFor(Ready &ready, IsShutDown &isShutDown, Take &take)
            : m_ready(ready)
            , m_isShutDown(isShutDown)
            , m_take(take)
        {}

    private:
        bool isReady() const override { return m_ready(); }
        bool isShutDown() const override { return m_isShutDown(); }
        bool take() override { return m_take(); }

        Ready &m_ready;
        IsShutDown &m_isShutDown;
        Take &m_take;
    };

    Result wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                trace::WaitReason reason, Deadline deadline, const std::stop_token &stop,
                ThreadWaiter &self);
    Result untilRoused(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                       trace::WaitReason reason, Deadline deadline, ThreadWaiter &self);
    void wake(std::ptrdiff_t count, trace::ThreadIndex waker, bool withFlow, Wakes &wakes);
    void takeWakeUpOfAnother(Waiter &self);
    void setWoken(Waiter &waiter);
    bool takeWoken(Waiter &waiter);
    void append(Waiter &waiter);
    void remove(Waiter &waiter);

    Waiter *m_first = nullptr; ///< in the order in which they came
    Waiter *m_last = nullptr;
    std::ptrdiff_t m_count = 0;
    std::ptrdiff_t m_wokenCount = 0; ///< of those in the line
    int m_turns = MostTurns;         ///< that a thread leaves to others before it sleeps

    // Some microseconds, about what falling asleep and waking costs.
    static constexpr int MostTurns = 8;
};

/// What a wait for nothing but the condition tells its caller.
[[nodiscard]] constexpr Outcome outcomeOf(WaitPoint::Result result) noexcept
{
    switch (result) {
    case WaitPoint::Result::Woken:
        return Outcome::Done;
    case WaitPoint::Result::TimedOut:
        return Outcome::TimedOut;
    case WaitPoint::Result::Stopped:
        break;
    }
    return Outcome::Stopped;
}

} // namespace heddle
