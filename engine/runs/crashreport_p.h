// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QString>

namespace heddle {

/// Begins the lines on standard error that tell of a crash: one of "signal NAME", "exit CODE" and
/// "frame TEXT".
inline constexpr char CrashLinePrefix[] = "@heddle-crash ";

/// Makes this process tell of its own crash on standard error: the signal and a backtrace. Also of
/// a call to exit() before allowExit(). Called once, by the child, from its main thread.
void installCrashReport();
/// From now on exit() is expected.
void allowExit();

/// "SIGSEGV (invalid memory access)" …
QString signalText(int number);

} // namespace heddle
