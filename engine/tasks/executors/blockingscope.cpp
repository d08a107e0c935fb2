// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/blockingscope.h>

#include <heddle/tasks/executor.h>

namespace heddle {

namespace {

// A wait within a wait is one wait.
constinit thread_local int t_depth = 0;

bool compensates(BlockedWorkerPolicy policy)
{
    return policy == BlockedWorkerPolicy::Help || policy == BlockedWorkerPolicy::Grow;
}

} // namespace

BlockingScope::BlockingScope() noexcept
    : m_executor(Executor::current())
{
    if (m_executor)
        begin(*m_executor);
}

BlockingScope::~BlockingScope()
{
    if (m_executor)
        end(*m_executor);
}

void BlockingScope::begin(Executor &executor) noexcept
{
    if (t_depth++ == 0 && compensates(executor.m_options.blockedWorkers))
        executor.workerBlocks();
}

void BlockingScope::end(Executor &executor) noexcept
{
    if (--t_depth == 0 && compensates(executor.m_options.blockedWorkers))
        executor.workerUnblocked();
}

} // namespace heddle
