// SPDX-License-Identifier: Apache-2.0
#pragma once

// The trace vocabulary: the closed set of records from which everything that is drawn, explained
// or exported derives. docs/trace-vocabulary.md explains each record with an example.

#include <cstdint>

namespace heddle::trace {

/// What a record says. The values are part of the recording's layout; never renumber them.
enum class RecordType : std::uint8_t {
    None = 0,
    ThreadStarted = 1,    ///< payload: operating-system thread id
    ThreadNamed = 2,      ///< payload: name
    ThreadEnded = 3,      ///< payload: 0
    SliceBegin = 4,       ///< payload: name | number of arguments << 32; Argument units follow
    SliceEnd = 5,         ///< payload: 0
    Instant = 6,          ///< payload: name | number of arguments << 32; Argument units follow
    Counter = 7,          ///< payload: object | value (int32) << 32
    CounterWide = 8,      ///< payload: object; one Value unit follows (int64)
    ObjectCreated = 9,    ///< payload: object | name << 32; one Value unit follows (kind, capacity)
    ObjectDestroyed = 10, ///< payload: object
    WaitBegin = 11,       ///< payload: object | WaitReason << 32
    WaitEnd = 12,         ///< payload: object | waker thread (24 bits) << 32 | WaitOutcome << 56
    FlowBegin = 13,       ///< payload: flow id (56 bits) | FlowKind << 56
    FlowStep = 14,        ///< payload: as FlowBegin
    FlowEnd = 15,         ///< payload: as FlowBegin
    TaskStateChanged = 16, ///< payload: id of the task (56 bits) | state << 56, see TaskStateByte
    Lost = 17,             ///< payload: number of records lost | slices open now << 40
    TaskCreated = 18,      ///< payload: id of the task (56 bits) | TaskKind << 56; one Value unit
                           ///< follows: name | object of the executor or loop << 32
    TaskWaiting = 19,      ///< a TaskStateChanged to Waiting; one Value unit follows:
                           ///< object | WaitReason << 32
    // Items of a queue. Payload: position (40 bits) | object (24 bits) << 40, see ItemPayload.
    ItemPut = 20,
    ItemTaken = 21,
    ItemDropped = 22, ///< taken out without being delivered
    // The same for an item that carries nothing (a sentinel): it has depth, but no flow.
    MarkerPut = 23,
    MarkerTaken = 24,
    MarkerDropped = 25,
    SliceNext = 26, ///< a SliceEnd and a SliceBegin at one instant; payload: name
    Argument = 32,  ///< continuation: head holds key | ArgumentType << 32, payload the value
    Value = 33,     ///< continuation: head holds a small number (48 bits), payload a value
};

/// What a traced object is. Objects have a name, may have a counter, and are what threads wait for.
enum class ObjectKind : std::uint8_t {
    Unknown = 0,
    Queue,     ///< counter: items in the queue
    Event,     ///< counter: 1 while set
    Mutex,     ///< counter: the ThreadIndex of the thread that holds it, 0 while it is free
    Semaphore, ///< counter: free permits
    Barrier,
    Exchange, ///< counter: attached subscribers
    Executor, ///< counter: tasks that are ready and not running
    Task,
    Coroutine,
    Storage, ///< counter: threads that have a value
    Future,
    Socket,
    Process,
    Thread,  ///< waiting for a thread to end
    Counter, ///< a number that the program reports under a name of its own
    Condition,
};

/// Why a thread waits. Decides the colour of the wait and whether it counts as a problem.
enum class WaitReason : std::uint8_t {
    Unknown = 0,
    QueueEmpty,
    QueueFull,
    QueueJoin, ///< join(): unfinished items are left
    Event,
    Lock,
    Semaphore,
    Barrier,
    Future,
    ThreadEnd,
    PoolIdle, ///< a worker without work: by design, never a problem
    Sleep,    ///< a timer or a sleep: by design
    InputOutput,
    Signal,        ///< a blocking queued signal
    EventLoopIdle, ///< an event loop without events: by design
    Condition,
};

/// How a wait ended.
enum class WaitOutcome : std::uint8_t {
    Woken = 0, ///< what the thread waited for happened
    TimedOut,
    Stopped,  ///< a stop token ended it
    ShutDown, ///< the object was shut down
};

/// What travels along a flow.
enum class FlowKind : std::uint8_t {
    Unknown = 0,
    QueueItem, ///< put → get → taskDone
    Task,      ///< submit → run
    Message,   ///< publish → each subscriber
    Wake,      ///< set, release, unlock → the thread that it let go on
    Signal,    ///< emit → slot
    Await,     ///< await → resume
};

/// The life of a task. Cancelled, Failed and Finished are final.
enum class TaskState : std::uint8_t {
    Created = 0,
    Ready,
    Running,
    Waiting,
    Finished,
    Failed,
    Cancelled,
};

/// How a task comes into being.
enum class TaskKind : std::uint8_t {
    Ready = 0, ///< a task that could run at once
    Deferred,  ///< a task that becomes ready later: a node of a graph, a timer's
    Coroutine, ///< has a track of its own; becomes ready later
};

/// The state in a TaskStateChanged, as one byte.
///
/// With Running, the bit says that the task's slice begins in the thread that wrote the record;
/// with any other state, that the innermost slice of that thread, which is the task's, ends.
/// Without it, whoever wrote the record tells of the slice by itself, or there is none.
struct TaskStateByte
{
    /// Set when a slice begins or ends with the state.
    static constexpr std::uint8_t SliceBit = 0x80;

    /// Packs them.
    [[nodiscard]] static constexpr std::uint8_t make(TaskState state, bool hasSlice)
    {
        return static_cast<std::uint8_t>(static_cast<unsigned>(state) | (hasSlice ? SliceBit : 0u));
    }
    /// The state in it.
    [[nodiscard]] static constexpr TaskState state(std::uint8_t byte)
    {
        return static_cast<TaskState>(byte & (SliceBit - 1u));
    }
    /// The bit in it.
    [[nodiscard]] static constexpr bool hasSlice(std::uint8_t byte)
    {
        return (byte & SliceBit) != 0;
    }
};

/// Which item of which queue: the payload of ItemPut and its kin.
///
/// The position is the item's number in its queue, so that put and take of one item find each
/// other without a number that travels along. A very long run may wrap it round: only the
/// items that are in a queue at the same time need to differ.
struct ItemPayload
{
    /// Where the object's id begins.
    static constexpr unsigned ObjectShift = 40;
    /// The bits of the position.
    static constexpr std::uint64_t PositionMask = (std::uint64_t{1} << ObjectShift) - 1;
    /// Objects above this number have no item records.
    static constexpr std::uint32_t LastObject = (std::uint32_t{1} << (64 - ObjectShift)) - 1;

    /// Packs them.
    [[nodiscard]] static constexpr std::uint64_t make(std::uint32_t object, std::uint64_t position)
    {
        return (position & PositionMask) | (std::uint64_t{object} << ObjectShift);
    }
    /// The queue in it.
    [[nodiscard]] static constexpr std::uint32_t object(std::uint64_t payload)
    {
        return static_cast<std::uint32_t>(payload >> ObjectShift);
    }
    /// The item's number in it.
    [[nodiscard]] static constexpr std::uint64_t position(std::uint64_t payload)
    {
        return payload & PositionMask;
    }
};

/// The type of the value of a slice's argument.
enum class ArgumentType : std::uint8_t {
    Int = 0,
    UInt,
    Double,
    Bool,
    Name, ///< the payload is the id of an interned string
};

/// One unit of a recording: 16 bytes. Some records have continuation units, always in the same
/// chunk.
///
/// The head of a record holds its time in clock ticks since the recording's first tick (low
/// 56 bits) and its RecordType (high 8 bits).
struct Record
{
    /// Ticks and type.
    std::uint64_t head = 0;
    /// What it says.
    std::uint64_t payload = 0;

    /// The bits of the ticks.
    static constexpr std::uint64_t TickMask = (std::uint64_t{1} << 56) - 1;

    /// What the record says.
    [[nodiscard]] constexpr RecordType type() const { return static_cast<RecordType>(head >> 56); }
    /// Since the recording's first tick.
    [[nodiscard]] constexpr std::uint64_t ticks() const { return head & TickMask; }
    /// The payload's low half.
    [[nodiscard]] constexpr std::uint32_t low() const
    {
        return static_cast<std::uint32_t>(payload);
    }
    /// The payload's high half.
    [[nodiscard]] constexpr std::uint32_t high() const
    {
        return static_cast<std::uint32_t>(payload >> 32);
    }
    /// The low 56 bits of the payload: a flow's id.
    [[nodiscard]] constexpr std::uint64_t flow() const { return payload & TickMask; }
    /// The high 8 bits of the payload: kind, state or outcome.
    [[nodiscard]] constexpr std::uint8_t top() const
    {
        return static_cast<std::uint8_t>(payload >> 56);
    }

    /// Packs a head.
    [[nodiscard]] static constexpr std::uint64_t makeHead(RecordType type, std::uint64_t low)
    {
        return (static_cast<std::uint64_t>(type) << 56) | (low & TickMask);
    }
    /// Packs a payload of two halves.
    [[nodiscard]] static constexpr std::uint64_t pair(std::uint32_t low, std::uint32_t high)
    {
        return low | (static_cast<std::uint64_t>(high) << 32);
    }
    /// Packs a payload with its top byte.
    [[nodiscard]] static constexpr std::uint64_t tagged(std::uint64_t low, std::uint8_t top)
    {
        return (low & TickMask) | (static_cast<std::uint64_t>(top) << 56);
    }
    friend constexpr bool operator==(const Record &, const Record &) = default;
};
static_assert(sizeof(Record) == 16);

/// Identifies a thread within a recording: 1, 2, 3 … in the order of their first record.
/// 0 means unknown.
using ThreadIndex = std::uint32_t;

/// Identifies a traced object within a process: 1, 2, 3 …; 0 means none.
using ObjectId = std::uint32_t;

/// Identifies an interned string within a process: 1, 2, 3 …; 0 is the empty string.
using NameId = std::uint32_t;

/// Identifies a flow, or a task, within a process (56 bits); 0 means none.
using FlowId = std::uint64_t;

} // namespace heddle::trace
