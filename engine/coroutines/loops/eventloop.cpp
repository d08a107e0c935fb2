// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/eventloop.h>

#include <heddle/core/error.h>
#include <heddle/core/futex.h>
#include <heddle/coroutines/descriptorwatch.h>

#include <QThread>

#include <algorithm>
#include <ctime>
#include <utility>

namespace heddle {

namespace {

// Asked at each step: the clock that costs least, to some milliseconds.
std::chrono::nanoseconds coarseNow() noexcept
{
#ifdef CLOCK_MONOTONIC_COARSE
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
#else
    return EventLoop::Clock::now().time_since_epoch();
#endif
}

} // namespace

EventLoop::EventLoop(std::string_view name)
    : m_object(trace::ObjectKind::Executor, name)
    , m_thread(&CoroutineStep::current())
{}

EventLoop::~EventLoop()
{
    Q_ASSERT_X(!m_firstTask, "heddle::EventLoop", "the carrier has not ended the tasks");
}

EventLoop &EventLoop::running(const char *call)
{
    if (EventLoop *loop = current())
        return *loop;
    throw Misuse(
            QStringLiteral("%1() was called outside of a loop's turn").arg(QLatin1String(call)),
            QStringLiteral("heddle::EventLoop"),
            QStringLiteral("Call it in a coroutine that a loop runs, or use the loop's own "
                           "functions"));
}

void EventLoop::checkNoneRuns(const char *call)
{
    if (const EventLoop *loop = current()) {
        throw Misuse(QStringLiteral("%1() was called in a turn of a loop").arg(QLatin1String(call)),
                     loop->name(), QStringLiteral("Use co_await in coroutines"));
    }
}

EventLoop::Clock::time_point EventLoop::dueAfter(std::chrono::nanoseconds delay)
{
    const Clock::time_point now = Clock::now();
    if (delay <= std::chrono::nanoseconds::zero())
        return now;
    return delay > Clock::time_point::max() - now ? Clock::time_point::max() : now + delay;
}

void EventLoop::makeReadyFromAnyThread(ReadyItem &item) noexcept
{
    // The destructor waits until nobody is in here. Pairs with endTasks().
    m_handingIn.fetch_add(1, std::memory_order_relaxed);
    if (m_inbox.push(item))
        wakeUp();
    m_handingIn.fetch_sub(1, std::memory_order_release);
}

void EventLoop::start(CoroutineTaskState &task)
{
    task.m_next = m_firstTask;
    if (m_firstTask)
        m_firstTask->m_previous = &task;
    m_firstTask = &task;
    ++m_taskCount;
    if (trace::ThreadWriter::isRecording()) [[unlikely]] {
        task.m_life = trace::Task::coroutine(m_object.id(), task.traceName());
        task.m_life.ready();
    }
    makeReady(task);
}

void EventLoop::forget(CoroutineTaskState &task) noexcept
{
    (task.m_previous ? task.m_previous->m_next : m_firstTask) = task.m_next;
    if (task.m_next)
        task.m_next->m_previous = task.m_previous;
    --m_taskCount;
}

void EventLoop::takeTurn() noexcept
{
    CoroutineStep &step = CoroutineStep::current();
    const CoroutineStep outer = std::exchange(step, CoroutineStep());
    step.loop = this;
    const bool wasInTurn = std::exchange(m_isInTurn, true);
    m_inbox.collect(m_ready);
    if (!m_timers.isEmpty())
        runTimers(Clock::now());
    m_stepBegin = coarseNow();
    // A step may open a loop of Qt's, which takes turns too: so what is left is counted.
    for (std::size_t left = m_ready.size(); left > 0; --left) {
        ReadyItem *item = m_ready.pop();
        if (!item)
            break;
        item->run();
    }
    m_isInTurn = wasInTurn;
    step = outer;
}

void EventLoop::runTimers(Clock::time_point now) noexcept
{
    while (TimerHeap::Entry *entry = m_timers.takeDue(now))
        static_cast<LoopTimer *>(entry)->due();
}

std::chrono::nanoseconds EventLoop::heldTooLong() noexcept
{
    if (m_slowStep.count() == 0)
        return std::chrono::nanoseconds::zero();
    const std::chrono::nanoseconds now = coarseNow();
    const std::chrono::nanoseconds held = now - std::exchange(m_stepBegin, now);
    return held >= m_slowStep ? held : std::chrono::nanoseconds::zero();
}

void EventLoop::runUntilDone(const CoroutineTaskState &task)
{
    checkThread("EventLoop::runUntilComplete");
    task.checkLoop("EventLoop::runUntilComplete");
    runUntil([&task] { return task.isDone(); });
    if (!task.isDone()) {
        throw Misuse(QStringLiteral("The loop was stopped before the task %1 had ended")
                             .arg(task.name()),
                     name(), QStringLiteral("Stop it after the task"));
    }
}

void EventLoop::cancelAll()
{
    checkThread("EventLoop::cancelAll");
    // The oldest first. What they cancel in turn are tasks of this list too.
    std::vector<CoroutineTaskState *> tasks;
    tasks.reserve(m_taskCount);
    for (CoroutineTaskState *task = m_firstTask; task; task = task->m_next)
        tasks.push_back(task);
    for (auto task = tasks.rbegin(); task != tasks.rend(); ++task)
        (*task)->cancel();
}

void EventLoop::cancelAllAndWait()
{
    cancelAll();
    if (m_firstTask)
        runUntil([this] { return m_firstTask == nullptr; });
}

void EventLoop::endTasks() noexcept
{
    Q_ASSERT_X(isOwnThread(), "heddle::EventLoop", "destroyed in another thread");
    Q_ASSERT_X(!m_isInTurn, "heddle::EventLoop", "destroyed in its own turn");
    m_isEnding = true;
    dropReady();
    // The youngest first. Their destructors may start others.
    while (m_firstTask) {
        CoroutineTaskState *task = m_firstTask;
        task->abandon();
        dropReady();
    }
    // Whoever hands in just now may still be about to wake the loop.
    while (m_handingIn.load(std::memory_order_acquire) != 0) // pairs with makeReadyFromAnyThread()
        QThread::yieldCurrentThread();
    dropReady();
    runTimers(Clock::time_point::max()); // calls that nobody made
    dropReady();
}

void EventLoop::dropReady() noexcept
{
    m_inbox.collect(m_ready);
    while (ReadyItem *item = m_ready.pop())
        item->drop();
}

void EventLoop::watch(DescriptorWatch &watch)
{
    const bool isTaken = std::ranges::any_of(m_watches, [&watch](const DescriptorWatch *other) {
        return other->descriptor() == watch.descriptor() && other->direction() == watch.direction();
    });
    if (isTaken) {
        throw Misuse(
                QStringLiteral("Somebody waits for descriptor %1 already").arg(watch.descriptor()),
                name(), QStringLiteral("Let one coroutine wait for it"));
    }
    m_watches.push_back(&watch);
    watchBegun(watch);
}

void EventLoop::unwatch(DescriptorWatch &watch) noexcept
{
    if (std::erase(m_watches, &watch) > 0)
        watchEnded(watch);
}

void EventLoop::tell(DescriptorWatch &watch)
{
    unwatch(watch);
    watch.descriptorReady();
}

void EventLoop::throwNoCoroutine(const char *call) const
{
    throw Misuse(QStringLiteral("%1(): there is no coroutine").arg(QLatin1String(call)), name(),
                 QStringLiteral("Give one that was neither moved from nor awaited"));
}

void EventLoop::throwWrongThread(const char *call) const
{
    throw Misuse(QStringLiteral("%1() was called in another thread than the loop's")
                         .arg(QLatin1String(call)),
                 name(), QStringLiteral("Use callSoonThreadSafe() or runThreadSafe()"));
}

} // namespace heddle
