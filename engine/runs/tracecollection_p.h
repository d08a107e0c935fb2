// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/recordingfeed.h>
#include <heddle/timeline/tracestore.h>
#include <heddle/trace/recordingreader.h>
#include <heddle/trace/sources/kernelscheduling.h>

#include <QString>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace heddle {

/// Moves a recording into a TraceStore in a thread of its own while it is written.
///
/// Threads: the functions by the owner; they do not block but for the destructor. The callbacks
/// come from the collecting thread.
class TraceCollection
{
public:
    /// \a recordingPath was made by trace::createRecording().
    TraceCollection(std::shared_ptr<TraceStore> store, QString recordingPath, QString processName);
    /// Ends without a last drain.
    ~TraceCollection();

    /// Follows the scheduling of \a processId from now on, then calls \a following.
    void follow(std::int64_t processId, std::function<void()> following);
    /// The writer has ended: drains to the end, writes \a attributes, completes the store, then
    /// calls \a finished. Once.
    void finish(QMap<QString, QString> attributes, std::function<void()> finished);

private:
    void collect();
    void drain();
    void complete();

    std::shared_ptr<TraceStore> m_store;
    const QString m_recordingPath;
    const QString m_processName;
    TraceStore::Writer m_writer;
    trace::RecordingReader m_reader;
    trace::KernelScheduling m_scheduling;
    std::unique_ptr<RecordingFeed> m_feed;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::int64_t m_processId = 0;
    std::function<void()> m_following;
    std::function<void()> m_finished;
    QMap<QString, QString> m_attributes;
    bool m_abandoned = false;
    std::thread m_thread;
};

} // namespace heddle
