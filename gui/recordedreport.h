// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/runs/run.h>

namespace heddle::studio {

/// How the run went that \a store is the trace of, from what the trace tells of itself; empty for
/// a trace that no run of Heddle made. Any thread; never blocks.
RunReport recordedReport(const TraceStore &store);

/// What the user must know of a trace that was read from a file: that it is damaged, that records
/// were lost, how its run ended. Empty when all is well.
QString recordedProblems(const TraceStore &store);

} // namespace heddle::studio
