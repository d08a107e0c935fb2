// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/tasks/completion.h>
#include <heddle/tasks/executor.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace heddle {

/// Tasks that belong together: whoever starts them waits for all of them before it goes on.
///
/// Structured concurrency, as trio's nursery and Python's asyncio.TaskGroup have it: the group ends
/// with its scope, and no child outlives it. The first failure cancels the other children, those
/// that have not started and, through their stop token, those that run; wait() throws it when all
/// have ended, and failures() has the others. A child that ends by Stopped or Cancelled has obeyed.
///
/// Groups nest: a group that is created within a child is cancelled with the outer one, and the
/// failure that its wait() throws fails that child.
///
/// A worker that waits runs other tasks meanwhile, on top of the one that waits; so they must not
/// wait for something that only this one will do afterwards. Threads: the one that creates a group
/// waits for it and destroys it; run() also from within the children, cancel() and isCancelled()
/// from any. Cost on a WorkStealingExecutor: some ten nanoseconds a child, no allocation for a
/// function of up to 32 bytes.
///
/// \code
/// long fibonacci(Executor &executor, int n)
/// {
///     if (n < 2)
///         return n;
///     long a = 0;
///     Group group(executor);
///     group.run([&] { a = fibonacci(executor, n - 1); });
///     const long b = fibonacci(executor, n - 2);
///     group.wait();
///     return a + b;
/// }
/// \endcode
class HEDDLE_ENGINE_EXPORT Group
{
public:
    /// A group without children, whose children \a executor will run. Never blocks.
    explicit Group(Executor &executor) noexcept
        : m_executor(executor)
        , m_parent(t_current)
        , m_owner(&t_current)
        , m_checked(s_cancellations.load(std::memory_order_relaxed)) // told by lookUp()
    {
        if (m_parent) [[likely]]
            m_isCancelled.store(m_parent->isCancelled(), std::memory_order_relaxed); // not shared
    }
    /// Waits for the children, cancelling them first if an exception is on its way. A failure that
    /// no wait() has thrown goes to the executor's error handler. Blocks.
    ~Group();
    Group(const Group &) = delete;
    Group &operator=(const Group &) = delete;

    /// Starts \a function as a child some time later; it may take a std::stop_token. Does not start
    /// it any more when the group is cancelled. Never blocks. \throws ShutDown, Broken
    template <typename Function>
    void run(Function function);

    /// Waits until no child is left. Then the group can be used again. Cancelled if it was
    /// cancelled by cancel() or with an outer group. Blocks. \throws what the first child to fail
    /// has thrown; Misuse in another thread than that of the constructor
    Outcome wait();

    /// Children that have not started do not start; those that run have their stop token raised.
    /// Any thread; never blocks.
    void cancel();
    /// Any thread; never blocks.
    [[nodiscard]] bool isCancelled() const
    {
        if (m_isCancelled.load(std::memory_order_relaxed)) // of itself it says nothing else
            return true;
        // Most often nothing was cancelled anywhere since the last look. Relaxed: lookUp() orders.
        return s_cancellations.load(std::memory_order_relaxed)
                       != m_checked.load(std::memory_order_relaxed)
               && lookUp();
    }
    /// Raised when the group is cancelled. Any thread; never blocks.
    [[nodiscard]] std::stop_token stopToken() const;
    /// What the children have thrown, in the order of their ends, up to the last wait(). By the
    /// group's thread.
    [[nodiscard]] std::vector<std::exception_ptr> failures() const;
    /// Who runs the children.
    [[nodiscard]] Executor &executor() const { return m_executor; }

private:
    template <typename Function>
    class Child;
    struct Shared;

    void start()
    {
        if (m_owner == &t_current)
            m_completion.startHere();
        else
            m_completion.startElsewhere();
    }
    // The last access of a child's: the group may be gone then.
    void end()
    {
        if (m_owner == &t_current)
            m_completion.endHere();
        else
            m_completion.endElsewhere();
    }
    void fail(std::exception_ptr failure) noexcept;
    [[nodiscard]] bool lookUp() const;
    Shared &shared() const;
    void startAfresh();

    Executor &m_executor;
    Group *const m_parent;
    const void *const m_owner; ///< something that each thread has one of
    Completion m_completion;
    mutable std::atomic<bool> m_isCancelled{false};
    mutable std::atomic<quint32> m_checked; ///< the number of cancellations at the last lookUp()
    mutable std::atomic<Shared *> m_shared{nullptr};

    static std::atomic<quint32> s_cancellations; ///< of any groups
#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    static thread_local constinit Group *t_current; ///< whose child the thread runs
    friend class GroupPause;
};

/// The work of a child.
template <typename Function>
class Group::Child
{
public:
    Child(Group *group, Function &&function)
        : m_ending(group)
        , m_function(std::move(function))
    {}

    trace::TaskState operator()(Task::Action action) noexcept
    {
        Group &group = *m_ending.group;
        if (action == Task::Action::Break) {
            group.fail(std::make_exception_ptr(
                    Broken(QStringLiteral("The executor of the group is broken"), {},
                           QStringLiteral("See what its initialiser has thrown"))));
        }
        if (action != Task::Action::Run || group.isCancelled())
            return trace::TaskState::Cancelled;
        Group *const outer = std::exchange(t_current, &group);
        const trace::TaskState state = call(group);
        t_current = outer;
        return state;
    }

private:
    /// Ends the child when all else of it is destroyed.
    struct Ending
    {
        explicit Ending(Group *group)
            : group(group)
        {}
        Ending(Ending &&other) noexcept
            : group(std::exchange(other.group, nullptr))
        {}
        ~Ending()
        {
            if (group)
                group->end();
        }
        Group *group;
    };

    trace::TaskState call(Group &group) noexcept
    {
        try {
            if constexpr (std::is_invocable_v<Function &, std::stop_token>)
                m_function(group.stopToken());
            else
                m_function();
            return trace::TaskState::Finished;
        } catch (const Stopped &) {
            return trace::TaskState::Cancelled;
        } catch (const Cancelled &) {
            return trace::TaskState::Cancelled;
        } catch (...) {
            group.fail(std::current_exception());
            return trace::TaskState::Failed;
        }
    }

    Ending m_ending; // first, so destroyed last
    Function m_function;
};

template <typename Function>
void Group::run(Function function)
{
    start(); // first: a child that ends at once ends what has started
    Task *task = nullptr;
    {
        // Ends the child if there is no memory for it.
        Child<Function> child(this, std::move(function));
        task = Task::make(std::move(child));
    }
    m_executor.spawn(task);
}

} // namespace heddle
