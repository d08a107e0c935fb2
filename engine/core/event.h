// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/waitpoint.h>
#include <heddle/trace/flow.h>

#include <QtGlobal>

#include <string_view>

namespace heddle {

/// A flag that threads wait for, as Python's threading.Event.
///
/// Starts cleared. set() wakes all waiters, and later waits return at once until clear(). A waiter
/// that set() woke returns true even if clear() follows immediately.
///
/// Trace: an object of kind event whose counter is 1 while it is set; a wait for every blocked call
/// with the thread that set it, and a flow from set() to each waiter that it woke. Threads: any.
class HEDDLE_ENGINE_EXPORT Event
{
public:
    explicit Event(std::string_view name);
    ~Event();
    Event(const Event &) = delete;
    Event &operator=(const Event &) = delete;

    /// Never blocks. Twice is the same as once.
    void set();
    void clear();
    [[nodiscard]] bool isSet() const;

    /// Waits until the flag is set. Blocks. False only when \a stop was requested first.
    bool wait(std::stop_token stop = {});
    /// The same within \a timeout; false on time-out too. \throws Error when \a timeout is
    /// negative.
    [[nodiscard]] bool waitFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});

    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    bool waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop);

    trace::Object m_object;
    mutable std::mutex m_mutex;
    bool m_set = false;
    quint64 m_timesSet = 0; ///< so that clear() cannot take back what woke a waiter
    WaitPoint m_waiters;
};

} // namespace heddle
