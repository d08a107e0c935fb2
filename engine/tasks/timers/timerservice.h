// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/executor.h>
#include <heddle/tasks/timer.h>

#include <QExplicitlySharedDataPointer>

#include <chrono>
#include <string_view>
#include <utility>

namespace heddle {

class TimerCore;

/// Has executors run functions when their time has come.
///
/// One thread, which starts with the first timer, sleeps until the next due time and posts what is
/// due to its executor: no worker sleeps, and nothing polls. Most programs need ofProcess() alone.
///
/// A periodic timer does not drift: its due times are start + n · period. A run never overlaps the
/// one before; due times that pass meanwhile are counted (Timer::overruns(), TimerTick::missed) and
/// not made up for. An exception that leaves the function is the executor's to report, as for any
/// posted task; a periodic timer goes on after it.
///
/// Trace: an object of kind queue whose counter is the number of timers that are waiting, and a
/// wait of reason sleep until the next due time. Threads: any. Cost: O(log n) to start or cancel a
/// timer, one allocation, fewer than 200 bytes. Ownership: timers may outlive their service, whose
/// end cancels them without waiting for runs that go on.
class HEDDLE_ENGINE_EXPORT TimerService
{
public:
    /// Of all due times.
    using Clock = std::chrono::steady_clock;

    /// With a thread called \a name.
    explicit TimerService(std::string_view name = "timers");
    ~TimerService();
    TimerService(const TimerService &) = delete;
    TimerService &operator=(const TimerService &) = delete;

    /// The one that the process shares; it lives until the process ends.
    [[nodiscard]] static TimerService &ofProcess();

    /// Has \a executor run \a function, which may take a const TimerTick &, once, not before
    /// \a delay has passed. Never blocks. \throws Misuse when \a delay is negative
    template <typename Function>
    [[nodiscard]] Timer after(Executor &executor, std::chrono::nanoseconds delay, Function function)
    {
        return start(new TimerStateOf<Function>(m_core.data(), executor, {}, std::move(function)),
                     delay);
    }
    /// The same every \a period, for the first time after one period. Never blocks.
    /// \throws Misuse when \a period is not positive
    template <typename Function>
    [[nodiscard]] Timer every(Executor &executor, std::chrono::nanoseconds period,
                              Function function)
    {
        checkPeriod(period);
        return start(
                new TimerStateOf<Function>(m_core.data(), executor, period, std::move(function)),
                period);
    }

    /// How many timers wait for their time: a snapshot.
    [[nodiscard]] qsizetype waiting() const;

private:
    static void checkPeriod(std::chrono::nanoseconds period);
    [[nodiscard]] Timer start(TimerState *state, std::chrono::nanoseconds delay);

    QExplicitlySharedDataPointer<TimerCore> m_core;
};

} // namespace heddle
