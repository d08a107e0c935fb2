// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QString>

namespace heddle {

/// The child's side of an isolated run: connects to the parent's socket \a socketName, receives
/// what to run, runs it in a thread of its own and reports. Needs a QCoreApplication; blocks in its
/// event loop. Returns the exit code of the process. The process ends when the parent goes away.
HEDDLE_TIMELINE_EXPORT int runChild(const QString &socketName);

} // namespace heddle
