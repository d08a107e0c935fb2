// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/concurrentexecutor.h>

#include <heddle/core/handedover.h>

#include <QtConcurrentRun>

namespace heddle {

ConcurrentExecutor::ConcurrentExecutor(std::string_view name, int threads)
    : ConcurrentExecutor(name, ExecutorOptions{.threads = threads})
{}

ConcurrentExecutor::ConcurrentExecutor(std::string_view name, const ExecutorOptions &options)
    : PoolExecutor(name, options)
{}

ConcurrentExecutor::~ConcurrentExecutor()
{
    shutDownAtEnd();
}

void ConcurrentExecutor::taskArrived()
{
    // The task has a future of its own; this one is not needed.
    static_cast<void>(QtConcurrent::run(&pool(), HandedOver([this] { runNext(); })));
}

} // namespace heddle
