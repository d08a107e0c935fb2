// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>

namespace heddle {

// A blocked call, in its own stack frame. Under the event's mutex.
struct Event::Blocked
{
    explicit Blocked(Event &owner)
        : event(owner)
        , next(owner.m_blocked)
    {
        event.m_blocked = this;
    }
    ~Blocked()
    {
        Blocked **link = &event.m_blocked;
        while (*link && *link != this)
            link = &(*link)->next;
        if (*link) // it gave up
            *link = next;
    }
    Blocked(const Blocked &) = delete;
    Blocked &operator=(const Blocked &) = delete;

    Event &event;
    Blocked *next;
    trace::Flow wake;
};

Event::Event(std::string_view name)
    : m_object(trace::ObjectKind::Event, name)
{}

Event::~Event()
{
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Event", "destroyed while a thread waits for it");
}

void Event::set()
{
    const std::lock_guard lock(m_mutex);
    if (m_set)
        return;
    m_set = true;
    ++m_timesSet;
    m_object.count(1);
    for (; m_blocked; m_blocked = m_blocked->next)
        m_blocked->wake = trace::Flow::begin(trace::FlowKind::Wake);
    m_waiters.wakeAll();
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

bool Event::hasWaiters() const
{
    const std::lock_guard lock(m_mutex);
    return m_waiters.hasWaiters();
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
    Blocked blocked(*this);
    const bool woken = m_waiters.wait(
                               lock, m_object.id(), trace::WaitReason::Event, deadline, stop,
                               [&] { return m_timesSet != before; }, [] { return false; })
                       == WaitPoint::Result::Woken;
    blocked.wake.end();
    return woken;
}

} // namespace heddle
