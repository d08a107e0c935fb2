// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/deliveryawaiter.h>

#include <QProcess>

namespace heddle {

/// How a process ended.
struct ProcessEnd
{
    int exitCode = 0; ///< means something after a normal exit only
    QProcess::ExitStatus status = QProcess::NormalExit; ///< whether it exited or crashed
};

/// Awaits the end of a process. Made by whenFinished().
class HEDDLE_ENGINE_EXPORT ProcessAwaiter final : public DeliveryAwaiter
{
public:
    explicit ProcessAwaiter(QProcess &process)
        : m_process(process)
    {}
    ~ProcessAwaiter() override;

    [[nodiscard]] bool await_ready() const;
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendUntilEnd(point);
    }
    ProcessEnd await_resume();

private:
    void suspendUntilEnd(std::coroutine_handle<> point);
    void letGo() noexcept override;

    QProcess &m_process;
    std::unique_ptr<QObject> m_context; ///< its connections end with it
};

/// co_await whenFinished(process): until \a process, which was started, has ended; at once if it
/// has. Cancelling the awaiter leaves the process alone. On a QtEventLoop, in the process's thread.
/// \throws Broken when it could not be started; Cancelled; Misuse on a stand-alone loop, which does
/// not serve QProcess
[[nodiscard]] inline ProcessAwaiter whenFinished(QProcess &process)
{
    return ProcessAwaiter(process);
}

} // namespace heddle
