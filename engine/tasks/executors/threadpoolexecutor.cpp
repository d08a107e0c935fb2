// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/threadpoolexecutor.h>

#include <heddle/core/handedover.h>

namespace heddle {

ThreadPoolExecutor::ThreadPoolExecutor(std::string_view name, int threads)
    : ThreadPoolExecutor(name, ExecutorOptions{.threads = threads})
{}

ThreadPoolExecutor::ThreadPoolExecutor(std::string_view name, const ExecutorOptions &options)
    : PoolExecutor(name, options)
{}

ThreadPoolExecutor::~ThreadPoolExecutor()
{
    shutDownAtEnd();
}

void ThreadPoolExecutor::taskArrived()
{
    pool().start(HandedOver([this] { runNext(); }));
}

} // namespace heddle
