// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/traceinfo.h>

#include <array>

namespace heddle {

namespace {

// In the order of the enumerations in record.h.
constexpr std::array ObjectKinds{"unknown", "queue",    "event",    "mutex",   "semaphore",
                                 "barrier", "exchange", "executor", "task",    "coroutine",
                                 "storage", "future",   "socket",   "process", "thread",
                                 "counter", "condition"};
constexpr std::array WaitReasons{"unknown",      "queue_empty", "queue_full",      "queue_join",
                                 "event",        "lock",        "semaphore",       "barrier",
                                 "future",       "thread_end",  "pool_idle",       "sleep",
                                 "input_output", "signal",      "event_loop_idle", "condition"};
constexpr std::array WaitOutcomes{"woken", "timed_out", "stopped", "shut_down"};
constexpr std::array FlowKinds{"unknown", "queue_item", "task", "message",
                               "wake",    "signal",     "await"};
constexpr std::array TaskStates{"created",  "ready",  "running",  "waiting",
                                "finished", "failed", "cancelled"};
constexpr std::array TaskKinds{"ready", "deferred", "coroutine"};

template <typename Enum, std::size_t Count>
QString idOf(const std::array<const char *, Count> &ids, Enum value)
{
    const auto index = static_cast<std::size_t>(value);
    return QLatin1String(ids[index < Count ? index : 0]);
}

template <typename Enum, std::size_t Count>
Enum valueOf(const std::array<const char *, Count> &ids, QStringView id)
{
    for (std::size_t index = 0; index < Count; ++index) {
        if (id == QLatin1String(ids[index]))
            return static_cast<Enum>(index);
    }
    return static_cast<Enum>(0);
}

} // namespace

QString objectKindId(ObjectKind kind)
{
    return idOf(ObjectKinds, kind);
}
ObjectKind objectKindFromId(QStringView id)
{
    return valueOf<ObjectKind>(ObjectKinds, id);
}
QString waitReasonId(WaitReason reason)
{
    return idOf(WaitReasons, reason);
}
WaitReason waitReasonFromId(QStringView id)
{
    return valueOf<WaitReason>(WaitReasons, id);
}
QString waitOutcomeId(WaitOutcome outcome)
{
    return idOf(WaitOutcomes, outcome);
}
WaitOutcome waitOutcomeFromId(QStringView id)
{
    return valueOf<WaitOutcome>(WaitOutcomes, id);
}
QString flowKindId(FlowKind kind)
{
    return idOf(FlowKinds, kind);
}
FlowKind flowKindFromId(QStringView id)
{
    return valueOf<FlowKind>(FlowKinds, id);
}
QString taskStateId(TaskState state)
{
    return idOf(TaskStates, state);
}
TaskState taskStateFromId(QStringView id)
{
    return valueOf<TaskState>(TaskStates, id);
}
QString taskKindId(TaskKind kind)
{
    return idOf(TaskKinds, kind);
}
TaskKind taskKindFromId(QStringView id)
{
    return valueOf<TaskKind>(TaskKinds, id);
}

} // namespace heddle
