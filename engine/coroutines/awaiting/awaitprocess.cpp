// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/awaitprocess.h>

#include <heddle/core/error.h>

namespace heddle {

ProcessAwaiter::~ProcessAwaiter()
{
    leaveIfWaiting();
}

bool ProcessAwaiter::await_ready() const
{
    if (!EventLoop::running("whenFinished").context()) {
        throw Misuse(QStringLiteral("A stand-alone loop does not serve QProcess"),
                     QStringLiteral("heddle::whenFinished"), QStringLiteral("Use a QtEventLoop"));
    }
    return m_process.state() == QProcess::NotRunning;
}

void ProcessAwaiter::suspendUntilEnd(std::coroutine_handle<> point)
{
    auto slot = std::make_shared<Slot>(*this);
    suspendFor(point, slot, 0, trace::WaitReason::InputOutput);
    m_context = std::make_unique<QObject>();
    QObject::connect(&m_process, &QProcess::finished, m_context.get(),
                     [slot] { slot->deliver([] {}); });
    QObject::connect(&m_process, &QProcess::errorOccurred, m_context.get(),
                     [slot](QProcess::ProcessError error) {
                         if (error == QProcess::FailedToStart)
                             slot->deliver([] {});
                     });
    confirmSuspension();
}

void ProcessAwaiter::letGo() noexcept
{
    m_context.reset();
}

ProcessEnd ProcessAwaiter::await_resume()
{
    m_context.reset();
    throwIfCancelled();
    if (m_process.error() == QProcess::FailedToStart) {
        throw Broken(QStringLiteral("The program %1 could not be started: %2")
                             .arg(m_process.program(), m_process.errorString()),
                     QStringLiteral("heddle::whenFinished"),
                     QStringLiteral("Check its path and permissions"));
    }
    return {m_process.exitCode(), m_process.exitStatus()};
}

} // namespace heddle
