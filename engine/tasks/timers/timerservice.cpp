// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/timerservice.h>

#include "timercore_p.h"

#include <heddle/core/error.h>

namespace heddle {

Timer::Timer() = default;

Timer::Timer(TimerState *state)
    : m_state(state)
{}

Timer::~Timer()
{
    cancelAndWait();
}

Timer::Timer(Timer &&other) noexcept
    : m_state(std::exchange(other.m_state, {}))
{}

Timer &Timer::operator=(Timer &&other) noexcept
{
    if (this != &other) {
        cancelAndWait();
        m_state = std::exchange(other.m_state, {});
    }
    return *this;
}

bool Timer::cancel()
{
    return m_state && m_state->m_core->cancel(*m_state, false);
}

void Timer::cancelAndWait()
{
    if (m_state)
        m_state->m_core->cancel(*m_state, true);
}

bool Timer::isActive() const
{
    if (!m_state)
        return false;
    const std::lock_guard lock(m_state->m_core->mutex);
    return m_state->m_runner != std::thread::id()
           || (!m_state->m_isCancelled && (m_state->isArmed() || m_state->m_isHandedOver));
}

quint64 Timer::runs() const
{
    if (!m_state)
        return 0;
    const std::lock_guard lock(m_state->m_core->mutex);
    return m_state->m_runs;
}

quint64 Timer::overruns() const
{
    if (!m_state)
        return 0;
    const std::lock_guard lock(m_state->m_core->mutex);
    return m_state->m_overruns;
}

void Timer::detach()
{
    m_state.reset();
}

TimerService::TimerService(std::string_view name)
    : m_core(new TimerCore(name))
{}

TimerService::~TimerService()
{
    m_core->shutDown();
}

TimerService &TimerService::ofProcess()
{
    // Never destroyed: timers of objects with static storage may still use it.
    static auto *service = new TimerService;
    return *service;
}

qsizetype TimerService::waiting() const
{
    const std::lock_guard lock(m_core->mutex);
    return static_cast<qsizetype>(m_core->heap.size());
}

Timer TimerService::start(TimerState *state, std::chrono::nanoseconds delay)
{
    Timer timer(state);
    const auto due = WaitPoint::deadline(delay, "TimerService::after");
    m_core->start(*state, due.value_or(Clock::time_point::max()));
    return timer;
}

void TimerService::checkPeriod(std::chrono::nanoseconds period)
{
    if (period <= std::chrono::nanoseconds::zero()) {
        throw Misuse(QStringLiteral("A period of %1 ns never ends").arg(period.count()),
                     QStringLiteral("TimerService::every"), QStringLiteral("Give more than zero"));
    }
}

} // namespace heddle
