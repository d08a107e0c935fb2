// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/thread.h>
#include <heddle/core/waitpoint.h>
#include <heddle/tasks/executor.h>
#include <heddle/tasks/timer.h>
#include <heddle/tasks/timerheap.h>

#include <QSharedData>

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace heddle {

/// What a timer service and its timers share; it lives until the last of them ends.
class TimerCore : public QSharedData
{
public:
    using Clock = TimerHeap::Clock;

    explicit TimerCore(std::string_view name);

    /// Takes \a state in as waiting until \a due. Never blocks.
    void start(TimerState &state, Clock::time_point due);
    bool cancel(TimerState &state, bool wait);
    /// A run of \a state, in its executor.
    void run(TimerState &state);
    /// The executor will not run \a state.
    void dropped(TimerState &state);
    /// Cancels all and ends the thread.
    void shutDown();

    trace::Object object;
    mutable std::mutex mutex;
    TimerHeap heap;

private:
    void sleepAndPost();
    void post(TimerState &state, std::unique_lock<std::mutex> &lock);
    void arm(TimerState &state, Clock::time_point due, Wakes &wakes);
    void disarm(TimerState &state);
    void endRun(TimerState &state);
    static void skipMissed(TimerState &state, Clock::time_point &due, Clock::time_point now);

    WaitPoint m_earlier; ///< the timer thread: something is due earlier, or the end has come
    WaitPoint m_ended;   ///< who cancels and waits
    bool m_isEarlier = false;
    bool m_isShutDown = false;
    TimerState *m_posting = nullptr;
    std::thread::id m_postingThread;
    std::unique_ptr<Thread> m_thread;
};

/// One timer. Under the core's mutex, but for what is constant.
class TimerState : public QSharedData, public TimerHeap::Entry
{
public:
    TimerState(TimerCore *itsCore, Executor &itsExecutor, std::chrono::nanoseconds itsPeriod,
               std::function<void(const TimerTick &)> itsFunction)
        : core(itsCore)
        , executor(&itsExecutor)
        , period(itsPeriod)
        , function(std::move(itsFunction))
    {}

    const QExplicitlySharedDataPointer<TimerCore> core;
    Executor *const executor;
    const std::chrono::nanoseconds period; ///< zero: once
    std::function<void(const TimerTick &)> function;
    TimerCore::Clock::time_point due;     ///< of the run that waits or goes on
    TimerCore::Clock::time_point nextDue; ///< of the one after it, if periodic
    quint64 runs = 0;
    quint64 overruns = 0;
    quint64 missed = 0;        ///< since the last run
    std::thread::id runner;    ///< the thread of the run that goes on
    bool isHandedOver = false; ///< from the post to the end of the run
    bool isLate = false;       ///< the next due time has passed while it was handed over
    bool isCancelled = false;
};

} // namespace heddle
