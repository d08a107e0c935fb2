// SPDX-License-Identifier: Apache-2.0
#include "timercore_p.h"

#include "../executors/postordrop_p.h"

#include <heddle/core/error.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace heddle {

TimerState::TimerState(TimerCore *core, Executor &executor, std::chrono::nanoseconds period)
    : m_core(core)
    , m_executor(&executor)
    , m_period(period)
{}

TimerState::~TimerState() = default;

// Declared before the lock: what a function holds dies without it.
class TimerCore::Release
{
public:
    explicit Release(TimerState &state)
        : m_state(state)
    {}
    ~Release()
    {
        if (m_isTaken)
            m_state.release();
    }
    Release(const Release &) = delete;
    Release &operator=(const Release &) = delete;

    /// Under the mutex: nobody will call the function any more.
    void take() { m_isTaken = !std::exchange(m_state.m_isFunctionTaken, true); }

private:
    TimerState &m_state;
    bool m_isTaken = false;
};

// A run on its way to its executor.
struct TimerCore::Posted
{
    QExplicitlySharedDataPointer<TimerState> state;
    void run() const { state->m_core->run(*state); }
    void drop() const { state->m_core->dropped(*state); }
};

TimerCore::TimerCore(std::string_view name)
    : object(trace::ObjectKind::Queue, name)
{}

void TimerCore::start(TimerState &state, Clock::time_point due)
{
    Wakes wakes;
    const std::lock_guard lock(mutex);
    if (m_isShutDown) {
        throw ShutDown(QStringLiteral("The timer service has ended"),
                       QString::fromUtf8(object.name().text()),
                       QStringLiteral("Start timers before its end"));
    }
    if (!m_thread)
        m_thread = std::make_unique<Thread>(object.name().text(), [this] { sleepAndPost(); });
    arm(state, due, wakes);
}

// Under the mutex. The heap holds a reference to what is in it.
void TimerCore::arm(TimerState &state, Clock::time_point due, Wakes &wakes)
{
    const auto earliest = heap.nextDue();
    heap.add(state, due);
    state.ref.ref();
    state.m_nextDue = due;
    object.count(static_cast<std::int64_t>(heap.size()));
    if (!earliest || due < *earliest) {
        m_isEarlier = true;
        m_earlier.wakeOne(wakes);
    }
}

// Under the mutex; the caller has a reference too.
void TimerCore::disarm(TimerState &state)
{
    if (heap.remove(state)) {
        state.ref.deref();
        object.count(static_cast<std::int64_t>(heap.size()));
    }
}

void TimerCore::sleepAndPost()
{
    std::unique_lock lock(mutex);
    m_postingThread = std::this_thread::get_id();
    while (!m_isShutDown) {
        m_isEarlier = false;
        const Clock::time_point now = Clock::now();
        while (TimerHeap::Entry *entry = heap.takeDue(now))
            post(static_cast<TimerState &>(*entry), lock);
        const auto next = heap.nextDue();
        if (m_isShutDown || m_isEarlier || (next && *next <= Clock::now()))
            continue;
        m_earlier.wait(
                lock, object.id(), trace::WaitReason::Sleep,
                next == Clock::time_point::max() ? WaitPoint::Forever : next, {},
                [this] { return m_isEarlier || m_isShutDown; }, [this] { return m_isShutDown; });
    }
}

// The due times up to \a now that have no run of their own; \a due becomes the first one after it.
void TimerCore::skipMissed(TimerState &state, Clock::time_point &due, Clock::time_point now)
{
    if (now < due)
        return;
    const auto passed = (now - due) / state.m_period + 1;
    due += passed * state.m_period;
    state.m_overruns += static_cast<quint64>(passed);
    state.m_missed += static_cast<quint64>(passed);
}

void TimerCore::post(TimerState &state, std::unique_lock<std::mutex> &lock)
{
    const QExplicitlySharedDataPointer<TimerState> keep(&state);
    state.ref.deref(); // the heap's
    object.count(static_cast<std::int64_t>(heap.size()));
    if (state.m_isHandedOver) {
        // The end of that run arms it again: a timer that cannot keep up costs no wake-ups.
        state.m_isLate = true;
        return;
    }
    state.m_due = state.m_nextDue;
    if (state.m_period > state.m_period.zero()) {
        const Clock::time_point now = Clock::now();
        if (state.m_period > Clock::time_point::max() - state.m_due) {
            state.m_nextDue = Clock::time_point::max();
        } else {
            // When this thread was held up, the run is for the last due time that has passed.
            state.m_nextDue = state.m_due + state.m_period;
            skipMissed(state, state.m_nextDue, now);
            state.m_due = state.m_nextDue - state.m_period;
        }
        Wakes none; // this thread is who would be woken
        arm(state, state.m_nextDue, none);
    }
    state.m_isHandedOver = true;
    m_posting = &state;
    lock.unlock();
    postOrDrop(*state.m_executor, Posted{keep});
    lock.lock();
    m_posting = nullptr;
    m_ended.wakeAll();
}

void TimerCore::run(TimerState &state)
{
    TimerTick tick;
    {
        Release release(state);
        const std::lock_guard lock(mutex);
        if (state.m_isCancelled || m_isShutDown) {
            state.m_isHandedOver = false;
            release.take();
            return;
        }
        state.m_runner = std::this_thread::get_id();
        tick = {state.m_due, ++state.m_runs, std::exchange(state.m_missed, 0)};
    }
    struct End
    {
        TimerState &state;
        ~End() { state.m_core->endRun(state); }
    };
    const End end{state};
    state.call(tick);
}

void TimerCore::endRun(TimerState &state)
{
    Release release(state);
    Wakes wakes;
    const std::lock_guard lock(mutex);
    state.m_runner = {};
    state.m_isHandedOver = false;
    if (state.m_isCancelled || m_isShutDown || state.m_period == state.m_period.zero()) {
        release.take();
    } else if (std::exchange(state.m_isLate, false)) {
        Clock::time_point next = state.m_nextDue;
        skipMissed(state, next, Clock::now());
        arm(state, next, wakes);
    }
    m_ended.wakeAll(wakes);
}

void TimerCore::dropped(TimerState &state)
{
    Release release(state);
    const std::lock_guard lock(mutex);
    state.m_isHandedOver = false;
    state.m_isCancelled = true;
    disarm(state);
    release.take();
}

bool TimerCore::cancel(TimerState &state, bool wait)
{
    Release release(state);
    std::unique_lock lock(mutex);
    const std::thread::id self = std::this_thread::get_id();
    const bool runs = state.m_runner != std::thread::id();
    const bool prevented = !state.m_isCancelled
                           && (state.isArmed() || state.m_isLate
                               || (state.m_isHandedOver && !runs));
    state.m_isCancelled = true;
    disarm(state);
    if (!runs)
        release.take();
    const auto isOver = [&] {
        return (m_posting != &state || m_postingThread == self)
               && (!wait || state.m_runner == std::thread::id() || state.m_runner == self);
    };
    if (!isOver()) {
        m_ended.wait(lock, object.id(), trace::WaitReason::Future, WaitPoint::Forever, {}, isOver,
                     [] { return false; });
    }
    return prevented;
}

void TimerCore::shutDown()
{
    std::vector<QExplicitlySharedDataPointer<TimerState>> cancelled;
    std::vector<TimerState *> taken;
    {
        Wakes wakes;
        const std::lock_guard lock(mutex);
        m_isShutDown = true;
        while (TimerHeap::Entry *entry = heap.takeFirst()) {
            auto *state = static_cast<TimerState *>(entry);
            state->m_isCancelled = true;
            cancelled.emplace_back(state);
            if (state->m_runner == std::thread::id()
                && !std::exchange(state->m_isFunctionTaken, true))
                taken.push_back(state);
            state->ref.deref(); // the heap's
        }
        object.count(0);
        m_earlier.wakeAll(wakes);
    }
    for (TimerState *state : taken)
        state->release();
    if (m_thread)
        m_thread->join();
}

} // namespace heddle
