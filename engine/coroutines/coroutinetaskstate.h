// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/coroutine.h>
#include <heddle/coroutines/readyqueue.h>
#include <heddle/trace/task.h>

#include <QString>

#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace heddle {

class EventLoop;
class Suspension;

/// Is told when a task has ended. In the loop's thread; linked, without allocation.
class TaskWaiter
{
public:
    TaskWaiter(const TaskWaiter &) = delete;
    TaskWaiter &operator=(const TaskWaiter &) = delete;

protected:
    TaskWaiter() = default;
    virtual ~TaskWaiter() = default;

    virtual void taskEnded(CoroutineTaskState &task) = 0;
    [[nodiscard]] bool isLinked() const { return m_isLinked; }

private:
    friend class CoroutineTaskState;
    TaskWaiter *m_next = nullptr;
    TaskWaiter *m_previous = nullptr;
    bool m_isLinked = false;
};

/// What stands behind the CoroutineTask handles of one task. Use those.
///
/// Shared by its handles and, until the task has ended, by its loop. Threads: the loop's, except
/// retain(), release() and the questions whether it has ended.
class HEDDLE_ENGINE_EXPORT CoroutineTaskState : private ReadyItem
{
public:
    enum class State : quint8 { Pending, Finished, Failed, Cancelled };

    static void *operator new(std::size_t bytes) { return FramePool::allocate(bytes); }
    static void operator delete(void *memory, std::size_t bytes) noexcept
    {
        FramePool::release(memory, bytes);
    }

    void retain() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept
    {
        // The only owner needs no read-modify-write. Both pair with the other owners' releases.
        if (m_references.load(std::memory_order_acquire) == 1
            || m_references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            destroy();
        }
    }
    /// Whether only the caller has a reference to a task that has ended.
    [[nodiscard]] bool isOnlyReference() const noexcept
    {
        return m_references.load(std::memory_order_acquire) == 1; // pairs with release()
    }

    [[nodiscard]] State state() const noexcept
    {
        return m_state.load(std::memory_order_acquire); // pairs with end()
    }
    [[nodiscard]] bool isDone() const noexcept { return state() != State::Pending; }
    [[nodiscard]] EventLoop &loop() const noexcept { return *m_loop; }
    [[nodiscard]] QString name() const;

    /// Requests the cancellation. False if the task has ended. \throws Misuse in another thread
    bool cancel();

    /// \a waiter is told when the task, which is pending, has ended.
    void add(TaskWaiter &waiter) noexcept;
    void remove(TaskWaiter &waiter) noexcept;
    /// The exception of a task that failed or was cancelled, which counts as taken.
    [[nodiscard]] std::exception_ptr takeException();
    void setExceptionTaken() { m_exceptionTaken = true; }
    /// \throws Misuse unless the task has ended; \a call is what the user called
    void checkDone(const char *call) const;
    /// \throws Misuse unless this thread runs the task's loop
    void checkLoop(const char *call) const;

protected:
    CoroutineTaskState(EventLoop &loop, std::coroutine_handle<> root,
                       const std::source_location &where, std::string_view name);
    ~CoroutineTaskState() override;

    /// Moves the result of the coroutine, which has ended, here.
    virtual void takeResult() noexcept = 0;
    virtual void setException(std::exception_ptr exception) noexcept = 0;
    [[nodiscard]] virtual std::exception_ptr exception() const = 0;

private:
    friend class EventLoop;
    friend class Suspension;

    void run() noexcept final;
    void resume(std::coroutine_handle<> point) noexcept;
    /// The coroutine has ended.
    void finish() noexcept;
    /// The task will not go on.
    void endCancelled(const QString &reason) noexcept;
    void end(State state) noexcept;
    void destroy() noexcept;
    /// Destroys a coroutine that has not ended: its loop ends.
    void abandon() noexcept;
    [[nodiscard]] trace::Name traceName() const;

    EventLoop *m_loop;
    std::coroutine_handle<> m_root;
    Suspension *m_suspension = nullptr;
    TaskWaiter *m_firstWaiter = nullptr;
    TaskWaiter *m_lastWaiter = nullptr;
    CoroutineTaskState *m_next = nullptr; ///< of the loop's tasks
    CoroutineTaskState *m_previous = nullptr;
    CoroutineTaskState *m_nextCancelling = nullptr; ///< of those that cancel() goes through
    trace::Task m_life;
    std::source_location m_where;
    std::unique_ptr<std::string> m_name; ///< if it was given one
    std::atomic<int> m_references{2};    ///< the first handle and the loop
    std::atomic<State> m_state{State::Pending};
    bool m_mustCancel = false;   ///< at the next suspension, or before the start
    bool m_isCancelling = false; ///< cancel() goes through it just now
    bool m_exceptionTaken = false;
};

/// The state of a task whose coroutine returns T.
template <typename T>
class CoroutineTaskStateOf final : public CoroutineTaskState
{
public:
    CoroutineTaskStateOf(EventLoop &loop, typename Coroutine<T>::Handle root, std::string_view name)
        : CoroutineTaskState(loop, root, root.promise().where(), name)
        , m_coroutine(root)
    {
        root.promise().result().setStarted();
    }

    [[nodiscard]] CoroutineResult<T> &result() { return m_result; }

private:
    void takeResult() noexcept override { m_result.takeFrom(m_coroutine.promise().result()); }
    void setException(std::exception_ptr exception) noexcept override
    {
        m_result.setException(std::move(exception));
    }
    [[nodiscard]] std::exception_ptr exception() const override { return m_result.exception(); }

    typename Coroutine<T>::Handle m_coroutine;
    CoroutineResult<T> m_result;
};

} // namespace heddle
