// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/object.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>

namespace heddle {

/// Where threads wait for a condition under a primitive's mutex; what every primitive is built on.
///
/// Adds to a condition variable: a deadline, a stop token that ends the wait by a wake-up and not
/// by polling, and the trace record of the wait with the thread that ended it.
///
/// Threads: every function under the mutex of the primitive.
class WaitPoint
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
    HEDDLE_ENGINE_EXPORT static Deadline deadline(std::chrono::nanoseconds timeout,
                                                  const char *where);

    /// Waits until \a ready() holds, which wins over a stop or a deadline that come at the same
    /// time. \a isShutDown() tells whether the condition holds only because of a shut-down. Blocks;
    /// \a lock is released meanwhile.
    template <typename Ready, typename IsShutDown>
    Result wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                trace::WaitReason reason, Deadline deadline, const std::stop_token &stop,
                Ready ready, IsShutDown isShutDown)
    {
        if (deadline == Never)
            return Result::TimedOut;
        // The condition is woken by a stop of its own, requested when the stopper is known: a
        // waiter that sees the stop itself may go on before the stopper has left its name.
        std::atomic<trace::ThreadIndex> stopper{0};
        std::stop_source known(std::nostopstate);
        std::optional<std::stop_callback<NoteStopper>> note;
        if (stop.stop_possible()) {
            known = std::stop_source();
            note.emplace(stop, NoteStopper{&stopper, &known});
        }
        if (stop.stop_requested())
            return Result::Stopped;
        trace::Wait wait(object, reason);
        ++m_waiters;
        const bool woken = deadline ? m_condition.wait_until(lock, known.get_token(), *deadline,
                                                             ready)
                                    : m_condition.wait(lock, known.get_token(), ready);
        --m_waiters;
        if (woken) {
            wait.finish(isShutDown() ? trace::WaitOutcome::ShutDown : trace::WaitOutcome::Woken,
                        m_waker);
            return Result::Woken;
        }
        if (known.stop_requested()) {
            wait.finish(trace::WaitOutcome::Stopped, stopper);
            return Result::Stopped;
        }
        wait.finish(trace::WaitOutcome::TimedOut, 0);
        return Result::TimedOut;
    }

    void wakeOne() { wakeUpTo(1); }
    void wakeUpTo(std::ptrdiff_t count)
    {
        if (m_waiters == 0)
            return;
        m_waker = trace::currentThread();
        for (std::ptrdiff_t woken = 0; woken < count && woken < m_waiters; ++woken)
            m_condition.notify_one();
    }
    void wakeAll()
    {
        if (m_waiters > 0) {
            m_waker = trace::currentThread();
            m_condition.notify_all();
        }
    }
    [[nodiscard]] bool hasWaiters() const { return m_waiters > 0; }

private:
    struct NoteStopper
    {
        std::atomic<trace::ThreadIndex> *stopper;
        std::stop_source *known;
        void operator()() const
        {
            stopper->store(trace::currentThread());
            known->request_stop();
        }
    };

    std::condition_variable_any m_condition;
    int m_waiters = 0;
    trace::ThreadIndex m_waker = 0;
};

} // namespace heddle
