// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/waitpoint.h>
#include <heddle/tasks/executor.h>

#include <QObject>

#include <memory>

class QThread;

namespace heddle {

/// Runs tasks one after the other in an event loop, reached by queued calls.
///
/// Either in a thread of its own, whose loop it starts, or in the thread of an object of the
/// caller's. The destructor of the former runs what is pending and waits; in the latter case it
/// waits too, unless it is called in that thread: then what is pending is cancelled.
class HEDDLE_ENGINE_EXPORT EventLoopExecutor final : public Executor
{
public:
    /// With a thread of its own called \a name.
    explicit EventLoopExecutor(std::string_view name);
    /// In the thread that \a context lives in; it must outlive the executor.
    EventLoopExecutor(std::string_view name, QObject *context);
    ~EventLoopExecutor() override;

    [[nodiscard]] int concurrency() const override { return 1; }
    /// An object that lives in the loop's thread.
    [[nodiscard]] QObject *context() const { return m_receiver; }

protected:
    void dispatch(Task task) override;
    void finishTasks(bool wait) override;

private:
    trace::Object m_queue;
    std::unique_ptr<QThread> m_thread; ///< null when the loop is the caller's
    QObject *m_receiver = nullptr;
    std::mutex m_mutex;
    WaitPoint m_idle;
    qsizetype m_unfinished = 0;
};

} // namespace heddle
