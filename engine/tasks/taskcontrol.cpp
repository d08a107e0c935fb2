// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/taskcontrol.h>

#include "taskwatch_p.h"

namespace heddle {

void TaskControl::StopNow::operator()() const noexcept
{
    // None when the last reference has just gone: the work is then being destroyed, and the
    // destructor waits for this call to return.
    if (const auto alive = control->weak_from_this().lock())
        alive->endOrStop(Task::Action::Cancel);
}

TaskControl::TaskControl(const TaskOptions &options)
    : m_options(options)
{}

TaskControl::~TaskControl()
{
    m_stopNow.reset(); // waits for one that runs
    if (m_options.deadline)
        taskwatch::remove(*m_options.deadline, *this);
}

void TaskControl::arm()
{
    if (m_options.deadline)
        taskwatch::add(*m_options.deadline, *this);
    if (m_options.stop.stop_possible())
        m_stopNow.emplace(m_options.stop, StopNow{this}); // calls at once if it was requested
}

void TaskControl::act(Task::Action action) noexcept
{
    const bool isRun = action == Task::Action::Run;
    // A deadline that has passed counts also where nobody has been told yet.
    if (isRun && m_options.deadline && std::chrono::steady_clock::now() >= *m_options.deadline)
        return endOrStop(Task::Action::TimeOut);
    State expected = State::Pending;
    if (!m_state.compare_exchange_strong(expected, isRun ? State::Running : State::Ended))
        return;
    if (!isRun) {
        work(action);
        m_life.ended(trace::TaskState::Cancelled);
        return;
    }
    if (m_future.isValid())
        taskwatch::stopWhenCancelled(m_future, m_stop);
    m_life.running();
    const trace::TaskState state = work(Task::Action::Run);
    m_state.store(State::Ended);
    m_life.ended(state);
}

void TaskControl::endOrStop(Task::Action action) noexcept
{
    State expected = State::Pending;
    if (m_state.compare_exchange_strong(expected, State::Ended)) {
        work(action);
        m_life.ended(trace::TaskState::Cancelled);
    } else if (expected == State::Running) {
        m_stop.request_stop();
    }
}

} // namespace heddle
