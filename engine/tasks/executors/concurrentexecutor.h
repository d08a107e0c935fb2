// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/poolexecutor.h>

namespace heddle {

/// Runs tasks through QtConcurrent::run on a pool of its own: for comparing the mechanisms, and
/// for programs that stay within QtConcurrent. The destructor runs what is pending and waits.
class HEDDLE_ENGINE_EXPORT ConcurrentExecutor final : public PoolExecutor
{
public:
    /// With \a threads threads (at least one).
    ConcurrentExecutor(std::string_view name, int threads);
    /// With all options.
    ConcurrentExecutor(std::string_view name, const ExecutorOptions &options);
    ~ConcurrentExecutor() override;

protected:
    void taskArrived() override;
};

} // namespace heddle
