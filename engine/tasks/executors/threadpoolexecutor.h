// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/poolexecutor.h>

namespace heddle {

/// Runs tasks in a QThreadPool of its own, a QRunnable for each. The destructor runs what is
/// pending and waits.
class HEDDLE_ENGINE_EXPORT ThreadPoolExecutor final : public PoolExecutor
{
public:
    /// With \a threads threads (at least one).
    ThreadPoolExecutor(std::string_view name, int threads);
    /// With all options.
    ThreadPoolExecutor(std::string_view name, const ExecutorOptions &options);
    ~ThreadPoolExecutor() override;

protected:
    void taskArrived() override;
};

} // namespace heddle
