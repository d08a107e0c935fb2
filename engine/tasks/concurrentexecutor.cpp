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
    // QtConcurrent copies what it runs.
    const auto shared = std::make_shared<Task>(std::move(task));
    // The task has a future of its own; this one is not needed.
    static_cast<void>(QtConcurrent::run(&m_pool, HandedOver([this, shared] {
        m_threadName.apply();
        runTask(*shared);
    })));
}

void ConcurrentExecutor::finishTasks(bool wait)
{
    if (wait)
        m_pool.waitForDone();
}

} // namespace heddle
