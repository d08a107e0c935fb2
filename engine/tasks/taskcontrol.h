// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/task.h>
#include <heddle/tasks/taskoptions.h>

#include <QFuture>

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>

namespace heddle {

/// A task to which something may happen between its submission and its end: a stop, a deadline.
///
/// Whoever is first decides: the executor that starts it, or the stop or deadline that ends it
/// before its start, at once and in the thread where that happens. Once it runs, both raise its
/// stop token.
///
/// Threads: any. Cost: one allocation more than a task without it; a deadline or a stop token also
/// take a lock each at the beginning and at the end.
class HEDDLE_ENGINE_EXPORT TaskControl : public std::enable_shared_from_this<TaskControl>
{
public:
    /// With the work that \a makeWork makes; it is given the task's stop token.
    template <typename MakeWork>
    static std::shared_ptr<TaskControl> make(const TaskOptions &options, MakeWork makeWork);
    /// Its deadline and its stop token are forgotten.
    virtual ~TaskControl();
    TaskControl(const TaskControl &) = delete;
    TaskControl &operator=(const TaskControl &) = delete;

    /// Raises the stop token when \a future is cancelled while the task runs.
    void follow(QFuture<void> future) { m_future = std::move(future); }
    /// Tells the trace that the task may run from now on.
    void setReady(trace::ObjectId executor, trace::Name name)
    {
        m_life = trace::Task::ready(executor, name);
    }
    /// From now on the stop token and the deadline of the options count.
    void arm();
    /// What the executor does with the task; does nothing when it has ended.
    void act(Task::Action action) noexcept;
    /// The deadline has passed.
    void expire() noexcept { endOrStop(Task::Action::TimeOut); }

protected:
    /// For a task submitted with \a options.
    explicit TaskControl(const TaskOptions &options);
    /// Does the work or ends it otherwise. Called once.
    virtual trace::TaskState work(Task::Action action) noexcept = 0;
    /// The task's own.
    [[nodiscard]] std::stop_token stopToken() const { return m_stop.get_token(); }

private:
    template <typename Work>
    class Holding;
    enum class State : quint8 { Pending, Running, Ended };
    struct StopNow
    {
        TaskControl *control;
        void operator()() const noexcept;
    };

    void endOrStop(Task::Action action) noexcept;

    std::atomic<State> m_state{State::Pending};
    std::stop_source m_stop;
    const TaskOptions m_options;
    QFuture<void> m_future;
    trace::Task m_life;
    std::optional<std::stop_callback<StopNow>> m_stopNow;
};

template <typename Work>
class TaskControl::Holding final : public TaskControl
{
public:
    template <typename MakeWork>
    Holding(const TaskOptions &options, MakeWork &makeWork)
        : TaskControl(options)
        , m_work(makeWork(stopToken()))
    {}

private:
    trace::TaskState work(Task::Action action) noexcept override
    {
        const trace::TaskState state = (*m_work)(action);
        m_work.reset();
        return state;
    }

    std::optional<Work> m_work;
};

template <typename MakeWork>
std::shared_ptr<TaskControl> TaskControl::make(const TaskOptions &options, MakeWork makeWork)
{
    using Work = std::invoke_result_t<MakeWork &, std::stop_token>;
    return std::make_shared<Holding<Work>>(options, makeWork);
}

} // namespace heddle
