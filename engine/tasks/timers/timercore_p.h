// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/thread.h>
#include <heddle/core/waitpoint.h>
#include <heddle/tasks/executor.h>
#include <heddle/tasks/timer.h>
#include <heddle/tasks/timerheap.h>

#include <QSharedData>

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
    class Release;
    struct Posted;

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

} // namespace heddle
