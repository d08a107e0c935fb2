// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/executor.h>
#include <heddle/tasks/poolthreadname.h>

#include <QThreadPool>

namespace heddle {

/// Runs tasks through QtConcurrent::run on a pool of its own: for comparing the mechanisms, and
/// for programs that stay within QtConcurrent. The destructor runs what is pending and waits.
class HEDDLE_ENGINE_EXPORT ConcurrentExecutor final : public Executor
{
public:
    ConcurrentExecutor(std::string_view name, int threads);
    ~ConcurrentExecutor() override;

    [[nodiscard]] int concurrency() const override { return m_pool.maxThreadCount(); }

protected:
    void dispatch(Task task) override;
    void finishTasks(bool wait) override;

private:
    PoolThreadName m_threadName;
    QThreadPool m_pool;
};

} // namespace heddle
