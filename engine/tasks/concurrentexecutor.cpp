// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/concurrentexecutor.h>

#include <heddle/core/handedover.h>

#include <QtConcurrentRun>

#include <algorithm>

namespace heddle {

ConcurrentExecutor::ConcurrentExecutor(std::string_view name, int threads)
    : Executor(name)
    , m_threadName(name)
{
    m_pool.setMaxThreadCount(std::max(threads, 1));
    m_pool.setExpiryTimeout(-1);
}

ConcurrentExecutor::~ConcurrentExecutor()
{
    shutDown();
}

void ConcurrentExecutor::dispatch(Task task)
{
    // The task has a future of its own; this one is not needed.
    static_cast<void>(QtConcurrent::run(&m_pool, HandedOver([this, task] {
        m_threadName.apply();
        runTask(task);
    })));
}

void ConcurrentExecutor::finishTasks(bool wait)
{
    if (wait)
        m_pool.waitForDone();
}

} // namespace heddle
