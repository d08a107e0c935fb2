// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/coroutines/gather.h>

#include <concepts>
#include <exception>
#include <vector>

namespace heddle {

/// The failures of the tasks of a group, as Python's ExceptionGroup.
class HEDDLE_ENGINE_EXPORT ErrorGroup : public Error
{
public:
    explicit ErrorGroup(std::vector<std::exception_ptr> errors);
    ~ErrorGroup() override;

    /// What was thrown, in the order of the failures; at least one.
    [[nodiscard]] const std::vector<std::exception_ptr> &errors() const { return m_errors; }

private:
    std::vector<std::exception_ptr> m_errors;
};

/// Tasks that belong together, as asyncio.TaskGroup: the first that fails has the others cancelled,
/// all are awaited, and their failures arrive together.
///
/// withTaskGroup() is the safe way to have one: it cannot be left before its tasks have ended. One
/// that is destroyed with tasks that have not ended cancels them, but cannot wait for them.
///
/// Threads: the loop's. Never blocks.
class HEDDLE_ENGINE_EXPORT TaskGroup
{
public:
    TaskGroup() = default;
    ~TaskGroup();
    TaskGroup(const TaskGroup &) = delete;
    TaskGroup &operator=(const TaskGroup &) = delete;

    /// Runs \a coroutine as a task of the group. Also while wait() is awaited. \throws Misuse when
    /// the group is ending because of a failure or a cancellation; the coroutine is dropped then
    template <typename T>
    CoroutineTask<T> createTask(Coroutine<T> coroutine, std::string_view name = {})
    {
        if (m_isEnding) {
            if (coroutine)
                coroutine.release().destroy();
            throwEnding();
        }
        CoroutineTask<T> task = heddle::createTask(std::move(coroutine), name);
        add(*task.state());
        return task;
    }
    /// Cancels all tasks of the group.
    void cancel();
    /// Tasks that have not ended.
    [[nodiscard]] std::size_t pending() const { return m_pending; }

    /// co_await group.wait(): until all tasks have ended. Cancelling the awaiter cancels them.
    /// \throws ErrorGroup if tasks failed (those that were cancelled did not); Cancelled
    [[nodiscard]] auto wait() { return Awaiter(*this); }

private:
    class Member;
    class HEDDLE_ENGINE_EXPORT Awaiter final : public Suspension
    {
    public:
        explicit Awaiter(TaskGroup &group)
            : m_group(group)
        {}
        ~Awaiter() override;
        [[nodiscard]] bool await_ready() const { return m_group.m_pending == 0; }
        template <LoopPromise Promise>
        void await_suspend(std::coroutine_handle<Promise> point)
        {
            suspendUntilEnd(point);
        }
        void await_resume();

    private:
        friend class TaskGroup;
        void suspendUntilEnd(std::coroutine_handle<> point);
        void abandon() noexcept override;
        CoroutineTaskState *cancelled() override;

        TaskGroup &m_group;
        bool m_isCancelRequested = false;
    };

    void add(CoroutineTaskState &task);
    void memberEnded(Member &member);
    [[noreturn]] static void throwEnding();

    Member *m_first = nullptr;
    std::size_t m_pending = 0;
    std::vector<std::exception_ptr> m_errors;
    Awaiter *m_awaiter = nullptr;
    bool m_isEnding = false;
};

/// co_await withTaskGroup(body): calls \a body with a group, and runs the coroutine that it returns
/// as one of the group's tasks, from the next turn on; goes on with its result when all tasks have
/// ended. \throws as TaskGroup::wait()
///
/// \code
/// co_await withTaskGroup([&](TaskGroup &group) -> Coroutine<> {
///     group.createTask(download(first));
///     group.createTask(download(second));
///     co_return;
/// });
/// \endcode
template <std::invocable<TaskGroup &> Body>
auto withTaskGroup(Body body) -> std::invoke_result_t<Body, TaskGroup &>
{
    TaskGroup group;
    auto main = group.createTask(body(group));
    co_await group.wait();
    co_return co_await std::move(main);
}

} // namespace heddle
