// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/gather.h>
#include <heddle/coroutines/sleep.h>

namespace heddle {

/// Awaits a task within a time; what its awaiters have in common.
class HEDDLE_ENGINE_EXPORT TimeoutAwaiter : public Suspension, private TaskWaiter, private LoopTimer
{
public:
    [[nodiscard]] bool await_ready() const;
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendUntilEnd(point);
    }

protected:
    TimeoutAwaiter(CoroutineTaskState &awaited, EventLoop::Clock::time_point due)
        : m_awaited(awaited)
        , m_due(due)
    {}
    ~TimeoutAwaiter() override = default;
    /// To be called by the destructors of what derives from this, which have the task.
    void abandon() noexcept override;
    /// \throws TimedOut
    void checkTime();

private:
    void suspendUntilEnd(std::coroutine_handle<> point);
    void due() noexcept override;
    void taskEnded(CoroutineTaskState &task) override;
    CoroutineTaskState *cancelled() override;

    CoroutineTaskState &m_awaited;
    const EventLoop::Clock::time_point m_due;
    bool m_isTimedOut = false;
    bool m_isCancelRequested = false;
};

template <typename T>
class TimeoutAwaiterOf final : public TimeoutAwaiter
{
public:
    TimeoutAwaiterOf(CoroutineTask<T> task, EventLoop::Clock::time_point due)
        : TimeoutAwaiter(*task.state(), due)
        , m_task(std::move(task))
    {}
    ~TimeoutAwaiterOf() override { abandon(); }

    T await_resume()
    {
        checkTime();
        if constexpr (std::is_void_v<T>)
            m_task.result();
        else
            return gatheredResult(m_task);
    }

private:
    CoroutineTask<T> m_task;
};

/// co_await waitFor(what(), 100ms): the result of a coroutine, which runs as a task, or of a task,
/// if it ends within \a timeout.
///
/// As asyncio.wait_for: when the time is over the task is cancelled; TimedOut is thrown when it has
/// cleaned up. If it ends otherwise after all, that counts. Cancelling the awaiter cancels the
/// task. The time begins at this call; zero or less is over at once. In a loop's turn. \throws
/// TimedOut, Cancelled, what the task throws; Misuse outside of a loop's turn
template <template <typename> class Kind, typename T>
[[nodiscard]] auto waitFor(Kind<T> what, std::chrono::nanoseconds timeout)
{
    return TimeoutAwaiterOf<T>(toTask(std::move(what)), EventLoop::dueAfter(timeout));
}
/// The same with the instant at which the time is over.
template <template <typename> class Kind, typename T>
[[nodiscard]] auto waitUntil(Kind<T> what, EventLoop::Clock::time_point due)
{
    return TimeoutAwaiterOf<T>(toTask(std::move(what)), due);
}

} // namespace heddle
