// SPDX-License-Identifier: Apache-2.0
#include "timercore_p.h"

#include "postordrop_p.h"

#include <heddle/core/error.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace heddle {

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
    state.nextDue = due;
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
    const auto passed = (now - due) / state.period + 1;
    due += passed * state.period;
    state.overruns += static_cast<quint64>(passed);
    state.missed += static_cast<quint64>(passed);
}

void TimerCore::post(TimerState &state, std::unique_lock<std::mutex> &lock)
{
    const QExplicitlySharedDataPointer<TimerState> keep(&state);
    state.ref.deref(); // the heap's
    object.count(static_cast<std::int64_t>(heap.size()));
    if (state.isHandedOver) {
        // The end of that run arms it again: a timer that cannot keep up costs no wake-ups.
        state.isLate = true;
        return;
    }
    state.due = state.nextDue;
    if (state.period > state.period.zero()) {
        const Clock::time_point now = Clock::now();
        if (state.period > Clock::time_point::max() - state.due) {
            state.nextDue = Clock::time_point::max();
        } else {
            // When this thread was held up, the run is for the last due time that has passed.
            state.nextDue = state.due + state.period;
            skipMissed(state, state.nextDue, now);
            state.due = state.nextDue - state.period;
        }
        Wakes none; // this thread is who would be woken
        arm(state, state.nextDue, none);
    }
    state.isHandedOver = true;
    m_posting = &state;
    lock.unlock();
    postOrDrop(
            *state.executor, [keep] { keep->core->run(*keep); },
            [keep] { keep->core->dropped(*keep); });
    lock.lock();
    m_posting = nullptr;
    m_ended.wakeAll();
}

void TimerCore::run(TimerState &state)
{
    TimerTick tick;
    {
        const std::lock_guard lock(mutex);
        if (state.isCancelled || m_isShutDown) {
            state.isHandedOver = false;
            return;
        }
        state.runner = std::this_thread::get_id();
        tick = {state.due, ++state.runs, std::exchange(state.missed, 0)};
    }
    struct End
    {
        TimerState &state;
        ~End() { state.core->endRun(state); }
    };
    const End end{state};
    state.function(tick);
}

void TimerCore::endRun(TimerState &state)
{
    std::function<void(const TimerTick &)> done; // what it holds dies without the mutex
    Wakes wakes;
    const std::lock_guard lock(mutex);
    state.runner = {};
    state.isHandedOver = false;
    if (state.isCancelled || m_isShutDown || state.period == state.period.zero()) {
        done.swap(state.function);
    } else if (std::exchange(state.isLate, false)) {
        Clock::time_point next = state.nextDue;
        skipMissed(state, next, Clock::now());
        arm(state, next, wakes);
    }
    m_ended.wakeAll(wakes);
}

void TimerCore::dropped(TimerState &state)
{
    std::function<void(const TimerTick &)> done;
    const std::lock_guard lock(mutex);
    state.isHandedOver = false;
    state.isCancelled = true;
    disarm(state);
    done.swap(state.function);
}

bool TimerCore::cancel(TimerState &state, bool wait)
{
    std::function<void(const TimerTick &)> done;
    std::unique_lock lock(mutex);
    const std::thread::id self = std::this_thread::get_id();
    const bool runs = state.runner != std::thread::id();
    const bool prevented = !state.isCancelled
                           && (state.isArmed() || state.isLate || (state.isHandedOver && !runs));
    state.isCancelled = true;
    disarm(state);
    if (!runs)
        done.swap(state.function);
    const auto isOver = [&] {
        return (m_posting != &state || m_postingThread == self)
               && (!wait || state.runner == std::thread::id() || state.runner == self);
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
    std::vector<std::function<void(const TimerTick &)>> done;
    {
        Wakes wakes;
        const std::lock_guard lock(mutex);
        m_isShutDown = true;
        while (TimerHeap::Entry *entry = heap.takeFirst()) {
            auto *state = static_cast<TimerState *>(entry);
            state->isCancelled = true;
            cancelled.emplace_back(state);
            if (state->runner == std::thread::id())
                done.push_back(std::exchange(state->function, nullptr));
            state->ref.deref(); // the heap's
        }
        object.count(0);
        m_earlier.wakeAll(wakes);
    }
    if (m_thread)
        m_thread->join();
}

} // namespace heddle
