// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>
#include <heddle/trace/recordingreader.h>

namespace heddle {

/// Turns the records of one process's recording into a TraceStore, live or afterwards.
///
/// Counters are written by several threads; within a drain their samples are put in order of time.
/// Threads: one at a time.
class HEDDLE_TIMELINE_EXPORT RecordingFeed final : public trace::RecordSink
{
public:
    RecordingFeed(TraceStore::Writer &writer, std::int64_t processId, const QString &processName,
                  std::int64_t startMonotonicNs);
    ~RecordingFeed() override;

    void nameDefined(trace::NameId id, std::string_view text) override;
    void threadRecords(trace::ThreadIndex thread, std::span<const trace::Record> records,
                       const trace::TickConversion &clock, std::uint64_t firstTick) override;
    void scheduling(std::span<const trace::SchedulingRecord> records) override;
    /// Call after each RecordingReader::drain(): flushes what had to wait for other threads'
    /// records, and publishes.
    void flush();
    /// Call after the last drain.
    void finish();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle
