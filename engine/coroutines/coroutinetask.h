// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/coroutinetaskstate.h>
#include <heddle/coroutines/suspension.h>

#include <type_traits>
#include <utility>

namespace heddle {

/// A coroutine that a loop runs beside others: a handle to it, as asyncio's Task.
///
/// Made by createTask(); the first step runs in the next turn of the loop, the creator goes on
/// first. co_await suspends until it has ended, gives its result and throws its exception; many
/// may await one task, also after its end. Handles can be copied, and dropped while the task runs:
/// it goes on. A task whose exception nobody took is reported when its last handle is gone
/// (CoroutineReport::ExceptionNeverTaken).
///
/// cancel() has Cancelled thrown at the point where the task is suspended, or at its next real
/// suspension, so that its clean-up runs; a task that awaits another one cancels that one, and
/// goes on when it has ended. A task that catches Cancelled and goes on was not cancelled.
///
/// Threads: the loop's, except copying, dropping and isDone(). Never blocks. Cost: one block from
/// the FramePool beside the coroutine's frame.
template <typename T = void>
class CoroutineTask
{
public:
    /// What co_await gives.
    using Result = T;

    /// No task.
    CoroutineTask() = default;
    /// Takes over one reference to \a state.
    explicit CoroutineTask(CoroutineTaskStateOf<T> *state) noexcept
        : m_state(state)
    {}
    ~CoroutineTask()
    {
        if (m_state)
            m_state->release();
    }
    /// Another handle on the same task. Any thread.
    CoroutineTask(const CoroutineTask &other) noexcept
        : m_state(other.m_state)
    {
        if (m_state)
            m_state->retain();
    }
    /// Takes the handle over.
    CoroutineTask(CoroutineTask &&other) noexcept
        : m_state(std::exchange(other.m_state, nullptr))
    {}
    /// Lets go of its own task first. Any thread.
    CoroutineTask &operator=(CoroutineTask other) noexcept
    {
        std::swap(m_state, other.m_state);
        return *this;
    }

    /// Whether there is a task.
    [[nodiscard]] explicit operator bool() const { return m_state != nullptr; }
    /// The name given at its creation, else the coroutine's function.
    [[nodiscard]] QString name() const { return m_state->name(); }
    /// Whether it has ended in whatever way. Any thread.
    [[nodiscard]] bool isDone() const { return m_state->isDone(); }
    /// Whether it ended because it was cancelled. Any thread.
    [[nodiscard]] bool isCancelled() const
    {
        return m_state->state() == CoroutineTaskState::State::Cancelled;
    }

    /// Requests that it be cancelled. False if it has ended. \throws Misuse in another thread than
    /// the loop's: use EventLoop::callSoonThreadSafe() there.
    bool cancel() { return m_state->cancel(); }

    /// The result of a task that has ended. \throws its exception; Misuse if it has not ended
    [[nodiscard]] typename CoroutineResult<T>::View result() const
    {
        m_state->checkDone("CoroutineTask::result");
        m_state->setExceptionTaken();
        return m_state->result().view();
    }
    /// The exception of a task that has ended, or null. It counts as taken. \throws Misuse
    [[nodiscard]] std::exception_ptr exception() const
    {
        m_state->checkDone("CoroutineTask::exception");
        return m_state->takeException();
    }

    /// For awaiters.
    [[nodiscard]] CoroutineTaskStateOf<T> *state() const { return m_state; }

private:
    CoroutineTaskStateOf<T> *m_state = nullptr;
};

/// Awaits the end of a task; what awaiters of tasks have in common.
class HEDDLE_ENGINE_EXPORT TaskEndAwaiter : public Suspension, private TaskWaiter
{
public:
    [[nodiscard]] bool await_ready() const;
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendUntilEnd(point);
    }

protected:
    explicit TaskEndAwaiter(CoroutineTaskState &awaited)
        : m_awaited(awaited)
    {}
    ~TaskEndAwaiter() override = default;

    /// To be called by the destructors of what derives from this, which have the task.
    void abandon() noexcept override;
    CoroutineTaskState *cancelled() override;

private:
    void suspendUntilEnd(std::coroutine_handle<> point);
    void taskEnded(CoroutineTaskState &task) override;

    CoroutineTaskState &m_awaited;
};

/// co_await task: what many may look at. co_await std::move(task), co_await createTask(…): the
/// result itself, moved if it cannot be copied or nobody else has a handle.
template <typename T, bool Take>
class TaskAwaiter final : public TaskEndAwaiter
{
public:
    explicit TaskAwaiter(CoroutineTask<T> task)
        : TaskEndAwaiter(*task.state())
        , m_task(std::move(task))
    {}
    ~TaskAwaiter() override { abandon(); }

    std::conditional_t<Take, T, typename CoroutineResult<T>::View> await_resume()
    {
        throwIfCancelled();
        CoroutineTaskStateOf<T> &state = *m_task.state();
        state.setExceptionTaken();
        if constexpr (!Take || std::is_void_v<T> || std::is_reference_v<T>) {
            return state.result().view();
        } else {
            if constexpr (std::copy_constructible<T>) {
                if (!state.isOnlyReference())
                    return state.result().view();
            }
            return state.result().take();
        }
    }

private:
    CoroutineTask<T> m_task;
};

template <typename T>
struct AwaiterFor<CoroutineTask<T>>
{
    static TaskAwaiter<T, false> await(const CoroutineTask<T> &task)
    {
        return TaskAwaiter<T, false>(task);
    }
    static TaskAwaiter<T, true> await(CoroutineTask<T> &&task)
    {
        return TaskAwaiter<T, true>(std::move(task));
    }
};

} // namespace heddle
