// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/eventloop.h>

#include <chrono>

namespace heddle {

/// Awaits an instant. Made by sleep() and sleepUntil().
class HEDDLE_ENGINE_EXPORT SleepAwaiter final : public Suspension, private LoopTimer
{
public:
    explicit SleepAwaiter(std::chrono::nanoseconds duration)
        : m_duration(duration)
    {}
    explicit SleepAwaiter(EventLoop::Clock::time_point due)
        : m_due(due)
        , m_isInstant(true)
    {}
    ~SleepAwaiter() override;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendUntilDue(point);
    }
    void await_resume() const { throwIfCancelled(); }

private:
    void suspendUntilDue(std::coroutine_handle<> point);
    void due() noexcept override { wake(); }
    void abandon() noexcept override;

    std::chrono::nanoseconds m_duration{0};
    EventLoop::Clock::time_point m_due;
    bool m_isInstant = false;
};

/// co_await sleep(d): the task goes on after at least \a duration, others meanwhile; with zero (or
/// less) it yields one turn. \throws Cancelled
[[nodiscard]] inline SleepAwaiter sleep(std::chrono::nanoseconds duration)
{
    return SleepAwaiter(duration);
}
/// co_await sleepUntil(t): the same for an instant; one that has passed yields one turn.
[[nodiscard]] inline SleepAwaiter sleepUntil(EventLoop::Clock::time_point due)
{
    return SleepAwaiter(due);
}

} // namespace heddle
