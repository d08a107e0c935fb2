// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>

namespace heddle {

Event::Event(std::string_view name)
    : m_object(trace::ObjectKind::Event, name)
{}

Event::~Event()
{
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Event", "destroyed while a thread waits for it");
}

void Event::set()
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    if (m_set)
        return;
    m_set = true;
    ++m_timesSet;
    m_object.count(1);
    m_waiters.wakeAllWithFlow(wakes);
}

void Event::clear()
{
    const std::lock_guard lock(m_mutex);
    if (!m_set)
        return;
    m_set = false;
    m_object.count(0);
}

bool Event::isSet() const
{
    const std::lock_guard lock(m_mutex);
    return m_set;
}

int Event::waiterCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.waiterCount();
}

bool Event::wait(std::stop_token stop)
{
    return waitUntil(WaitPoint::Forever, stop);
}

bool Event::waitFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    return waitUntil(WaitPoint::deadline(timeout, "Event::waitFor"), stop);
}

bool Event::waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    if (m_set)
        return true;
    const quint64 before = m_timesSet;
    return m_waiters.wait(
                   lock, m_object.id(), trace::WaitReason::Event, deadline, stop,
                   [&] { return m_timesSet != before; }, [] { return false; })
           == WaitPoint::Result::Woken;
}

} // namespace heddle
