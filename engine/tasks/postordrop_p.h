// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/executor.h>

#include <memory>
#include <utility>

namespace heddle {

/// Calls one of two functions, once: \a Run when it is called, \a Dropped when it dies uncalled.
template <typename Run, typename Dropped>
class RunOrDropped
{
public:
    RunOrDropped(Run run, Dropped dropped)
        : m_run(std::move(run))
        , m_dropped(std::move(dropped))
    {}
    ~RunOrDropped()
    {
        if (!m_hasRun)
            m_dropped();
    }
    RunOrDropped(const RunOrDropped &) = delete;
    RunOrDropped &operator=(const RunOrDropped &) = delete;

    void operator()()
    {
        m_hasRun = true;
        m_run();
    }

private:
    Run m_run;
    Dropped m_dropped;
    bool m_hasRun = false;
};

/// Posts \a run to \a executor; or calls \a dropped when it will never run: at once when the
/// executor takes no more tasks, or in the thread whose shut-down cancels it. Never blocks.
template <typename Run, typename Dropped>
void postOrDrop(Executor &executor, Run run, Dropped dropped)
{
    auto task = std::make_shared<RunOrDropped<Run, Dropped>>(std::move(run), std::move(dropped));
    try {
        executor.post([task = std::move(task)] { (*task)(); });
    } catch (const Error &) {
        // Shut down, or broken. The task has died by now, and said so.
    }
}

} // namespace heddle
