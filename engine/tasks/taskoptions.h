// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/name.h>

#include <QtGlobal>

#include <chrono>
#include <optional>
#include <stop_token>

namespace heddle {

/// Which of the tasks that have not started comes first; equal ones in the order of their
/// submission.
enum class Priority : quint8 {
    Lowest,  ///< when nothing else waits
    Low,     ///< after Normal
    Normal,  ///< the default, and the fastest to submit
    High,    ///< before Normal
    Highest, ///< before all others
};

/// What may be said about a task when it is submitted. All of it is optional.
///
/// \code
/// executor.submit(decode, {.name = Name, .priority = Priority::High, .deadline = now + 20ms});
/// \endcode
struct TaskOptions
{
    /// What the timeline shows; empty: the executor's name.
    trace::Name name = {};
    /// Which of the tasks that wait comes first.
    Priority priority = Priority::Normal;
    /// A task that has not started by then does not start: its future throws TimedOut. One that
    /// runs has its stop token raised.
    std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt;
    /// Stops the task: it does not start any more, or has its stop token raised when it runs.
    std::stop_token stop = {};

    /// Whether something may happen to the task between its submission and its end.
    [[nodiscard]] bool needControl() const { return deadline || stop.stop_possible(); }
};

} // namespace heddle
