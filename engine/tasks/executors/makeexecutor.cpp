// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/concurrentexecutor.h>
#include <heddle/tasks/eventloopexecutor.h>
#include <heddle/tasks/threadexecutor.h>
#include <heddle/tasks/threadpoolexecutor.h>
#include <heddle/tasks/workstealingexecutor.h>

namespace heddle {

std::unique_ptr<Executor> makeExecutor(ExecutorKind kind, std::string_view name, int threads)
{
    return makeExecutor(kind, name, ExecutorOptions{.threads = threads});
}

std::unique_ptr<Executor> makeExecutor(ExecutorKind kind, std::string_view name,
                                       const ExecutorOptions &options)
{
    switch (kind) {
    case ExecutorKind::Threads:
        return std::make_unique<ThreadExecutor>(name, options);
    case ExecutorKind::ThreadPool:
        return std::make_unique<ThreadPoolExecutor>(name, options);
    case ExecutorKind::Concurrent:
        return std::make_unique<ConcurrentExecutor>(name, options);
    case ExecutorKind::EventLoop:
        return std::make_unique<EventLoopExecutor>(name, options);
    case ExecutorKind::WorkStealing:
        return std::make_unique<WorkStealingExecutor>(name, options);
    }
    return nullptr;
}

} // namespace heddle
