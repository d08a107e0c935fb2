// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/clock.h>
#include <heddle/trace/export.h>
#include <heddle/trace/record.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace heddle::trace {

struct ChunkHeader;
struct FileHeader;

/// How a record is stamped. What follows from another thread's doing is Ordered: it never seems to
/// happen before its cause. Plain costs less.
enum class Stamp : std::uint8_t { Plain, Ordered };

/// Writes the records of one thread into that thread's chunks of the recording.
///
/// The hot path is a clock reading, two stores and one release store; it takes no lock, makes no
/// system call and does not allocate. When a chunk is full the next one is claimed with one
/// compare-and-swap; when none is free, records are dropped and counted, never silently.
///
/// Threads: each belongs to the thread that current() was called from. Never blocks.
class HEDDLE_ENGINE_EXPORT ThreadWriter
{
public:
    /// True while a recording is running in this process. One relaxed load.
    static bool isRecording() noexcept { return s_recording.load(std::memory_order_relaxed); }

    /// The calling thread's writer, or null when nothing is recorded (or the thread is ending).
    static ThreadWriter *current() noexcept
    {
        if (!isRecording()) [[likely]]
            return nullptr;
        ThreadWriter *writer = t_current;
        if (writer && writer->m_generation == s_generation.load(std::memory_order_relaxed))
                [[likely]]
            return writer;
        return attach();
    }

    /// Appends a record of one unit, stamped with the present time.
    void write(RecordType type, std::uint64_t payload) noexcept
    {
        if (hasRoom()) [[likely]]
            writeAt(Clock::ticks(), type, payload);
    }
    /// The same for what follows from another thread's doing: the end of a wait, a flow that
    /// arrives, a value that is shared. It never seems to happen before its cause.
    void writeOrdered(RecordType type, std::uint64_t payload) noexcept
    {
        if (hasRoom()) [[likely]]
            writeAt(Clock::orderedTicks(), type, payload);
    }

    /// Starts a record that has \a continuations further units. False when it had to be dropped;
    /// then neither append() nor publishUnits() may follow.
    bool writeLong(RecordType type, std::uint64_t payload, std::uint32_t continuations) noexcept;
    /// Adds a continuation unit to the record started last.
    void append(RecordType type, std::uint64_t low, std::uint64_t payload) noexcept
    {
        *m_pending++ = {Record::makeHead(type, low), payload};
    }
    /// Makes the record started by writeLong() visible to the reader, with its continuations.
    void publishUnits() noexcept { publish(m_pending); }

    void beginSlice(NameId name) noexcept
    {
        write(RecordType::SliceBegin, name);
        sliceBegun();
    }
    void endSlice() noexcept
    {
        write(RecordType::SliceEnd, 0);
        if (m_depth > 0)
            --m_depth;
    }
    /// Ends the innermost slice and begins another one.
    void nextSlice(NameId name) noexcept { write(RecordType::SliceNext, name); }
    /// Counts a slice as open. A record about a loss tells how many are, so that the reader finds
    /// its way again; hence it is counted after its own record.
    void sliceBegun() noexcept { ++m_depth; }

    /// Records that \a task runs on this thread from now on; its slice opens.
    void beginTask(FlowId task) noexcept
    {
        writeOrdered(RecordType::TaskStateChanged,
                     Record::tagged(task, TaskStateByte::make(TaskState::Running, true)));
        sliceBegun();
        if (m_tasks.size() < m_tasks.capacity() || makeRoomForTask()) [[likely]]
            m_tasks.push_back(task);
    }
    /// Records that \a task goes into \a state, which is not Running. If it ran on this thread,
    /// its slice closes.
    void changeTask(FlowId task, TaskState state) noexcept
    {
        const bool runsHere = taskRunsHere(task);
        const std::uint64_t payload = Record::tagged(task, TaskStateByte::make(state, runsHere));
        if (runsHere) {
            write(RecordType::TaskStateChanged, payload);
            taskLeft(task);
        } else {
            writeOrdered(RecordType::TaskStateChanged, payload);
        }
    }
    /// Records that \a task waits for \a object. If it ran on this thread, its slice closes.
    void suspendTask(FlowId task, ObjectId object, WaitReason reason) noexcept
    {
        const bool runsHere = taskRunsHere(task);
        if (writeLong(RecordType::TaskWaiting,
                      Record::tagged(task, TaskStateByte::make(TaskState::Waiting, runsHere)), 1)) {
            append(RecordType::Value, 0, Record::pair(object, static_cast<std::uint32_t>(reason)));
            publishUnits();
        }
        if (runsHere)
            taskLeft(task);
    }

    [[nodiscard]] ThreadIndex index() const noexcept { return m_index; }

    /// The number of the recording that this writes to: 1, 2, 3 … within a process.
    [[nodiscard]] std::uint32_t generation() const noexcept { return m_generation; }
    /// Whether \a writer, taken from current() before, is still the calling thread's writer and
    /// still writes to recording \a generation. Whoever ends what it has begun asks first.
    static bool isCurrent(const ThreadWriter *writer, std::uint32_t generation) noexcept
    {
        return isRecording() && writer == t_current && writer->m_generation == generation
               && generation == s_generation.load(std::memory_order_relaxed);
    }

    /// A number for a flow, unique in this process. Its recording can be told from it.
    FlowId nextFlow() noexcept
    {
        if (m_nextFlow == m_flowsEnd) [[unlikely]]
            takeFlowNumbers();
        return flowTag() | m_nextFlow++;
    }
    /// Whether \a flow was begun in the recording that this writes to.
    [[nodiscard]] bool owns(FlowId flow) const noexcept
    {
        return (flow & FlowTagMask) == flowTag();
    }
    /// Records that this thread could not keep so far.
    [[nodiscard]] std::uint64_t lost() const noexcept { return m_lostTotal; }

    ~ThreadWriter();
    ThreadWriter(const ThreadWriter &) = delete;
    ThreadWriter &operator=(const ThreadWriter &) = delete;

private:
    friend class ProcessState;
    friend struct ThreadExit;
    ThreadWriter() = default;

    static void beginGeneration() noexcept;
    static void setRecording(bool on) noexcept;
    static ThreadWriter *attach() noexcept;
    void introduce() noexcept;
    // The top 8 of a flow's 56 bits tell its recording; the rest never comes again.
    static constexpr unsigned FlowTagShift = 48;
    static constexpr FlowId FlowTagMask = FlowId{0xff} << FlowTagShift;
    [[nodiscard]] FlowId flowTag() const noexcept
    {
        return (FlowId{m_generation} << FlowTagShift) & FlowTagMask;
    }
    void takeFlowNumbers() noexcept;
    bool hasRoom() noexcept { return m_cursor != m_end || nextChunk(); }
    bool nextChunk() noexcept;
    bool claimChunk() noexcept;
    void closeChunk() noexcept;

    [[nodiscard]] bool taskRunsHere(FlowId task) const noexcept
    {
        return !m_tasks.empty() && (m_tasks.back() == task || isOuterTask(task));
    }
    void taskLeft(FlowId task) noexcept
    {
        if (m_tasks.back() == task) [[likely]]
            m_tasks.pop_back();
        else
            forgetOuterTask(task);
        if (m_depth > 0)
            --m_depth;
    }
    [[nodiscard]] bool isOuterTask(FlowId task) const noexcept;
    void forgetOuterTask(FlowId task) noexcept;
    bool makeRoomForTask() noexcept;

    void writeAt(std::uint64_t ticks, RecordType type, std::uint64_t payload) noexcept
    {
        m_cursor->head = Record::makeHead(type, ticks - m_firstTick);
        m_cursor->payload = payload;
        publish(m_cursor + 1);
    }
    void publish(Record *end) noexcept
    {
        m_cursor = end;
        // Pairs with the acquire load in RecordingReader: units below the count are complete.
        m_committed->store(static_cast<std::uint32_t>(end - m_begin), std::memory_order_release);
    }

    Record *m_cursor = nullptr;
    Record *m_end = nullptr;
    std::uint64_t m_firstTick = 0;
    std::atomic<std::uint32_t> *m_committed = nullptr;
    Record *m_begin = nullptr;
    std::uint32_t m_depth = 0;
    std::uint32_t m_generation = 0;
    ThreadIndex m_index = 0;
    std::uint32_t m_sequence = 0;
    FlowId m_nextFlow = 0;
    FlowId m_flowsEnd = 0;
    Record *m_pending = nullptr;
    ChunkHeader *m_chunk = nullptr;
    FileHeader *m_file = nullptr;
    std::uint64_t m_lost = 0; ///< since the last record that was kept
    std::uint64_t m_lostTotal = 0;
    /// Tasks that run on this thread, the innermost last: they nest where a thread runs one while
    /// another waits. Allocates only when they nest deeper than ever before.
    std::vector<FlowId> m_tasks;

    static std::atomic<bool> s_recording;
    static std::atomic<std::uint32_t> s_generation;
    static std::atomic<FlowId> s_flows;
#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    static thread_local ThreadWriter *t_current;
};

/// The calling thread's number in the recording, 0 while nothing is recorded. A primitive keeps
/// it to tell later who ended a wait. Any thread; never blocks.
inline ThreadIndex currentThread() noexcept
{
    ThreadWriter *writer = ThreadWriter::current();
    return writer ? writer->index() : 0;
}

} // namespace heddle::trace
