// SPDX-License-Identifier: Apache-2.0
#pragma once

// Field numbers of the Perfetto trace format (protos/perfetto/trace, v58.2), as far as we write or
// read them, and the names under which Heddle's own facts travel in it (docs/formats.md).

#include <cstdint>

namespace heddle::perfetto {

namespace Trace {
enum : std::uint32_t { Packet = 1 };
}

namespace Packet {
enum : std::uint32_t {
    ClockSnapshot = 6,
    Timestamp = 8,
    SequenceId = 10,
    TrackEvent = 11,
    InternedData = 12,
    SequenceFlags = 13,
    PreviousPacketDropped = 42,
    ClockId = 58,
    Defaults = 59,
    TrackDescriptor = 60,
    UiState = 78,
    FirstOnSequence = 87,
    TaskStateEvent = 117,
    KernelProcessTree = 122,
    Attributes = 126,
};
}
namespace SequenceFlag {
enum : std::uint32_t { Cleared = 1, NeedsState = 2 };
}
namespace ClockId {
enum : std::uint32_t { Realtime = 1, Monotonic = 3, Boottime = 6 };
}
namespace Snapshot {
enum : std::uint32_t { Clocks = 1, PrimaryClock = 2, Id = 1, Time = 2 };
}
namespace Defaults {
enum : std::uint32_t { ClockId = 58 };
}
namespace Track {
enum : std::uint32_t {
    Uuid = 1,
    Name = 2,
    Process = 3,
    Thread = 4,
    ParentUuid = 5,
    Counter = 8,
    StaticName = 10,
    SiblingMerge = 15,
};
}
inline constexpr std::uint32_t MergeNone = 2;
namespace ProcessField {
enum : std::uint32_t { Pid = 1, Name = 6 };
}
namespace ThreadField {
enum : std::uint32_t { Pid = 1, Tid = 2, Name = 5 };
}
namespace CounterField {
enum : std::uint32_t { Unit = 3 };
}
inline constexpr std::uint32_t UnitCount = 2;
namespace Event {
enum : std::uint32_t {
    CategoryIid = 3,
    Annotation = 4,
    Type = 9,
    NameIid = 10,
    TrackUuid = 11,
    Category = 22,
    Name = 23,
    CounterValue = 30,
    DoubleCounterValue = 44,
    FlowId = 47,
    TerminatingFlowId = 48,
};
}
enum class EventType : std::uint32_t { SliceBegin = 1, SliceEnd = 2, Instant = 3, Counter = 4 };
namespace AnnotationField {
enum : std::uint32_t {
    NameIid = 1,
    Bool = 2,
    UInt = 3,
    Int = 4,
    Double = 5,
    String = 6,
    Name = 10,
    StringIid = 17,
};
}
namespace Interned {
enum : std::uint32_t {
    Categories = 1,
    EventNames = 2,
    AnnotationNames = 3,
    Strings = 29,
    Iid = 1,
    Name = 2
};
}
namespace TaskState {
enum : std::uint32_t { Cpu = 1, Comm = 2, Tid = 3, State = 4 };
}
enum class KernelState : std::uint32_t {
    Runnable = 2,
    Running = 3,
    Sleeping = 4,
    Dead = 7,
    Destroyed = 8
};
namespace ProcessTree {
enum : std::uint32_t {
    Processes = 1,
    Threads = 2,
    Pid = 1,
    ProcessCmdline = 3,
    ThreadTid = 1,
    ThreadPid = 2,
    ThreadComm = 3,
    ThreadIsMain = 4
};
}
namespace Ui {
enum : std::uint32_t { Start = 1, End = 2 };
}
namespace Attribute {
enum : std::uint32_t { Attribute = 1, Key = 1, String = 3 };
}

// Categories of the events that carry what Perfetto has no field for.
inline constexpr char CategoryFlow[] = "heddle.flow";
inline constexpr char CategoryWait[] = "heddle.wait";
inline constexpr char CategoryObject[] = "heddle.object";
inline constexpr char CategoryThread[] = "heddle.thread";
inline constexpr char CategoryTask[] = "heddle.task";
inline constexpr char CategoryCoroutine[] = "heddle.coroutine";

// The attribute by which we recognise our own files.
inline constexpr char FormatAttribute[] = "heddle_format";

// Track uuids: a group in the high half, a number in the low one.
inline constexpr std::uint64_t uuid(std::uint32_t group, std::size_t number)
{
    return (std::uint64_t{group} << 32) | static_cast<std::uint32_t>(number);
}
inline constexpr std::uint32_t GroupProcess = 0x48450001;
inline constexpr std::uint32_t GroupThread = 0x48450002;
inline constexpr std::uint32_t GroupWaits = 0x48450003;
inline constexpr std::uint32_t GroupCounter = 0x48450004;
inline constexpr std::uint32_t GroupObjects = 0x48450005;
inline constexpr std::uint32_t GroupCoroutines = 0x48450006; ///< of a process
inline constexpr std::uint32_t GroupCoroutine = 0x48450007;

} // namespace heddle::perfetto
