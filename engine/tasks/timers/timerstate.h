// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/timerheap.h>
#include <heddle/trace/export.h>

#include <QExplicitlySharedDataPointer>
#include <QSharedData>
#include <QtGlobal>

#include <chrono>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace heddle {

class Executor;
class TimerCore;

/// What a run of a timer's function is told.
struct TimerTick
{
    std::chrono::steady_clock::time_point due; ///< when it should have begun
    quint64 number = 1;                        ///< of the run: 1, 2, 3 …
    quint64 missed = 0;                        ///< due times without a run since the run before
};

/// What a Timer, its service and its runs share. Under the core's mutex, but for what is constant
/// and for the function, which belongs to the run that goes on or to whoever has taken it.
class HEDDLE_ENGINE_EXPORT TimerState : public QSharedData, public TimerHeap::Entry
{
public:
    virtual ~TimerState();
    TimerState(const TimerState &) = delete;
    TimerState &operator=(const TimerState &) = delete;

protected:
    TimerState(TimerCore *core, Executor &executor, std::chrono::nanoseconds period);

    virtual void call(const TimerTick &tick) = 0;
    /// Destroys the function.
    virtual void release() noexcept = 0;

private:
    friend class Timer;
    friend class TimerCore;
    friend class TimerService;
    using TimePoint = TimerHeap::Clock::time_point;

    const QExplicitlySharedDataPointer<TimerCore> m_core;
    Executor *const m_executor;
    const std::chrono::nanoseconds m_period; ///< zero: once
    TimePoint m_due;                         ///< of the run that waits or goes on
    TimePoint m_nextDue;                     ///< of the one after it, if periodic
    quint64 m_runs = 0;
    quint64 m_overruns = 0;
    quint64 m_missed = 0;        ///< since the last run
    std::thread::id m_runner;    ///< the thread of the run that goes on
    bool m_isHandedOver = false; ///< from the post to the end of the run
    bool m_isLate = false;       ///< the next due time has passed while it was handed over
    bool m_isCancelled = false;
    bool m_isFunctionTaken = false; ///< somebody destroys it
};

/// With its function, so that a timer is one allocation.
template <typename Function>
class TimerStateOf final : public TimerState
{
public:
    TimerStateOf(TimerCore *core, Executor &executor, std::chrono::nanoseconds period,
                 Function &&function)
        : TimerState(core, executor, period)
        , m_function(std::move(function))
    {}

private:
    void call(const TimerTick &tick) override
    {
        if constexpr (std::is_invocable_v<Function &, const TimerTick &>)
            (*m_function)(tick);
        else
            (*m_function)();
    }
    void release() noexcept override { m_function.reset(); }

    std::optional<Function> m_function;
};

} // namespace heddle
