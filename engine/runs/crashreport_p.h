// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

#include <memory>

namespace heddle {

/// Begins the lines on standard error that tell of a crash: "thread ID", "exit CODE", "frames"
/// before the lines of a backtrace and "end" after them.
inline constexpr char CrashLinePrefix[] = "@heddle-crash ";

/// Makes this process tell of its own crash on standard error: the signal and a backtrace. Also of
/// a call to exit() before allowExit(). Called once, by the child, from its main thread.
void installCrashReport();
/// While it lives, the thread that made it can tell of an overflow of its own stack. To be
/// destroyed in the same thread, which has one at most. Never blocks.
class CrashStack
{
public:
    CrashStack();
    ~CrashStack();
    CrashStack(const CrashStack &) = delete;
    CrashStack &operator=(const CrashStack &) = delete;

private:
    std::unique_ptr<char[]> m_memory;
};

/// From now on exit() is expected.
void allowExit();

/// "SIGSEGV (invalid memory access)" …
QString signalText(int number);

} // namespace heddle
