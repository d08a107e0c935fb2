// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/coroutines/coroutinetask.h>
#include <heddle/coroutines/inbox.h>
#include <heddle/coroutines/loopcall.h>
#include <heddle/coroutines/looptimer.h>
#include <heddle/trace/object.h>

#include <QFuture>
#include <QPromise>

#include <atomic>
#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

class DescriptorWatch;

/// What runs coroutines: one thread's loop, as asyncio's event loop (docs.python.org, 3.13).
///
/// It goes in turns. A turn collects what other threads handed in and the timers that are due, and
/// then runs what is ready, first in, first out; what becomes ready meanwhile has its turn in the
/// next one. Timers become ready by due time, those of one instant in the order of their start.
///
/// Two carriers: StandaloneLoop needs no other loop; QtEventLoop runs on the Qt event loop of the
/// thread that makes it. docs/semantics.md lists the differences to asyncio.
///
/// A loop that ends destroys the coroutines that have not: their local variables end, they see no
/// exception, and each is reported (CoroutineReport::StillPending). cancelAll() before that lets
/// them clean up.
///
/// Trace: an object of kind executor whose tasks have tracks of their own.
///
/// Threads: made, used and destroyed in one thread, its own, except the functions whose names say
/// otherwise; the others throw Misuse in another thread. A step that takes longer than
/// slowStep() is reported with its coroutine's name (CoroutineReport::SlowStep).
class HEDDLE_ENGINE_EXPORT EventLoop
{
public:
    /// Of all due times.
    using Clock = std::chrono::steady_clock;

    virtual ~EventLoop();
    EventLoop(const EventLoop &) = delete;
    EventLoop &operator=(const EventLoop &) = delete;

    /// The loop whose turn the calling thread is in; else null. Any thread.
    [[nodiscard]] static EventLoop *current() noexcept { return CoroutineStep::current().loop; }
    /// The same. \throws Misuse naming \a call when there is none
    [[nodiscard]] static EventLoop &running(const char *call);

    /// Runs \a coroutine beside others; its first step comes in the next turn. The timeline shows
    /// \a name, or the coroutine's function when it is empty. Never blocks. \throws Misuse
    template <typename T>
    CoroutineTask<T> createTask(Coroutine<T> coroutine, std::string_view name = {})
    {
        checkThread("EventLoop::createTask");
        checkCoroutine(static_cast<bool>(coroutine), "EventLoop::createTask");
        const auto handle = coroutine.release();
        auto *task = new CoroutineTaskStateOf<T>(*this, handle, name);
        start(*task);
        return CoroutineTask<T>(task);
    }

    /// Calls \a function in the next turn. An exception that leaves it is reported. Never blocks.
    /// \throws Misuse
    template <std::invocable Function>
    ScheduledCall callSoon(Function function)
    {
        checkThread("EventLoop::callSoon");
        auto *call = new LoopCallOf<Function>(*this, std::move(function));
        ScheduledCall handle(*call);
        makeReady(*call);
        return handle;
    }
    /// Calls it when \a delay has passed; a negative one is none.
    template <std::invocable Function>
    ScheduledCall callLater(std::chrono::nanoseconds delay, Function function)
    {
        return callAt(dueAfter(delay), std::move(function));
    }
    /// Calls it at \a due.
    template <std::invocable Function>
    ScheduledCall callAt(Clock::time_point due, Function function)
    {
        checkThread("EventLoop::callAt");
        auto *call = new LoopCallOf<Function>(*this, std::move(function));
        ScheduledCall handle(*call);
        startTimer(*call, due);
        return handle;
    }
    /// Calls it in a turn soon. Any thread; never blocks. The loop must exist until this returns.
    template <std::invocable Function>
    void callSoonThreadSafe(Function function)
    {
        makeReadyFromAnyThread(*new LoopCallOf<Function>(*this, std::move(function)));
    }
    /// \throws Misuse naming \a call when the calling thread is in a loop's turn: loops do not nest
    static void checkNoneRuns(const char *call);
    /// Runs \a coroutine as a task; the future has its result or exception, or is cancelled when
    /// the task or the loop was. Any thread; never blocks.
    template <typename T>
    QFuture<T> runThreadSafe(Coroutine<T> coroutine, std::string_view name = {});

    /// Runs the loop until \a coroutine, as a task called \a name, has ended, and returns its
    /// result. Blocks. \throws its exception; Misuse
    template <typename T>
    T runUntilComplete(Coroutine<T> coroutine, std::string_view name = {})
    {
        const CoroutineTask<T> task = createTask(std::move(coroutine), name);
        runUntilDone(*task.state());
        task.state()->setExceptionTaken();
        return task.state()->result().take();
    }
    /// The same for a task; others may have handles, so its result stays.
    template <typename T>
    typename CoroutineResult<T>::View runUntilComplete(const CoroutineTask<T> &task)
    {
        runUntilDone(*task.state());
        return task.result();
    }

    /// Requests the cancellation of all tasks. Never blocks. \throws Misuse
    void cancelAll();
    /// cancelAll(), and runs until no task is left. Blocks. \throws Misuse
    void cancelAllAndWait();

    /// Tasks that have not ended.
    [[nodiscard]] std::size_t taskCount() const { return m_taskCount; }
    /// Whether this is the loop's own thread. Any thread.
    [[nodiscard]] bool isOwnThread() const noexcept
    {
        return m_thread == &CoroutineStep::current();
    }
    /// How long a step may take without being reported: 100 ms at first, as asyncio has it; 0:
    /// whatever it takes. Measured with a coarse clock, so to some milliseconds.
    [[nodiscard]] std::chrono::nanoseconds slowStep() const { return m_slowStep; }
    /// Changes that.
    void setSlowStep(std::chrono::nanoseconds limit) { m_slowStep = limit; }
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

    // For awaiters.

    /// \a item runs in the next turn. Own thread.
    void makeReady(ReadyItem &item)
    {
        m_ready.push(item);
        if (!m_isInTurn)
            turnNeeded();
    }
    /// The same from any thread. \a item may have run, and be gone, before this returns.
    void makeReadyFromAnyThread(ReadyItem &item) noexcept;
    /// Own thread.
    void startTimer(LoopTimer &timer, Clock::time_point due)
    {
        m_timers.add(timer, due);
        if (!m_isInTurn)
            turnNeeded();
    }
    /// Harmless when it does not run. Own thread.
    void stopTimer(LoopTimer &timer) noexcept { m_timers.remove(timer); }
    /// now + \a delay; negative is none, and what does not fit is the end of time.
    [[nodiscard]] static Clock::time_point dueAfter(std::chrono::nanoseconds delay);
    /// Has \a watch told once, and no longer, when its descriptor is ready. Own thread. \throws
    /// Misuse when there is one for this descriptor and direction
    void watch(DescriptorWatch &watch);
    /// Harmless when it was told.
    void unwatch(DescriptorWatch &watch) noexcept;
    /// The object in whose thread this runs on Qt's event loop; null on a stand-alone loop.
    [[nodiscard]] virtual QObject *context() const { return nullptr; }
    /// \throws Misuse in another thread
    void checkThread(const char *call) const
    {
        if (!isOwnThread()) [[unlikely]]
            throwWrongThread(call);
    }

protected:
    /// For carriers.
    explicit EventLoop(std::string_view name);

    /// Destroys what has not ended. First of all in the destructor of a carrier.
    void endTasks() noexcept;
    /// Takes one turn; afterwards hasReady() tells whether another is due at once.
    void takeTurn() noexcept;
    /// Whether the next turn has something to do.
    [[nodiscard]] bool hasReady() const { return !m_ready.isEmpty(); }
    /// Whether a turn is being taken.
    [[nodiscard]] bool isInTurn() const { return m_isInTurn; }
    /// What other threads hand in.
    [[nodiscard]] Inbox &inbox() { return m_inbox; }
    /// When the first timer is due, if any runs.
    [[nodiscard]] std::optional<Clock::time_point> nextDue() const { return m_timers.nextDue(); }
    /// What is watched.
    [[nodiscard]] const std::vector<DescriptorWatch *> &watches() const { return m_watches; }
    /// \a watch is told, and no longer watched.
    void tell(DescriptorWatch &watch);

    /// Something is ready, or a timer was started, and no turn is being taken. Own thread.
    virtual void turnNeeded() = 0;
    /// The inbox was asleep, and has something now. Any thread.
    virtual void wakeUp() noexcept = 0;
    /// Runs the loop until \a isOver() is true, asked after each turn.
    virtual void runUntil(const std::function<bool()> &isOver) = 0;
    /// \a watch is to be watched from now on.
    virtual void watchBegun(DescriptorWatch &watch) = 0;
    /// It is no longer.
    virtual void watchEnded(DescriptorWatch &watch) noexcept = 0;

private:
    friend class CoroutineTaskState;
    friend class LoopCall;
    friend class Suspension;

    void runUntilDone(const CoroutineTaskState &task);
    void start(CoroutineTaskState &task);
    void forget(CoroutineTaskState &task) noexcept;
    void checkCoroutine(bool isThere, const char *call) const
    {
        if (!isThere) [[unlikely]]
            throwNoCoroutine(call);
    }
    [[noreturn]] void throwNoCoroutine(const char *call) const;
    [[noreturn]] void throwWrongThread(const char *call) const;
    /// Lets go of what has arrived, at the loop's end.
    void dropReady() noexcept;
    void runTimers(Clock::time_point now) noexcept;
    /// How long the loop has been held since this was asked last; 0 unless that is too long.
    [[nodiscard]] std::chrono::nanoseconds heldTooLong() noexcept;

    trace::Object m_object;
    const void *const m_thread; ///< an address that only this thread has
    ReadyQueue m_ready;
    Inbox m_inbox;
    TimerHeap m_timers;
    CoroutineTaskState *m_firstTask = nullptr;
    std::size_t m_taskCount = 0;
    std::vector<DescriptorWatch *> m_watches;
    std::chrono::nanoseconds m_slowStep{std::chrono::milliseconds(100)};
    std::chrono::nanoseconds m_stepBegin{0};
    std::atomic<int> m_handingIn{0}; ///< threads in makeReadyFromAnyThread()
    bool m_isInTurn = false;
    bool m_isEnding = false;
};

/// Runs \a coroutine beside the current one, in its loop: EventLoop::createTask().
template <typename T>
CoroutineTask<T> createTask(Coroutine<T> coroutine, std::string_view name = {})
{
    return EventLoop::running("createTask").createTask(std::move(coroutine), name);
}

/// The coroutine behind EventLoop::runThreadSafe().
template <typename T>
Coroutine<> fulfil(Coroutine<T> coroutine, QPromise<T> promise)
{
    try {
        if constexpr (std::is_void_v<T>)
            co_await std::move(coroutine);
        else
            promise.addResult(co_await std::move(coroutine));
    } catch (const Cancelled &) {
        promise.future().cancel();
    } catch (...) {
        promise.setException(std::current_exception());
    }
    promise.finish();
}

template <typename T>
QFuture<T> EventLoop::runThreadSafe(Coroutine<T> coroutine, std::string_view name)
{
    checkCoroutine(static_cast<bool>(coroutine), "EventLoop::runThreadSafe");
    QPromise<T> promise;
    promise.start();
    const QFuture<T> future = promise.future();
    callSoonThreadSafe([this, coroutine = std::move(coroutine), promise = std::move(promise),
                        name = std::string(name)]() mutable {
        createTask(fulfil(std::move(coroutine), std::move(promise)), name);
    });
    return future;
}

} // namespace heddle
