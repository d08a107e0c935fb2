// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/coroutinetrack.h>
#include <heddle/timeline/countertrack.h>
#include <heddle/timeline/intervaltrack.h>
#include <heddle/trace/record.h>
#include <heddle/trace/recordingreader.h>

#include <QMap>
#include <QString>
#include <QVariant>

#include <memory>
#include <optional>
#include <vector>

namespace heddle {

using trace::FlowKind;
using trace::ObjectKind;
using trace::TaskKind;
using trace::WaitOutcome;

/// A process that took part in a trace.
struct ProcessInfo
{
    std::int64_t pid = 0;
    QString name;
};

/// A thread of a trace. Its position in TraceStore::threads() is its handle everywhere.
struct ThreadInfo
{
    std::size_t process = 0; ///< position in processes()
    std::int64_t tid = 0;    ///< the operating system's id
    QString name;            ///< "thread 4711" when it was never named
    std::int64_t startNs = 0;
    std::int64_t endNs = Interval::Unfinished;
    std::uint64_t lost = 0; ///< records that could not be kept
};

/// A traced object. Its position in TraceStore::objects() is its handle everywhere.
struct ObjectInfo
{
    std::size_t process = 0;
    ObjectKind kind = ObjectKind::Unknown;
    QString name;
    std::int64_t capacity = 0; ///< 0: unbounded or not applicable
    std::int64_t createdNs = 0;
    std::int64_t destroyedNs = Interval::Unfinished;
};

/// A named value of a slice or an instant.
struct SliceArgument
{
    QString key;
    QVariant value;
};

/// A slice, found again by thread, depth and index.
struct SliceRef
{
    std::size_t thread = 0;
    std::size_t depth = 0;
    std::size_t index = 0;
    friend bool operator==(const SliceRef &, const SliceRef &) = default;
};

/// Why a thread waited, and who ended it.
struct WaitInfo
{
    std::int64_t startNs = 0;
    std::int64_t durationNs = Interval::Unfinished;
    std::optional<std::size_t> object; ///< position in objects()
    WaitReason reason = WaitReason::Unknown;
    std::optional<std::size_t> waker; ///< position in threads()
    WaitOutcome outcome = WaitOutcome::Woken;
};

struct InstantInfo
{
    std::int64_t ns = 0;
    std::uint32_t name = 0;
};

enum class FlowPhase : std::uint8_t { Begin, Step, End };

/// One end (or station) of a flow.
struct FlowPoint
{
    std::uint64_t flow = 0;
    std::int64_t ns = 0;
    std::uint32_t thread = 0;
    FlowKind kind = FlowKind::Unknown;
    FlowPhase phase = FlowPhase::Begin;
};

/// A task went into a state, as a thread told.
struct TaskStateChange
{
    static constexpr std::uint32_t NoObject = 0xffffffff;

    std::uint64_t flow = 0; ///< the task's id
    std::int64_t ns = 0;
    std::uint32_t object = NoObject; ///< waiting: for this, a position in objects()
    TaskState state = TaskState::Created;
    WaitReason reason = WaitReason::Unknown; ///< of the waiting
    bool isCreation = false;                 ///< the first word about a task whose name is known
};

/// The life of a task or coroutine. Its position in the table is its handle; times that have not
/// come yet are Interval::Unfinished.
struct TaskInfo
{
    std::uint64_t id = 0;   ///< that of the flow to its first run
    std::uint32_t name = 0; ///< 0: its creation is not known
    TaskKind kind = TaskKind::Ready;
    TaskState state = TaskState::Created;
    std::optional<std::size_t> executor;  ///< or loop: position in objects()
    std::size_t creator = 0;              ///< the thread that created it
    std::optional<std::size_t> thread;    ///< the thread that it ran on last
    std::optional<std::size_t> coroutine; ///< its track, if it has one
    std::int64_t createdNs = 0;
    std::int64_t readyNs = Interval::Unfinished;   ///< for the first time
    std::int64_t runningNs = Interval::Unfinished; ///< for the first time
    std::int64_t endedNs = Interval::Unfinished;
};

/// What a thread does in the operating system's eyes. The value of a scheduling track's interval
/// is SchedulingValue::pack(); CPU tracks hold the thread's handle.
struct SchedulingValue
{
    trace::SchedulingState state = trace::SchedulingState::Running;
    std::uint32_t cpu = 0;
    [[nodiscard]] static std::uint32_t pack(trace::SchedulingState state, std::uint32_t cpu)
    {
        return (static_cast<std::uint32_t>(state) << 24) | (cpu & 0xffffff);
    }
    [[nodiscard]] static SchedulingValue unpack(std::uint32_t value)
    {
        return {static_cast<trace::SchedulingState>(value >> 24), value & 0xffffff};
    }
};

/// How much a trace holds.
struct TraceCounts
{
    std::uint64_t slices = 0;
    std::uint64_t waits = 0;
    std::uint64_t instants = 0;
    std::uint64_t counters = 0;      ///< samples
    std::uint64_t flows = 0;         ///< flows begun
    std::uint64_t completeFlows = 0; ///< flows that have a begin and an end
    std::uint64_t scheduling = 0;
    std::uint64_t tasks = 0; ///< coroutines not among them
    std::uint64_t coroutines = 0;
    std::uint64_t lost = 0;
};

/// Everything known about one trace, in memory: what is drawn, explained and exported.
///
/// Append-only columns per track with levels of detail. One writer appends (a collector while a
/// run goes on, or a reader of a file); any number of threads read meanwhile, without locks on the
/// tracks. Lists of processes, threads and objects are small and returned as copies.
///
/// Times are nanoseconds since the start of the trace, which is startMonotonicNs().
///
/// Threads: TraceWriter's functions by one thread at a time; the rest by any. Never blocks for
/// longer than a copy of a small list.
class HEDDLE_TIMELINE_EXPORT TraceStore
{
public:
    TraceStore();
    ~TraceStore();
    TraceStore(const TraceStore &) = delete;
    TraceStore &operator=(const TraceStore &) = delete;

    // What there is
    [[nodiscard]] std::vector<ProcessInfo> processes() const;
    [[nodiscard]] std::vector<ThreadInfo> threads() const;
    [[nodiscard]] std::vector<ObjectInfo> objects() const;
    [[nodiscard]] std::size_t threadCount() const;
    [[nodiscard]] std::size_t objectCount() const;
    [[nodiscard]] std::size_t cpuCount() const;
    [[nodiscard]] TraceCounts counts() const;
    /// The last instant known. Grows while the trace is recorded.
    [[nodiscard]] std::int64_t endNs() const;
    [[nodiscard]] std::int64_t startMonotonicNs() const;
    [[nodiscard]] std::int64_t startRealtimeNs() const;
    /// How the trace was made: pattern, parameters, seed, version, machine, scheduling source …
    [[nodiscard]] QMap<QString, QString> attributes() const;
    /// The text of a name; cheap, any thread.
    [[nodiscard]] QString name(std::uint32_t id) const;
    /// Increases whenever something was appended; a view that has drawn this number is up to date.
    [[nodiscard]] std::uint64_t revision() const;
    /// True when nothing will be appended any more.
    [[nodiscard]] bool isComplete() const;

    // Tracks of a thread; \a thread is a position in threads()
    [[nodiscard]] std::size_t depthCount(std::size_t thread) const;
    /// Values are names.
    [[nodiscard]] const IntervalTrack &slices(std::size_t thread, std::size_t depth) const;
    /// Values are reasons (WaitReason).
    [[nodiscard]] const IntervalTrack &waits(std::size_t thread) const;
    /// Values are SchedulingValue.
    [[nodiscard]] const IntervalTrack &scheduling(std::size_t thread) const;
    [[nodiscard]] const AppendColumn<InstantInfo> &instants(std::size_t thread) const;
    [[nodiscard]] const AppendColumn<FlowPoint> &flowPoints(std::size_t thread) const;
    [[nodiscard]] const AppendColumn<TaskStateChange> &taskStates(std::size_t thread) const;

    // Other tracks
    /// Values are positions in threads().
    [[nodiscard]] const IntervalTrack &cpu(std::size_t cpu) const;
    /// Of a mutex the values are the position in threads() of the thread that holds it plus one, 0
    /// while it is free.
    [[nodiscard]] const CounterTrack &counter(std::size_t object) const;

    // Tasks and coroutines
    [[nodiscard]] std::size_t taskCount() const;
    /// \a task below taskCount().
    [[nodiscard]] TaskInfo task(std::size_t task) const;
    [[nodiscard]] std::optional<std::size_t> taskWithId(std::uint64_t id) const;
    /// The tasks and coroutines of an executor or loop, in order of creation.
    [[nodiscard]] const AppendColumn<std::uint32_t> &tasksOf(std::size_t object) const;
    [[nodiscard]] std::size_t coroutineCount() const;
    /// The states of a coroutine; \a coroutine below coroutineCount().
    [[nodiscard]] const CoroutineTrack &coroutine(std::size_t coroutine) const;
    /// Which of the tasks it is.
    [[nodiscard]] std::size_t taskOfCoroutine(std::size_t coroutine) const;

    // Details
    [[nodiscard]] WaitInfo wait(std::size_t thread, std::size_t index) const;
    [[nodiscard]] std::vector<SliceArgument> arguments(SliceRef slice) const;
    [[nodiscard]] std::vector<SliceArgument> instantArguments(std::size_t thread,
                                                              std::size_t index) const;
    /// The known points of a flow in order of time; of the first \a limit that were recorded.
    [[nodiscard]] std::vector<FlowPoint> flow(std::uint64_t id, std::size_t limit = 1024) const;
    /// Whether any point of the flow is known.
    [[nodiscard]] bool hasFlow(std::uint64_t id) const;
    /// The points of flows that lie within a slice (not in its children too), at most \a limit.
    /// Of a slice with very many in its children, not all may be looked at.
    [[nodiscard]] std::vector<FlowPoint> flowsOf(SliceRef slice, std::size_t limit = 256) const;
    /// The deepest slice of \a thread at \a ns.
    [[nodiscard]] std::optional<SliceRef> sliceAt(std::size_t thread, std::int64_t ns) const;
    /// The next (or previous) slice of the same name in the same thread.
    [[nodiscard]] std::optional<SliceRef> neighbour(SliceRef slice, bool forward) const;
    [[nodiscard]] std::size_t memoryBytes() const;

    /// The writing side. One thread at a time.
    class HEDDLE_TIMELINE_EXPORT Writer
    {
    public:
        explicit Writer(TraceStore &store);
        ~Writer();

        void setStart(std::int64_t monotonicNs, std::int64_t realtimeNs);
        void setAttribute(const QString &key, const QString &value);
        [[nodiscard]] std::uint32_t intern(QStringView text);
        [[nodiscard]] std::size_t addProcess(std::int64_t pid, const QString &name);
        [[nodiscard]] std::size_t addThread(std::size_t process, std::int64_t tid,
                                            const QString &name, std::int64_t startNs);
        void setThreadName(std::size_t thread, const QString &name);
        void endThread(std::size_t thread, std::int64_t ns);
        [[nodiscard]] std::size_t addObject(const ObjectInfo &object);
        /// Fills in what is known of an object that was mentioned before it was described.
        void describeObject(std::size_t object, const ObjectInfo &info);
        void destroyObject(std::size_t object, std::int64_t ns);

        /// Returns where it is. Slices that nest deeper than 4096 are counted as lost.
        std::optional<SliceRef> beginSlice(std::size_t thread, std::int64_t ns, std::uint32_t name,
                                           const std::vector<SliceArgument> &arguments = {});
        void endSlice(std::size_t thread, std::int64_t ns);
        /// Names a slice whose name became known only later.
        void renameSlice(SliceRef slice, std::uint32_t name);
        void instant(std::size_t thread, std::int64_t ns, std::uint32_t name,
                     const std::vector<SliceArgument> &arguments = {});
        void beginWait(std::size_t thread, std::int64_t ns, std::optional<std::size_t> object,
                       WaitReason reason);
        /// Ends the wait; describeWait() tells how.
        void endWait(std::size_t thread, std::int64_t ns);
        /// Tells who ended the wait at position \a wait, and how.
        void describeWait(std::size_t thread, std::size_t wait, std::optional<std::size_t> waker,
                          WaitOutcome outcome);
        void flowPoint(std::size_t thread, std::int64_t ns, std::uint64_t flow, FlowKind kind,
                       FlowPhase phase);
        /// A task or coroutine was created by \a thread; of kind Ready it is ready too. Calls about
        /// tasks and flows come in order of time, over all threads.
        void createTask(std::size_t thread, std::int64_t ns, std::uint64_t id, TaskKind kind,
                        std::uint32_t name, std::optional<std::size_t> executor);
        /// A task went into \a state, as \a thread told: the one that it runs on, or its waker.
        void taskState(std::size_t thread, std::int64_t ns, std::uint64_t id, TaskState state,
                       std::optional<std::size_t> object = std::nullopt,
                       WaitReason reason = WaitReason::Unknown);
        void count(std::size_t object, std::int64_t ns, std::int64_t value);
        void scheduled(std::size_t thread, std::int64_t ns, std::uint32_t cpu,
                       trace::SchedulingState state);
        /// \a openSlices is how many slices are open after the gap, if that is known.
        void lost(std::size_t thread, std::int64_t ns, std::uint64_t records,
                  std::optional<std::size_t> openSlices);
        /// Sets how many records \a thread has lost, where they are known only as a number.
        void setLost(std::size_t thread, std::uint64_t records);
        /// Moves the end of the trace to \a ns if that is later.
        void advance(std::int64_t ns);
        /// Makes the changes since the last call visible as a new revision.
        void publish();
        /// Nothing will follow. Unfinished slices stay unfinished.
        void complete();

    private:
        struct Private;
        std::unique_ptr<Private> d;
    };

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle
