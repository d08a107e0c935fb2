// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/threadexecutor.h>

namespace heddle {

ThreadExecutor::ThreadExecutor(std::string_view name, int threads)
    : ThreadExecutor(name, ExecutorOptions{.threads = threads})
{}

ThreadExecutor::ThreadExecutor(std::string_view name, const ExecutorOptions &options)
    : WorkerExecutor(name, options, Stealing::No)
{
    start();
}

ThreadExecutor::~ThreadExecutor()
{
    shutDownAtEnd();
}

} // namespace heddle
