// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/executor.h>

class QObject;
class QThread;

namespace heddle {

/// Runs tasks one after the other in an event loop, reached by events: one for all tasks that have
/// come in since the last. They keep their order among each other, but not to other events of the
/// loop: a task may run before an event that was posted before it.
///
/// Either in a thread of its own, whose loop it starts, or in the thread of an object of the
/// caller's. The destructor of the former runs what is pending and waits; in the latter case it
/// waits too, unless it is called in that thread: then what is pending is cancelled.
///
/// A task that waits for a future by wait() runs a loop within the loop (QEventLoop) when there is
/// nothing to help with; a blocked loop cannot be replaced by another thread.
class HEDDLE_ENGINE_EXPORT EventLoopExecutor final : public Executor
{
public:
    /// With a thread of its own called \a name.
    explicit EventLoopExecutor(std::string_view name);
    /// The same with \a options.
    EventLoopExecutor(std::string_view name, const ExecutorOptions &options);
    /// In the thread that \a context lives in; it must outlive the executor.
    EventLoopExecutor(std::string_view name, QObject *context);
    /// The same with \a options.
    EventLoopExecutor(std::string_view name, QObject *context, const ExecutorOptions &options);
    ~EventLoopExecutor() override;

    [[nodiscard]] int concurrency() const override { return 1; }
    /// An object that lives in the loop's thread.
    [[nodiscard]] QObject *context() const;

protected:
    void taskArrived() override;
    void finishTasks(bool wait) override;
    void waitInWorker(QFutureInterfaceBase &future) override;
    [[nodiscard]] bool isOwnThread() const noexcept override;

private:
    class Receiver;
    [[nodiscard]] bool isInLoop() const noexcept;
    void runBatch();

    std::unique_ptr<QThread> m_thread; ///< null when the loop is the caller's
    Receiver *m_receiver = nullptr;
    std::atomic<bool> m_isEventSent{false};
};

} // namespace heddle
