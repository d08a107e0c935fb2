// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collectedrecords.h"

#include <heddle/timeline/recordingfeed.h>

#include <QThread>

#include <optional>
#include <vector>

/// Records this process from construction until end(), and shows what was recorded as a store.
class RecordedTrace
{
public:
    RecordedTrace()
    {
        if (m_recording.error)
            qFatal("%s", m_recording.error.what.c_str());
        if (const auto error = heddle::trace::Recorder::start(m_recording.path))
            qFatal("%s", error.what.c_str());
        if (const auto error = m_reader.open(m_recording.path))
            qFatal("%s", error.what.c_str());
        m_feed.emplace(m_writer, 1, QStringLiteral("program"), m_reader.startMonotonicNs());
    }

    /// Returns when the thread called \a name has begun its wait number \a count.
    void untilWaiting(const char *name, std::size_t count = 1)
    {
        while (true) {
            m_reader.drain(*m_feed);
            m_feed->flush();
            const auto thread = find(name);
            if (thread && store.waits(*thread).size() >= count)
                return;
            QThread::yieldCurrentThread();
        }
    }
    /// Ends the recording; from now on the store holds all of it.
    void end()
    {
        heddle::trace::Recorder::stop();
        m_reader.drain(*m_feed);
        m_feed->finish();
        m_writer.complete();
    }

    std::size_t thread(const char *name) const
    {
        const auto found = find(name);
        if (!found)
            qFatal("no thread %s was recorded", name);
        return *found;
    }
    std::size_t object(const char *name) const
    {
        const std::vector<heddle::ObjectInfo> objects = store.objects();
        for (std::size_t k = 0; k < objects.size(); ++k) {
            if (objects[k].name == QLatin1String(name))
                return k;
        }
        qFatal("no object %s was recorded", name);
    }
    heddle::ObjectInfo objectInfo(const char *name) const { return store.objects()[object(name)]; }

    /// The values of an object's counter, in order of time.
    std::vector<qint64> counter(const char *name) const
    {
        const heddle::CounterTrack &track = store.counter(object(name));
        std::vector<qint64> values;
        for (std::size_t k = 0; k < track.size(); ++k)
            values.push_back(track.at(k).value);
        return values;
    }
    /// The flows of a kind that begin in a thread, in order of time.
    std::vector<std::uint64_t> flowsFrom(const char *name, heddle::FlowKind kind) const
    {
        const auto &points = store.flowPoints(thread(name));
        std::vector<std::uint64_t> flows;
        for (std::size_t k = 0; k < points.size(); ++k) {
            if (points.at(k).phase == heddle::FlowPhase::Begin && points.at(k).kind == kind)
                flows.push_back(points.at(k).flow);
        }
        return flows;
    }

    heddle::TraceStore store;

private:
    std::optional<std::size_t> find(const char *name) const
    {
        const std::vector<heddle::ThreadInfo> threads = store.threads();
        for (std::size_t k = 0; k < threads.size(); ++k) {
            if (threads[k].name == QLatin1String(name))
                return k;
        }
        return std::nullopt;
    }

    TemporaryRecording m_recording;
    heddle::TraceStore::Writer m_writer{store};
    heddle::trace::RecordingReader m_reader;
    std::optional<heddle::RecordingFeed> m_feed;
};
