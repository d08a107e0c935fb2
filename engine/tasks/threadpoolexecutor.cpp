// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/threadpoolexecutor.h>

#include <heddle/core/handedover.h>

#include <algorithm>

namespace heddle {

ThreadPoolExecutor::ThreadPoolExecutor(std::string_view name, int threads)
    : Executor(name)
    , m_threadName(name)
{
    m_pool.setMaxThreadCount(std::max(threads, 1));
    // A thread that comes and goes would be a new lane each time.
    m_pool.setExpiryTimeout(-1);
}

ThreadPoolExecutor::~ThreadPoolExecutor()
{
    shutDown();
}

void ThreadPoolExecutor::dispatch(Task task)
{
    m_pool.start(HandedOver([this, task] {
        m_threadName.apply();
        runTask(task);
    }));
}

void ThreadPoolExecutor::finishTasks(bool wait)
{
    if (wait)
        m_pool.waitForDone();
}

} // namespace heddle
