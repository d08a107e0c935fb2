// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QString>

#include <chrono>
#include <exception>
#include <functional>

namespace heddle {

/// A mistake around coroutines that has no caller to be thrown at.
struct HEDDLE_ENGINE_EXPORT CoroutineReport
{
    enum class Kind {
        NeverAwaited,        ///< a coroutine was called, and its object dropped without co_await
        ExceptionNeverTaken, ///< a task failed, and nobody asked for its result
        SlowStep,            ///< a step held the loop for longer than its limit
        StillPending,        ///< a task had not ended when its loop did
        CallbackFailed,      ///< a function given to the loop threw
    };

    Kind kind;
    QString name;                         ///< of the task, or the coroutine's function
    std::chrono::nanoseconds duration{0}; ///< of a slow step
    std::exception_ptr error;             ///< what was thrown, or null

    /// One sentence in English.
    [[nodiscard]] QString text() const;
};

/// Is told of every report, in the thread where it arises; neither blocks for long nor throws.
using CoroutineReportHandler = std::function<void(const CoroutineReport &)>;

/// Replaces what is done with reports for the whole process, and returns what was in place; an
/// empty one restores qWarning(). Any thread; a report that is under way may still reach the old
/// one.
HEDDLE_ENGINE_EXPORT CoroutineReportHandler
setCoroutineReportHandler(CoroutineReportHandler handler);

/// Hands \a what to the handler. Any thread.
HEDDLE_ENGINE_EXPORT void report(const CoroutineReport &what) noexcept;

} // namespace heddle
