// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/flow.h>
#include <heddle/trace/object.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>

namespace heddle {

/// Where threads wait for a condition under a primitive's mutex; what every primitive is built on.
///
/// Adds to a condition variable: a deadline, a stop token that ends the wait by a wake-up and not
/// by polling, first come first woken, and the trace record of the wait with the thread that ended
/// it. The waker looks which conditions hold and wakes those threads only; a wake-up that its
/// thread cannot use, because another was faster, goes to the next.
///
/// Threads: every function under the mutex of the primitive. Cost: no allocation; a wake-up goes
/// through those that wait.
class HEDDLE_ENGINE_EXPORT WaitPoint
{
public:
    using Clock = std::chrono::steady_clock;
    /// Empty: forever.
    using Deadline = std::optional<Clock::time_point>;
    static constexpr Deadline Forever = std::nullopt;
    /// Do not wait at all.
    static constexpr Deadline Never = Clock::time_point::min();

    enum class Result { Woken, TimedOut, Stopped };

    /// The instant \a timeout from now. \throws Error naming \a where when it is negative.
    static Deadline deadline(std::chrono::nanoseconds timeout, const char *where);

    /// Waits until \a ready() holds, which wins over a stop or a deadline that come at the same
    /// time. \a isShutDown() tells whether the condition holds only because of a shut-down. Blocks;
    /// \a lock is released meanwhile. Whoever makes the condition hold calls one of the functions
    /// below; they call both in the waker's thread, under the mutex.
    template <typename Ready, typename IsShutDown>
    Result wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                trace::WaitReason reason, Deadline deadline, const std::stop_token &stop,
                Ready ready, IsShutDown isShutDown)
    {
        if (deadline == Never)
            return Result::TimedOut;
        WaiterFor<Ready, IsShutDown> self(ready, isShutDown);
        return wait(lock, object, reason, deadline, stop, self);
    }

    /// Wake the threads whose conditions hold, those that came first at first. Never block.
    void wakeOne() { wakeUpTo(1); }
    void wakeUpTo(std::ptrdiff_t count)
    {
        if (m_first)
            wake(count, trace::currentThread(), false);
    }
    void wakeAll() { wakeUpTo(std::numeric_limits<std::ptrdiff_t>::max()); }
    /// The same, with a flow from the caller to each. For conditions that nobody can take back.
    void wakeAllWithFlow()
    {
        if (m_first)
            wake(std::numeric_limits<std::ptrdiff_t>::max(), trace::currentThread(), true);
    }
    [[nodiscard]] bool hasWaiters() const { return m_first != nullptr; }
    [[nodiscard]] int waiterCount() const;

private:
    /// A blocked call, in its own stack frame.
    class HEDDLE_ENGINE_EXPORT Waiter
    {
    protected:
        Waiter() = default;
        virtual ~Waiter();
        Waiter(const Waiter &) = delete;
        Waiter &operator=(const Waiter &) = delete;

        virtual bool isReady() const = 0;
        virtual bool isShutDown() const = 0;

    private:
        friend class WaitPoint;
        struct NoteStop;

        Result sleep(Deadline deadline);
        void rouse();

        // Under the primitive's mutex.
        Waiter *previous = nullptr;
        Waiter *next = nullptr;
        bool isWoken = false;
        bool byShutDown = false;
        trace::ThreadIndex waker = 0;
        trace::Flow flow;

        // Under a mutex of its own: a stop comes from threads that cannot take the primitive's.
        std::mutex sleeping;
        std::condition_variable roused;
        bool isRoused = false;
        bool isStopped = false;
        trace::ThreadIndex stopper = 0;
    };
    template <typename Ready, typename IsShutDown>
    class WaiterFor final : public Waiter
    {
    public:
        WaiterFor(const Ready &ready, const IsShutDown &isShutDown)
            : m_ready(ready)
            , m_isShutDown(isShutDown)
        {}

    private:
        bool isReady() const override { return m_ready(); }
        bool isShutDown() const override { return m_isShutDown(); }

        const Ready &m_ready;
        const IsShutDown &m_isShutDown;
    };

    Result wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                trace::WaitReason reason, Deadline deadline, const std::stop_token &stop,
                Waiter &self);
    void wake(std::ptrdiff_t count, trace::ThreadIndex waker, bool withFlow);
    void takeWakeUpOfAnother(Waiter &self);
    void append(Waiter &waiter);
    void remove(Waiter &waiter);

    Waiter *m_first = nullptr; ///< in the order in which they came
    Waiter *m_last = nullptr;
};

} // namespace heddle
