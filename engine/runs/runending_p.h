// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lastrecords_p.h"

#include <heddle/runs/run.h>

#include <chrono>

namespace heddle {

/// What a Run knows about its end besides what the host tells.
struct RunEnding
{
    RunState whyStopped = RunState::Idle; ///< Cancelled or TimedOut once it was told to stop
    bool wasExecuting = false;            ///< the pattern had been started
    bool wasKilled = false;
    std::chrono::milliseconds limit{0}; ///< after which it was told to stop
    LastRecords atStop;                 ///< when it was told to stop
    QString traceProblem;               ///< why the trace could not be collected
    QString traceGap;                   ///< what of the trace was not kept
};

/// Completes \a report, which is as the host gave it: the final state, a message that says what
/// happened and what to do, and the last records. \a store holds all that was recorded.
void explainEnding(RunReport &report, const RunEnding &ending, const TraceStore &store);

} // namespace heddle
