// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <QJsonObject>
#include <QStringList>

namespace heddle {

/// What `heddle info --json` prints, a contract (docs/cli.md): format, span_ns, processes, threads,
/// objects, slices, instants, counters (samples), flows, tasks, coroutines, lost … Any thread;
/// blocks for the copies of the lists.
HEDDLE_TIMELINE_EXPORT QJsonObject traceInfo(const TraceStore &store, const QString &format);

// The stable identifiers of the vocabulary in every export ("queue", "queue_empty", "woken" …), and
// their way back; what is unknown comes back as the first value of the enumeration.
HEDDLE_TIMELINE_EXPORT QString objectKindId(ObjectKind kind);
HEDDLE_TIMELINE_EXPORT ObjectKind objectKindFromId(QStringView id);
HEDDLE_TIMELINE_EXPORT QString waitReasonId(WaitReason reason);
HEDDLE_TIMELINE_EXPORT WaitReason waitReasonFromId(QStringView id);
HEDDLE_TIMELINE_EXPORT QString waitOutcomeId(WaitOutcome outcome);
HEDDLE_TIMELINE_EXPORT WaitOutcome waitOutcomeFromId(QStringView id);
HEDDLE_TIMELINE_EXPORT QString flowKindId(FlowKind kind);
HEDDLE_TIMELINE_EXPORT FlowKind flowKindFromId(QStringView id);
HEDDLE_TIMELINE_EXPORT QString taskStateId(TaskState state);
HEDDLE_TIMELINE_EXPORT TaskState taskStateFromId(QStringView id);
HEDDLE_TIMELINE_EXPORT QString taskKindId(TaskKind kind);
HEDDLE_TIMELINE_EXPORT TaskKind taskKindFromId(QStringView id);

/// What is missing from a trace, as it says of itself: damage of its file, records that a limit or
/// a failure kept out. A sentence each. Any thread; never blocks.
HEDDLE_TIMELINE_EXPORT QStringList traceGaps(const TraceStore &store);

} // namespace heddle
