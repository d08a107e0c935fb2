// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/workstealingexecutor.h>

namespace heddle {

WorkStealingExecutor::WorkStealingExecutor(std::string_view name, int threads)
    : WorkStealingExecutor(name, ExecutorOptions{.threads = threads})
{}

WorkStealingExecutor::WorkStealingExecutor(std::string_view name, const ExecutorOptions &options)
    : WorkerExecutor(name, options, Stealing::Yes)
{
    start();
}

WorkStealingExecutor::~WorkStealingExecutor()
{
    shutDownAtEnd();
}

} // namespace heddle
