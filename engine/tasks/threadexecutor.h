// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/thread.h>
#include <heddle/core/waitpoint.h>
#include <heddle/tasks/executor.h>

#include <deque>

namespace heddle {

/// Runs tasks in threads of its own, first come, first served.
///
/// The threads are named "name 1", "name 2" … and wait as "pool idle" when there is nothing to do.
/// The destructor runs what is pending and waits.
class HEDDLE_ENGINE_EXPORT ThreadExecutor final : public Executor
{
public:
    ThreadExecutor(std::string_view name, int threads);
    ~ThreadExecutor() override;

    [[nodiscard]] int concurrency() const override { return static_cast<int>(m_threads.size()); }

protected:
    void dispatch(Task task) override;
    void finishTasks(bool wait) override;

private:
    void work();

    trace::Object m_queue;
    std::mutex m_mutex;
    WaitPoint m_notEmpty;
    std::deque<Task> m_tasks;
    bool m_finishing = false;
    std::vector<std::unique_ptr<Thread>> m_threads;
};

} // namespace heddle
