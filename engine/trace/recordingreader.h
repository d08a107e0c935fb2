// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/clock.h>
#include <heddle/trace/record.h>
#include <heddle/trace/recorder.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace heddle::trace {

/// How a thread came onto or off its processor.
enum class SchedulingState : std::uint8_t {
    Running = 0, ///< on a CPU from now on
    Preempted,   ///< off the CPU though it could run: ready
    Blocked,     ///< off the CPU because it waits
    Ended,       ///< off the CPU for good
};

/// What the kernel told about a thread's time on the processors.
struct SchedulingRecord
{
    /// When.
    std::int64_t monotonicNs = 0;
    /// Which thread.
    std::uint64_t osThreadId = 0;
    /// On which processor.
    std::uint32_t cpu = 0;
    /// What happened.
    SchedulingState state = SchedulingState::Running;
};

/// Receives what a RecordingReader finds. All calls come from the thread that calls drain().
class RecordSink
{
public:
    virtual ~RecordSink() = default;
    /// The string behind a NameId. Comes before the first record that uses it.
    virtual void nameDefined(NameId id, std::string_view text) = 0;
    /// The next records of one thread, in order, never split within a record. \a clock turns
    /// firstTick + Record::ticks() into nanoseconds.
    virtual void threadRecords(ThreadIndex thread, std::span<const Record> records,
                               const TickConversion &clock, std::uint64_t firstTick) = 0;
    /// Times at which a thread went on or off a processor, ordered per thread.
    virtual void scheduling(std::span<const SchedulingRecord> records) = 0;
};

/// Reads a recording while it is written, or after its writer has died.
///
/// drain() hands over all that has been committed since the last call and returns drained chunks
/// to the writers. One reader per recording. Threads: one at a time. Never blocks the writers.
class HEDDLE_ENGINE_EXPORT RecordingReader
{
public:
    RecordingReader();
    ~RecordingReader();
    RecordingReader(const RecordingReader &) = delete;
    RecordingReader &operator=(const RecordingReader &) = delete;

    /// Opens the recording at \a path. A damaged or foreign file gives an error, never a crash.
    RecordingError open(const std::string &path);
    /// Whether open() has succeeded.
    [[nodiscard]] bool isOpen() const;

    /// Process id of the writer, 0 before a writer has attached.
    [[nodiscard]] std::uint64_t processId() const;
    /// CLOCK_MONOTONIC and wall-clock time of the start of recording, 0 before.
    [[nodiscard]] std::int64_t startMonotonicNs() const;
    /// The wall-clock time of the start.
    [[nodiscard]] std::int64_t startRealtimeNs() const;
    /// True when the writer has ended the recording in order.
    [[nodiscard]] bool isFinished() const;

    /// Returns the number of units handed over.
    std::uint64_t drain(RecordSink &sink);

    /// Records lost so far, as counted by the writers themselves.
    [[nodiscard]] std::uint64_t lost() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle::trace
