// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/taskmemory.h>
#include <heddle/trace/task.h>

#include <concepts>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace heddle {

/// A piece of work on its way to the thread that does it: what executors pass around.
///
/// Holds a function of any type, which need only be movable; a small one (40 bytes) lies in the
/// task itself, so that a task is one block of pooled memory. The function ends the task by either
/// action, exactly once: an executor that takes a task calls run() or drop(), which destroys it.
///
/// Threads: a task belongs to whoever holds the pointer.
class Task
{
public:
    /// How a task ends.
    enum class Action {
        Run,     ///< by doing its work
        Cancel,  ///< somebody does not want it any more
        TimeOut, ///< its deadline has passed
        Break,   ///< its executor cannot do anything any more
    };

    /// A task for \a work, which is called once with what to do, tells how it ended and throws
    /// nothing. \throws std::bad_alloc
    template <typename Work>
    static Task *make(Work work)
    {
        static_assert(std::is_invocable_r_v<trace::TaskState, Work, Action>);
        constexpr std::size_t Header = sizeof(Task);
        if constexpr (sizeof(Work) + Header <= TaskMemory::SmallBytes && fits<Work>)
            return place<Work, TaskMemory::SmallBytes>(std::move(work));
        else if constexpr (sizeof(Work) + Header <= TaskMemory::LargeBytes && fits<Work>)
            return place<Work, TaskMemory::LargeBytes>(std::move(work));
        else
            return make(Elsewhere<Work>{std::make_unique<Work>(std::move(work))});
    }

    /// Does the work in the calling thread and destroys the task.
    void run() noexcept
    {
        const trace::Task life = m_life;
        life.running();
        life.ended(m_act(*this, Action::Run));
    }
    /// Has the work end without being done, for the reason \a why, and destroys the task.
    void drop(Action why = Action::Cancel) noexcept
    {
        const trace::Task life = m_life;
        m_act(*this, why);
        life.ended(trace::TaskState::Cancelled);
    }

    /// Tells the trace that the task may run from now on: before it is given away.
    void setReady(trace::ObjectId executor, trace::Name name)
    {
        m_life = trace::Task::ready(executor, name);
    }
    /// Its life in the trace.
    void setLife(trace::Task life) { m_life = life; }
    [[nodiscard]] trace::Task life() const { return m_life; }

    /// For lists of tasks.
    Task *next = nullptr;

private:
    using Act = trace::TaskState (*)(Task &task, Action action) noexcept;

    template <typename Work>
    struct Elsewhere
    {
        std::unique_ptr<Work> work;
        trace::TaskState operator()(Action action) { return (*work)(action); }
    };
    template <typename Work>
    static constexpr bool fits = alignof(Work) <= alignof(void *)
                                 && std::is_nothrow_move_constructible_v<Work>;

    explicit Task(Act act)
        : m_act(act)
    {}

    template <typename Work, std::size_t Bytes>
    static Task *place(Work &&work)
    {
        void *block = TaskMemory::take<Bytes>();
        Task *task = new (block) Task(&act<Work, Bytes>);
        new (task + 1) Work(std::move(work));
        return task;
    }
    template <typename Work, std::size_t Bytes>
    static trace::TaskState act(Task &task, Action action) noexcept
    {
        Work &work = *std::launder(reinterpret_cast<Work *>(&task + 1));
        const trace::TaskState state = work(action);
        work.~Work();
        task.~Task();
        TaskMemory::giveBack<Bytes>(&task);
        return state;
    }

    Act m_act;
    trace::Task m_life;
};

static_assert(sizeof(Task) == 24);

} // namespace heddle
