// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/blockingobserver.h>
#include <heddle/core/error.h>
#include <heddle/tasks/executoroptions.h>
#include <heddle/tasks/submission.h>
#include <heddle/tasks/task.h>
#include <heddle/tasks/taskcontrol.h>
#include <heddle/tasks/taskoptions.h>
#include <heddle/trace/object.h>

#include <QFuture>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <vector>

namespace heddle {

class Completion;
class Parker;
class TaskQueue;

/// How a shut-down treats what has not started.
enum class PendingTasks {
    Run,    ///< it runs before the end
    Cancel, ///< it ends at once, as cancelled
};

/// The mechanisms behind the one interface.
enum class ExecutorKind {
    Threads,      ///< dedicated QThreads: ThreadExecutor
    ThreadPool,   ///< a QThreadPool: ThreadPoolExecutor
    Concurrent,   ///< QtConcurrent: ConcurrentExecutor
    EventLoop,    ///< one thread's event loop, reached by queued events: EventLoopExecutor
    WorkStealing, ///< threads that take tasks from each other: WorkStealingExecutor
};

/// What runs tasks.
///
/// post() is fire-and-forget; submit() gives a QFuture with the result or the exception, so it
/// composes with QtConcurrent and QFutureWatcher. Follows concurrent.futures.Executor where Qt has
/// no convention of its own; docs/semantics.md lists the differences.
///
/// Tasks start by priority, and in the order of their submission among equals. A function need
/// only be movable, and may take a std::stop_token as its only parameter.
///
/// Trace: an object of kind executor, and the life of each task: ready when it is submitted, a
/// slice while it runs. The number of tasks ready is the executor's counter.
///
/// Threads: any thread may post, submit and shut down. Cost: one atomic read-modify-write to
/// submit and one to start; a function of up to 32 bytes needs no allocation.
///
/// \code
/// const auto pool = makeExecutor(ExecutorKind::WorkStealing, "decode", 4);
/// QFuture<QImage> image = pool->submit([path] { return QImage(path); });
/// \endcode
class HEDDLE_ENGINE_EXPORT Executor
{
public:
    /// What is told of failures.
    using ErrorHandler = std::function<void(const Executor &, std::exception_ptr)>;

    /// The destructors of all executors run what is pending and wait, unless they say otherwise.
    virtual ~Executor();
    Executor(const Executor &) = delete;
    Executor &operator=(const Executor &) = delete;

    /// Runs \a function some time later. An exception that leaves it goes to the error handler.
    /// Never blocks. \throws ShutDown, Broken
    template <typename Function>
    void post(Function function, const TaskOptions &options = {});

    /// Runs \a function some time later; its result or exception arrives in the future. Cancelling
    /// the future before the start prevents the run; afterwards it raises the std::stop_token that
    /// \a function may take as its only parameter. Never blocks. \throws ShutDown, Broken
    template <typename Function>
    auto submit(Function function, const TaskOptions &options = {});

    /// submit() for each of \a items; the futures are in their order, so that taking the results
    /// one by one throws the first exception. Never blocks. \throws ShutDown, Broken
    template <typename Range, typename Function>
    auto map(const Range &items, Function function, const TaskOptions &options = {});

    /// Waits until \a future is finished. Within a task of this executor, the executor goes on with
    /// other tasks meanwhile, as its BlockedWorkerPolicy says; so a pool of one thread does not
    /// wait for itself. Blocks. \throws Misuse if the policy is Refuse and the future not finished
    template <typename Result>
    void wait(const QFuture<Result> &future)
    {
        waitFor(QFutureInterfaceBase::get(future));
    }
    /// wait(), then the result, which is taken out of \a future if it cannot be copied. Throws
    /// what the task has thrown. \throws Misuse
    template <typename Result>
    Result result(QFuture<Result> future);

    /// Takes no more tasks; runs the pending ones, or cancels them at once. With \a wait, blocks
    /// until all have ended. Harmless when repeated. \throws Misuse from one of its own tasks with
    /// \a wait, which would wait for itself; then nothing has changed.
    void shutDown(PendingTasks pending = PendingTasks::Run, bool wait = true);

    /// How many tasks can run at the same time. Any thread; never blocks.
    [[nodiscard]] virtual int concurrency() const = 0;
    /// Tasks that have been handed over and have not started: a snapshot. One that was stopped or
    /// timed out counts until its turn has come.
    [[nodiscard]] qsizetype pending() const;
    /// Any thread; never blocks.
    [[nodiscard]] QString name() const;
    /// Under which the trace knows it. Any thread; never blocks.
    [[nodiscard]] trace::ObjectId id() const { return m_object.id(); }

    /// What is told of each exception that leaves a posted task, in the task's thread; by default
    /// qWarning(). Empty: the default. What \a handler throws is ignored. Any thread.
    void setErrorHandler(ErrorHandler handler);
    /// Posted tasks that have failed so far. Any thread; never blocks.
    [[nodiscard]] qint64 failureCount() const { return m_failures.load(); }

    /// The executor whose task the calling thread runs, or null. Any thread; never blocks.
    [[nodiscard]] static Executor *current() noexcept;

protected:
    /// Called \a name in the trace and in messages.
    Executor(std::string_view name, const ExecutorOptions &options);

    /// A task has come into the queue: have nextTask() called some time later. Any thread.
    virtual void taskArrived() = 0;
    /// Nothing more will come. With \a wait, return when all has been run. Called repeatedly.
    virtual void finishTasks(bool wait) = 0;
    /// The next task to run in the calling thread, or null.
    virtual Task *nextTask() { return takeTask(); }
    /// Takes a child of a group that was made in a worker; false: it goes into the queue.
    virtual bool pushOwn(Task *task);
    /// Returns when \a completion is complete. Runs tasks meanwhile if called in a worker.
    virtual void helpUntil(Completion &completion);
    /// Waits in a worker for \a future, which anybody may finish.
    virtual void waitInWorker(QFutureInterfaceBase &future);
    /// Whether the calling thread is one that runs this executor's tasks.
    [[nodiscard]] virtual bool isOwnThread() const noexcept { return isInTask(); }
    /// Whether another task would be started at once: a hint for those who can split their work.
    [[nodiscard]] virtual bool wantsTasks() const;
    /// A worker is about to block, and goes on. Called in pairs, in its thread.
    virtual void workerBlocks() noexcept;
    /// The worker goes on.
    virtual void workerUnblocked() noexcept;

    /// Whether the calling thread may run one more task on top of those that it runs.
    [[nodiscard]] static bool canHelp() noexcept;
    /// Runs \a task on top of the one that the calling worker runs.
    void helpBy(Task *task) noexcept;
    /// The same with the next task; false if there is none.
    bool help() noexcept;
    /// The next task in the queue, or null.
    Task *takeTask();
    /// False only if no task is in the queue or about to come in.
    [[nodiscard]] bool mayHaveTasks() const;
    /// Runs \a task in the calling thread, which may be anybody's, as one of this executor's.
    void runTask(Task *task) noexcept;
    /// Makes the calling thread one of this executor's for good: its tasks need only be run().
    void adoptThread() noexcept;
    /// Runs the initialiser if the calling thread has not; false when the executor is broken.
    bool initialiseThread() noexcept;
    /// Whether the calling thread runs a task of this executor.
    [[nodiscard]] bool isInTask() const noexcept { return current() == this; }
    /// For the destructors of executors: shutDown(), which must not fail there.
    void shutDownAtEnd() noexcept;
    /// Sleeps until \a completion is complete, or perhaps until a task comes into the queue.
    void sleepUntil(Completion &completion, bool orTaskComes);
    /// Sleeps until \a future is finished.
    void sleepUntilFinished(QFutureInterfaceBase &future) const;
    /// As they were given.
    [[nodiscard]] const ExecutorOptions &options() const { return m_options; }
    /// The executor in the trace.
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    friend class BlockingScope;
    friend class Group;
    template <typename Function>
    friend class PostedTask;
    friend class ParallelLoop;
    class Observer;

    void enqueue(Task *task, const TaskOptions &options);
    void enqueue(std::shared_ptr<TaskControl> control, const TaskOptions &options);
    template <typename Function>
    static auto withStop(Function &&function, std::stop_token stop)
    {
        return [function = std::move(function), stop = std::move(stop)]() mutable {
            return function(stop);
        };
    }
    bool push(Task *task, Priority priority);
    void spawn(Task *task);
    void waitFor(QFutureInterfaceBase future);
    void reportFailure(std::exception_ptr failure) noexcept;
    void breakDown(const std::exception_ptr &cause) noexcept;
    void dropPending(Task::Action why) noexcept;
    [[noreturn]] void refuse() const;
    void wakeHelpers() noexcept;

    trace::Object m_object;
    const ExecutorOptions m_options;
    const quint64 m_serial; ///< of no other executor ever
    const std::unique_ptr<TaskQueue> m_queue;
    const std::unique_ptr<Observer> m_observer;
    std::atomic<int> m_helperCount{0};
    std::atomic<bool> m_isBroken{false};
    std::atomic<qint64> m_failures{0};
    mutable std::mutex m_mutex; ///< for what follows
    QString m_whyBroken;
    std::shared_ptr<const ErrorHandler> m_errorHandler;
    std::vector<Parker *> m_helpers;
};

/// Makes an executor of \a kind called \a name with room for \a threads tasks at a time (an event
/// loop has one).
HEDDLE_ENGINE_EXPORT std::unique_ptr<Executor> makeExecutor(ExecutorKind kind,
                                                            std::string_view name, int threads);
/// The same with all \a options.
HEDDLE_ENGINE_EXPORT std::unique_ptr<Executor>
makeExecutor(ExecutorKind kind, std::string_view name, const ExecutorOptions &options);

/// What post() makes of a function.
template <typename Function>
class PostedTask
{
public:
    /// \a executor hears of a failure.
    PostedTask(Executor *executor, Function function)
        : m_executor(executor)
        , m_function(std::move(function))
    {}
    /// Runs the function, or does nothing.
    trace::TaskState operator()(Task::Action action) noexcept
    {
        if (action != Task::Action::Run)
            return trace::TaskState::Cancelled;
        try {
            m_function();
            return trace::TaskState::Finished;
        } catch (const Stopped &) {
            return trace::TaskState::Cancelled;
        } catch (const Cancelled &) {
            return trace::TaskState::Cancelled;
        } catch (...) {
            m_executor->reportFailure(std::current_exception());
            return trace::TaskState::Failed;
        }
    }

private:
    Executor *m_executor;
    Function m_function;
};

template <typename Function>
void Executor::post(Function function, const TaskOptions &options)
{
    if constexpr (std::is_invocable_v<Function &, std::stop_token>) {
        auto control = TaskControl::make(options, [&](std::stop_token stop) {
            return PostedTask(this, withStop(std::move(function), std::move(stop)));
        });
        enqueue(std::move(control), options);
    } else if (options.needControl()) {
        auto control = TaskControl::make(options, [&](const std::stop_token &) {
            return PostedTask<Function>(this, std::move(function));
        });
        enqueue(std::move(control), options);
    } else {
        enqueue(Task::make(PostedTask<Function>(this, std::move(function))), options);
    }
}

template <typename Function>
auto Executor::submit(Function function, const TaskOptions &options)
{
    if constexpr (std::is_invocable_v<Function &, std::stop_token>) {
        using Result = std::invoke_result_t<Function &, std::stop_token>;
        QFuture<Result> future;
        auto control = TaskControl::make(options, [&](std::stop_token stop) {
            Submission submission(withStop(std::move(function), std::move(stop)));
            future = submission.future();
            return submission;
        });
        control->follow(QFuture<void>(future));
        enqueue(std::move(control), options);
        return future;
    } else {
        Submission<Function> submission(std::move(function));
        auto future = submission.future();
        if (options.needControl()) {
            enqueue(TaskControl::make(
                            options,
                            [&](const std::stop_token &) { return std::move(submission); }),
                    options);
        } else {
            enqueue(Task::make(std::move(submission)), options);
        }
        return future;
    }
}

template <typename Range, typename Function>
auto Executor::map(const Range &items, Function function, const TaskOptions &options)
{
    using Item = std::decay_t<decltype(*std::begin(items))>;
    std::vector<QFuture<std::invoke_result_t<Function, const Item &>>> futures;
    for (const Item &item : items)
        futures.push_back(submit([function, item] { return function(item); }, options));
    return futures;
}

template <typename Result>
Result Executor::result(QFuture<Result> future)
{
    wait(future);
    if constexpr (std::is_void_v<Result>)
        future.waitForFinished(); // throws
    else if constexpr (std::is_copy_constructible_v<Result>)
        return future.result();
    else
        return future.takeResult();
}

} // namespace heddle
