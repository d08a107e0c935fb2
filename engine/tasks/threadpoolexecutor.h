// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/executor.h>
#include <heddle/tasks/poolthreadname.h>

#include <QThreadPool>

namespace heddle {

/// Runs tasks in a QThreadPool of its own. The destructor runs what is pending and waits.
class HEDDLE_ENGINE_EXPORT ThreadPoolExecutor final : public Executor
{
public:
    ThreadPoolExecutor(std::string_view name, int threads);
    ~ThreadPoolExecutor() override;

    [[nodiscard]] int concurrency() const override { return m_pool.maxThreadCount(); }
    /// The pool, for what Qt offers beyond tasks (releaseThread() …).
    [[nodiscard]] QThreadPool &pool() { return m_pool; }

protected:
    void dispatch(Task task) override;
    void finishTasks(bool wait) override;

private:
    PoolThreadName m_threadName;
    QThreadPool m_pool;
};

} // namespace heddle
