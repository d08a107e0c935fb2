// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/workerexecutor.h>

namespace heddle {

/// Runs tasks in threads of its own, which take work from each other.
///
/// What is posted and submitted starts in order, as everywhere. The children of a Group that a task
/// creates are its worker's own: it runs the newest first, while what they need is still in its
/// caches; workers without work steal the oldest (Blumofe and Leiserson, "Scheduling Multithreaded
/// Computations by Work Stealing", 1999). Whoever waits for a group runs other tasks meanwhile.
///
/// The destructor runs what is pending and waits. Cost of a child: some ten nanoseconds.
class HEDDLE_ENGINE_EXPORT WorkStealingExecutor final : public WorkerExecutor
{
public:
    /// With \a threads threads (at least one).
    WorkStealingExecutor(std::string_view name, int threads);
    /// With all options.
    WorkStealingExecutor(std::string_view name, const ExecutorOptions &options);
    ~WorkStealingExecutor() override;
};

} // namespace heddle
