// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/workerexecutor.h>

namespace heddle {

/// Runs tasks in threads of its own, first come, first served.
///
/// The destructor runs what is pending and waits.
class HEDDLE_ENGINE_EXPORT ThreadExecutor final : public WorkerExecutor
{
public:
    /// With \a threads threads (at least one).
    ThreadExecutor(std::string_view name, int threads);
    /// With all options.
    ThreadExecutor(std::string_view name, const ExecutorOptions &options);
    ~ThreadExecutor() override;
};

} // namespace heddle
