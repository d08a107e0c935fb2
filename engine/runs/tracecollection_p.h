// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/recordingfeed.h>
#include <heddle/timeline/tracestore.h>
#include <heddle/trace/recordingreader.h>
#include <heddle/trace/sources/kernelscheduling.h>

#include <QMap>
#include <QString>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace heddle {

/// Moves a recording into a TraceStore in a thread of its own while it is written.
///
/// While the recording goes on, the end of the trace follows the clock even when no thread records.
/// Once the store takes more memory than it may, what follows is still read, so that nobody waits,
/// but counted as lost. A failure ends the collection, not the program.
///
/// Threads: the functions by the owner; they do not block but for the destructor. The callbacks
/// come from the collecting thread.
class TraceCollection
{
public:
    /// \a recordingPath was made by trace::createRecording().
    TraceCollection(std::shared_ptr<TraceStore> store, QString recordingPath, QString processName,
                    std::size_t mostBytes);
    /// Ends without a last drain.
    ~TraceCollection();

    /// Follows the scheduling of \a processId from now on, then calls \a following.
    void follow(std::int64_t processId, std::function<void()> following);
    /// The writer has ended: drains to the end, then calls \a drained. Once.
    void drain(std::function<void()> drained);
    /// After drain(): writes \a attributes, completes the store, then calls \a finished. Once.
    void finish(QMap<QString, QString> attributes, std::function<void()> finished);

    /// Why the trace could not be collected; empty if it was. After drain() has called back.
    [[nodiscard]] const QString &problem() const { return m_problem; }
    /// What was not kept for want of room, in words; empty if nothing. After drain() has called
    /// back.
    [[nodiscard]] const QString &gap() const { return m_gap; }

private:
    // Counts the records that the store has no room for.
    class Refusal final : public trace::RecordSink
    {
    public:
        void nameDefined(trace::NameId, std::string_view) override {}
        void threadRecords(trace::ThreadIndex thread, std::span<const trace::Record> records,
                           const trace::TickConversion &clock, std::uint64_t firstTick) override;
        void scheduling(std::span<const trace::SchedulingRecord>) override {}
        [[nodiscard]] std::uint64_t records() const { return m_records; }

    private:
        std::uint64_t m_records = 0;
    };

    void collect();
    template <typename Action>
    void attempt(Action action);
    void open();
    void take();
    void settle();
    void complete(const QMap<QString, QString> &attributes);
    void followClock(std::int64_t nowNs);
    void checkMemory(std::uint64_t newUnits);

    std::shared_ptr<TraceStore> m_store;
    const QString m_recordingPath;
    const QString m_processName;
    const std::size_t m_mostBytes;

    // The collecting thread's; the owner's once drained.
    TraceStore::Writer m_writer;
    trace::RecordingReader m_reader;
    trace::KernelScheduling m_scheduling;
    std::unique_ptr<RecordingFeed> m_feed;
    Refusal m_refusal;
    QString m_problem;
    QString m_gap;
    std::uint64_t m_uncheckedUnits = 0;
    std::int64_t m_clockNs = 0;
    bool m_isFull = false;
    bool m_isDrained = false;

    std::mutex m_mutex; // of what follows
    std::condition_variable m_changed;
    std::int64_t m_processId = 0;
    std::function<void()> m_following;
    std::function<void()> m_drained;
    std::function<void()> m_finished;
    QMap<QString, QString> m_attributes;
    bool m_abandoned = false;
    std::thread m_thread;
};

} // namespace heddle
