// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/tasks/executor.h>

#include <type_traits>
#include <utility>

namespace heddle {

/// A task that is told, too, when it will never run: its \a Work has run() and drop(), of which
/// one is called, once. Who has been moved from calls nothing.
template <typename Work>
class RunOrDrop
{
public:
    explicit RunOrDrop(Work work)
        : m_work(std::move(work))
    {}
    ~RunOrDrop()
    {
        if (!m_isDone)
            m_work.drop();
    }
    RunOrDrop(RunOrDrop &&other) noexcept(std::is_nothrow_move_constructible_v<Work>)
        : m_work(std::move(other.m_work))
        , m_isDone(std::exchange(other.m_isDone, true))
    {}
    RunOrDrop(const RunOrDrop &) = delete;
    RunOrDrop &operator=(const RunOrDrop &) = delete;

    void operator()()
    {
        m_isDone = true;
        m_work.run();
    }

private:
    Work m_work;
    bool m_isDone = false;
};

/// Posts \a work to \a executor, which runs it, or drops it: at once when it takes no more tasks,
/// or in the thread whose shut-down cancels it. Never blocks.
template <typename Work>
void postOrDrop(Executor &executor, Work work, const TaskOptions &options = {})
{
    try {
        executor.post(RunOrDrop(std::move(work)), options);
    } catch (const Error &) {
        // Shut down, or broken. The work has been dropped by now.
    }
}

} // namespace heddle
