// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/eventloop.h>

#include <array>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace heddle {

/// A task for what is to run beside others: a coroutine, or a task already.
template <typename T>
CoroutineTask<T> toTask(Coroutine<T> coroutine)
{
    return createTask(std::move(coroutine));
}
/// A task is one already.
template <typename T>
CoroutineTask<T> toTask(CoroutineTask<T> task)
{
    return task;
}

/// Awaits several tasks; what the awaiters of gather() have in common.
class HEDDLE_ENGINE_EXPORT GatherAwaiter : public Suspension
{
public:
    [[nodiscard]] bool await_ready();
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendUntilEnd(point);
    }

protected:
    /// Whether exceptions are left in their tasks.
    enum class Exceptions { Throw, Carry };

    GatherAwaiter(std::size_t count, Exceptions exceptions);
    ~GatherAwaiter() override;
    void setTask(std::size_t index, CoroutineTaskState &task)
    {
        m_children[index].set(*this, task);
    }
    /// \throws the first exception; Cancelled
    void checkAll();
    /// To be called by the destructors of what derives from this, which have the tasks.
    void abandon() noexcept override;

private:
    class Child final : private TaskWaiter
    {
    public:
        Child() = default;
        ~Child() override = default;
        void set(GatherAwaiter &gather, CoroutineTaskState &state)
        {
            m_gather = &gather;
            m_state = &state;
        }
        void link() { m_state->add(*this); }
        void unlink() { m_state->remove(*this); }
        [[nodiscard]] CoroutineTaskState &state() const { return *m_state; }

    private:
        void taskEnded(CoroutineTaskState &task) override { m_gather->childEnded(task); }

        GatherAwaiter *m_gather = nullptr;
        CoroutineTaskState *m_state = nullptr;
    };

    void suspendUntilEnd(std::coroutine_handle<> point);
    void childEnded(CoroutineTaskState &task);
    /// Takes note of a task that has ended: whether the awaiter is to be told at once.
    bool isDecisive(CoroutineTaskState &task);
    CoroutineTaskState *cancelled() override;
    [[nodiscard]] std::span<Child> children() { return {m_children.get(), m_count}; }

    std::unique_ptr<Child[]> m_children;
    std::size_t m_count;
    std::size_t m_left = 0;
    std::exception_ptr m_error;
    bool m_carries;
    bool m_isCancelRequested = false;
};

/// How the result of a task of T stands in a tuple.
template <typename T>
using Gathered = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// The result of a task that has ended: moved if nobody else has a handle, or it cannot be copied.
template <typename T>
Gathered<T> gatheredResult(const CoroutineTask<T> &task)
{
    if constexpr (std::is_void_v<T>) {
        task.result();
        return {};
    } else {
        if constexpr (std::copy_constructible<T> || std::is_reference_v<T>) {
            if (!task.state()->isOnlyReference())
                return task.result();
        }
        task.state()->setExceptionTaken();
        return task.state()->result().take();
    }
}

/// Awaits tasks of different types.
template <bool Carry, typename... T>
class GatherTupleAwaiter final : public GatherAwaiter
{
public:
    explicit GatherTupleAwaiter(CoroutineTask<T>... tasks)
        : GatherAwaiter(sizeof...(T), Carry ? Exceptions::Carry : Exceptions::Throw)
        , m_tasks(std::move(tasks)...)
    {
        std::apply(
                [this](auto &...task) {
                    std::size_t index = 0;
                    (setTask(index++, *task.state()), ...);
                },
                m_tasks);
    }
    ~GatherTupleAwaiter() override { abandon(); }

    auto await_resume()
    {
        checkAll();
        if constexpr (Carry)
            return std::move(m_tasks);
        else
            return std::apply(
                    [](auto &...task) {
                        return std::tuple<Gathered<T>...>(gatheredResult(task)...);
                    },
                    m_tasks);
    }

private:
    std::tuple<CoroutineTask<T>...> m_tasks;
};

/// Awaits any number of tasks of one type.
template <bool Carry, typename T>
class GatherVectorAwaiter final : public GatherAwaiter
{
public:
    explicit GatherVectorAwaiter(std::vector<CoroutineTask<T>> tasks)
        : GatherAwaiter(tasks.size(), Carry ? Exceptions::Carry : Exceptions::Throw)
        , m_tasks(std::move(tasks))
    {
        for (std::size_t index = 0; index < m_tasks.size(); ++index)
            setTask(index, *m_tasks[index].state());
    }
    ~GatherVectorAwaiter() override { abandon(); }

    auto await_resume()
    {
        checkAll();
        if constexpr (Carry) {
            return std::move(m_tasks);
        } else if constexpr (!std::is_void_v<T>) {
            std::vector<T> results;
            results.reserve(m_tasks.size());
            for (const CoroutineTask<T> &task : m_tasks)
                results.push_back(gatheredResult(task));
            return results;
        }
    }

private:
    std::vector<CoroutineTask<T>> m_tasks;
};

/// Each as a task of the loop whose turn it is.
template <template <typename> class Kind, typename T>
std::vector<CoroutineTask<T>> toTasks(std::vector<Kind<T>> what)
{
    std::vector<CoroutineTask<T>> tasks;
    tasks.reserve(what.size());
    for (Kind<T> &one : what)
        tasks.push_back(toTask(std::move(one)));
    return tasks;
}

/// co_await gather(a(), b(), task): runs coroutines as tasks, beside each other, from the next turn
/// on, and gives a tuple of their results in the order of the arguments (std::monostate for void).
///
/// As asyncio.gather: the first exception, or cancellation of a task, goes to the awaiter at once;
/// the other tasks go on, and their exceptions count as taken. Cancelling the awaiter cancels all
/// of them, and it goes on when all have ended. Other than there, also when one has ended
/// cancelled. In a loop's turn. \throws Misuse outside
template <template <typename> class... Kind, typename... T>
[[nodiscard]] auto gather(Kind<T>... what)
{
    // Braces: from the first to the last.
    return GatherTupleAwaiter<false, T...>{toTask(std::move(what))...};
}
/// The same for any number of one type: a vector of the results, or nothing for void.
template <template <typename> class Kind, typename T>
[[nodiscard]] auto gather(std::vector<Kind<T>> what)
{
    return GatherVectorAwaiter<false, T>(toTasks(std::move(what)));
}

/// gather() that waits for all tasks whatever they end with, and gives the ended tasks themselves,
/// with result(), exception() and isCancelled(): asyncio.gather(…, return_exceptions=True).
template <template <typename> class... Kind, typename... T>
[[nodiscard]] auto gatherWithExceptions(Kind<T>... what)
{
    return GatherTupleAwaiter<true, T...>{toTask(std::move(what))...};
}
/// The same for any number of one type.
template <template <typename> class Kind, typename T>
[[nodiscard]] auto gatherWithExceptions(std::vector<Kind<T>> what)
{
    return GatherVectorAwaiter<true, T>(toTasks(std::move(what)));
}

} // namespace heddle
