// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/trace/export.h>
#include <heddle/trace/flow.h>
#include <heddle/trace/object.h>

#include <QFuture>
#include <QPromise>

#include <functional>
#include <memory>
#include <stop_token>
#include <type_traits>

namespace heddle {

/// How a shut-down treats what has not started.
enum class PendingTasks { Run, Cancel };

/// What runs tasks: one interface over several mechanisms.
///
/// post() is fire-and-forget; submit() gives a QFuture with the result or the exception. After
/// shutDown() both throw heddle::ShutDown. Follows concurrent.futures.Executor where Qt has no
/// convention of its own; docs/semantics.md lists the differences.
///
/// Trace: an object of kind executor whose counter is the number of tasks not yet started, a flow
/// per task from submission to run, the task's states, and a slice while it runs.
///
/// Threads: any thread may post, submit and shut down.
class HEDDLE_ENGINE_EXPORT Executor
{
public:
    virtual ~Executor();
    Executor(const Executor &) = delete;
    Executor &operator=(const Executor &) = delete;

    /// Runs \a task some time later. An exception that leaves it is reported with qWarning.
    /// Never blocks. \throws ShutDown
    void post(std::function<void()> task);

    /// Runs \a function some time later; its result or exception arrives in the future. Cancelling
    /// the future before the start prevents the run; afterwards it raises the std::stop_token that
    /// \a function may take as its only parameter. Never blocks. \throws ShutDown
    template <typename Function>
    auto submit(Function &&function);

    /// Takes no more tasks; runs or cancels the pending ones. With \a wait, blocks until the
    /// running ones have ended. Harmless when repeated. Not from one of its own tasks with wait.
    virtual void shutDown(PendingTasks pending = PendingTasks::Run, bool wait = true) = 0;

    /// How many tasks can run at the same time.
    [[nodiscard]] virtual int concurrency() const = 0;
    [[nodiscard]] QString name() const;
    /// Tasks that have been handed over and have not started.
    [[nodiscard]] qsizetype pending() const;
};

} // namespace heddle
