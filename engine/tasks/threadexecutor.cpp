// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/threadexecutor.h>

#include <algorithm>

namespace heddle {

ThreadExecutor::ThreadExecutor(std::string_view name, int threads)
    : Executor(name)
    , m_queue(trace::ObjectKind::Queue, std::string(name) + " tasks")
{
    for (int number = 1; number <= std::max(threads, 1); ++number) {
        m_threads.push_back(std::make_unique<Thread>(
                std::string(name) + ' ' + std::to_string(number), [this] { work(); }));
    }
}

ThreadExecutor::~ThreadExecutor()
{
    shutDown();
}

void ThreadExecutor::dispatch(Task task)
{
    const std::lock_guard lock(m_mutex);
    m_tasks.push_back(task);
    m_notEmpty.wakeOne();
}

void ThreadExecutor::finishTasks(bool wait)
{
    {
        const std::lock_guard lock(m_mutex);
        m_finishing = true;
        m_notEmpty.wakeAll();
    }
    if (wait) {
        for (const auto &thread : m_threads)
            thread->join();
    }
}

void ThreadExecutor::work()
{
    const auto isReady = [this] { return !m_tasks.empty() || m_finishing; };
    std::unique_lock lock(m_mutex);
    while (true) {
        if (!isReady()) {
            m_notEmpty.wait(lock, m_queue.id(), trace::WaitReason::PoolIdle, WaitPoint::Forever, {},
                            isReady, [this] { return m_tasks.empty(); });
        }
        if (m_tasks.empty())
            return;
        const Task task = m_tasks.front();
        m_tasks.pop_front();
        lock.unlock();
        runTask(task);
        lock.lock();
    }
}

} // namespace heddle
