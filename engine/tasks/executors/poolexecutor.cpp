// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/poolexecutor.h>

#include <heddle/trace/slice.h>

#include <algorithm>

namespace heddle {

PoolExecutor::PoolExecutor(std::string_view name, const ExecutorOptions &options)
    : Executor(name, options)
    , m_threads(std::max(options.threads, 1))
    , m_threadName(name)
{
    m_pool.setMaxThreadCount(m_threads);
    // A thread that comes and goes would be a new lane each time.
    m_pool.setExpiryTimeout(-1);
}

void PoolExecutor::runNext()
{
    m_threadName.apply();
    if (!initialiseThread())
        return;
    // None: it was cancelled, or one who helps has taken it.
    if (Task *task = takeTask())
        runTask(task);
    m_ended.fetch_add(1, std::memory_order_release); // pairs with finishTasks()
}

void PoolExecutor::finishTasks(bool wait)
{
    if (!wait)
        return;
    // Somebody may have put a task into the queue and not have got any further.
    for (qsizetype left = pending(); left > 0; --left)
        taskArrived();
    m_pool.waitForDone();
    m_ended.load(std::memory_order_acquire); // pairs with runNext()
}

void PoolExecutor::workerBlocks() noexcept
{
    if (m_blocked.fetch_add(1) < options().maximumExtraThreads) {
        static const trace::Name grows("a worker is blocked: one more thread may run");
        trace::instant(grows);
        m_pool.releaseThread();
    }
}

void PoolExecutor::workerUnblocked() noexcept
{
    if (m_blocked.fetch_sub(1) <= options().maximumExtraThreads)
        m_pool.reserveThread();
}

} // namespace heddle
