// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/executor.h>
#include <heddle/tasks/poolthreadname.h>

#include <QThreadPool>

namespace heddle {

/// An executor with a QThreadPool of its own; what ThreadPoolExecutor and ConcurrentExecutor share.
///
/// While a worker is blocked, the pool may start another thread (QThreadPool::releaseThread()), up
/// to ExecutorOptions::maximumExtraThreads.
class HEDDLE_ENGINE_EXPORT PoolExecutor : public Executor
{
public:
    [[nodiscard]] int concurrency() const override { return m_threads; }
    /// The pool, for what Qt offers beyond tasks.
    [[nodiscard]] QThreadPool &pool() { return m_pool; }

protected:
    /// With an idle pool.
    PoolExecutor(std::string_view name, const ExecutorOptions &options);

    /// Runs the next task, if there is one left, in the calling thread of the pool.
    void runNext();
    void finishTasks(bool wait) override;
    void workerBlocks() noexcept override;
    /// Takes the thread back.
    void workerUnblocked() noexcept override;

private:
    const int m_threads;
    PoolThreadName m_threadName;
    std::atomic<int> m_blocked{0};
    // What QThreadPool::waitForDone() orders is ordered through this too, where tools that do not
    // look into Qt can see it.
    std::atomic<quint64> m_ended{0};
    QThreadPool m_pool;
};

} // namespace heddle
