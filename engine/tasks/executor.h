// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/trace/flow.h>
#include <heddle/trace/object.h>

#include <QFuture>
#include <QPromise>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <vector>

namespace heddle {

/// How a shut-down treats what has not started.
enum class PendingTasks { Run, Cancel };

/// The mechanisms behind the one interface.
enum class ExecutorKind {
    Threads,    ///< dedicated QThreads: ThreadExecutor
    ThreadPool, ///< a QThreadPool: ThreadPoolExecutor
    Concurrent, ///< QtConcurrent: ConcurrentExecutor
    EventLoop,  ///< one thread's event loop, reached by queued calls: EventLoopExecutor
};

/// What runs tasks.
///
/// post() is fire-and-forget; submit() gives a QFuture with the result or the exception, so it
/// composes with QtConcurrent and QFutureWatcher. Follows concurrent.futures.Executor where Qt has
/// no convention of its own; docs/semantics.md lists the differences.
///
/// Trace: an object of kind executor whose counter is the number of tasks not yet started, a flow
/// per task from submission to run, the task's states, and a slice while it runs.
///
/// Threads: any thread may post, submit and shut down.
class HEDDLE_ENGINE_EXPORT Executor
{
public:
    virtual ~Executor();
    Executor(const Executor &) = delete;
    Executor &operator=(const Executor &) = delete;

    /// Runs \a task some time later. An exception that leaves it is reported with qWarning().
    /// Never blocks. \throws ShutDown
    void post(std::function<void()> task);

    /// Runs \a function some time later; its result or exception arrives in the future. Cancelling
    /// the future before the start prevents the run; afterwards it raises the std::stop_token that
    /// \a function may take as its only parameter. Never blocks. \throws ShutDown
    template <typename Function>
    auto submit(Function function);

    /// submit() for each of \a items; the futures are in their order, so that taking the results
    /// one by one throws the first exception. Never blocks. \throws ShutDown
    template <typename Range, typename Function>
    auto map(const Range &items, Function function);

    /// Takes no more tasks; runs the pending ones, or cancels them at once. With \a wait, blocks
    /// until all have ended. Harmless when repeated. Not from one of its own tasks with \a wait.
    void shutDown(PendingTasks pending = PendingTasks::Run, bool wait = true);

    /// How many tasks can run at the same time. Any thread; never blocks.
    [[nodiscard]] virtual int concurrency() const = 0;
    /// Tasks that have been handed over and have not started: a snapshot.
    [[nodiscard]] qsizetype pending() const { return m_pending.load(); }
    [[nodiscard]] QString name() const;

protected:
    enum class Outcome { Finished, Failed, Cancelled };
    struct PendingTask;
    /// A task that has been handed over.
    using Task = std::list<PendingTask>::iterator;
    explicit Executor(std::string_view name);

    /// Has \a task run by runTask() once, some time later. Called one at a time.
    virtual void dispatch(Task task) = 0;
    /// Nothing more will be dispatched. With \a wait, return when all has been run.
    virtual void finishTasks(bool wait) = 0;
    /// Runs a task in the calling thread, unless it was cancelled, and destroys it.
    void runTask(Task task) noexcept;

private:
    void enqueue(std::function<Outcome()> run, std::function<void()> cancel);
    void countPending(qsizetype change);
    void cancelPending();
    /// Requests \a stop when \a future is cancelled, for as long as it is not finished.
    static void stopWhenCancelled(const QFuture<void> &future, std::stop_source stop);

    trace::Object m_object;
    std::mutex m_gate; ///< nothing is dispatched after the shut-down
    bool m_shutDown = false;
    std::mutex m_handingOver; ///< a task is run or cancelled; the counter tells in which order
    std::list<PendingTask> m_tasks; ///< what runTask() will be called for
    std::atomic<qsizetype> m_pending{0};
};

struct Executor::PendingTask
{
    std::function<Outcome()> run;
    std::function<void()> cancel; ///< may be empty
    trace::Flow flow;
    bool isCancelled = false; ///< has nothing left to run
};

/// Makes an executor of \a kind called \a name with room for \a threads tasks at a time (an event
/// loop has one).
HEDDLE_ENGINE_EXPORT std::unique_ptr<Executor> makeExecutor(ExecutorKind kind,
                                                            std::string_view name, int threads);

template <typename Function>
auto Executor::submit(Function function)
{
    constexpr bool takesStop = std::is_invocable_v<Function, std::stop_token>;
    using Result =
            typename std::conditional_t<takesStop, std::invoke_result<Function, std::stop_token>,
                                        std::invoke_result<Function>>::type;
    auto promise = std::make_shared<QPromise<Result>>();
    // Before anyone can ask for the result: a future that has not started does not wait for one.
    promise->start();
    const QFuture<Result> future = promise->future();
    std::stop_source stop(std::nostopstate);
    if constexpr (takesStop) {
        stop = std::stop_source();
        stopWhenCancelled(QFuture<void>(future), stop);
    }
    const auto run = [promise, stop, function = std::move(function)]() mutable {
        Outcome outcome = Outcome::Finished;
        if (promise->isCanceled()) {
            outcome = Outcome::Cancelled;
        } else {
            const auto call = [&]() -> Result {
                if constexpr (takesStop)
                    return function(stop.get_token());
                else
                    return function();
            };
            try {
                if constexpr (std::is_void_v<Result>)
                    call();
                else
                    promise->addResult(call());
            } catch (const Stopped &) {
                promise->future().cancel();
                outcome = Outcome::Cancelled;
            } catch (...) {
                promise->setException(std::current_exception());
                outcome = Outcome::Failed;
            }
        }
        promise->finish();
        return outcome;
    };
    const auto cancel = [promise] {
        promise->future().cancel();
        promise->finish();
    };
    enqueue(run, cancel);
    return future;
}

template <typename Range, typename Function>
auto Executor::map(const Range &items, Function function)
{
    using Item = std::decay_t<decltype(*std::begin(items))>;
    std::vector<QFuture<std::invoke_result_t<Function, const Item &>>> futures;
    for (const Item &item : items)
        futures.push_back(submit([function, item] { return function(item); }));
    return futures;
}

} // namespace heddle
