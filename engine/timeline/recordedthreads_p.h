// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>
#include <heddle/trace/recordingreader.h>

#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace heddle {

/// The threads of a recording: which lane of the store is whose, and when each was on a processor.
///
/// Two sources tell of them, the recorder by its own numbers and the kernel by those of the
/// operating system, which uses them again. Threads: one at a time.
class RecordedThreads
{
public:
    /// Of \a process in the store of \a writer; the recording began at \a startNs (monotonic).
    RecordedThreads(TraceStore::Writer &writer, std::size_t process, std::int64_t startNs)
        : m_writer(writer)
        , m_process(process)
        , m_startNs(startNs)
    {}

    /// The recorder's thread \a index, which may not have been told of.
    std::size_t handle(trace::ThreadIndex index);
    /// The same, if it is known.
    [[nodiscard]] std::optional<std::size_t> find(trace::ThreadIndex index) const;
    void started(trace::ThreadIndex index, std::uint64_t tid, std::int64_t ns);
    void ended(std::size_t handle, std::int64_t ns);

    /// What the kernel told, in order of time.
    void scheduling(std::span<const trace::SchedulingRecord> records);
    /// Writes what the kernel told of the time until \a untilNs: only what the threads' own records
    /// have caught up with, since which of two threads of one number is meant is known from the
    /// start of the second.
    void writeScheduling(std::int64_t untilNs);

private:
    TraceStore::Writer &m_writer;
    const std::size_t m_process;
    const std::int64_t m_startNs;
    std::unordered_map<trace::ThreadIndex, std::size_t> m_handles;
    // Those that had an operating-system number, one after the other: the first is the one that the
    // kernel's next word is about.
    std::unordered_map<std::uint64_t, std::deque<std::size_t>> m_byTid;
    std::unordered_map<std::size_t, std::int64_t> m_starts; ///< when threads started
    std::unordered_map<std::size_t, std::int64_t> m_ends;   ///< when threads ended
    std::unordered_set<std::size_t> m_introduced;           ///< that the recorder has told of
    std::vector<trace::SchedulingRecord> m_switches;        ///< not written yet, in order of time
};

} // namespace heddle
