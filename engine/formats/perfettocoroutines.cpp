// SPDX-License-Identifier: Apache-2.0
#include "perfettocoroutines_p.h"

#include "coroutinetext_p.h"

#include <heddle/timeline/traceinfo.h>

#include <set>

namespace heddle::perfetto {

namespace {

using protozero::pbf_writer;

class CoroutineTracks
{
public:
    CoroutineTracks(const TraceStore &store, PacketStream &stream,
                    const std::vector<ThreadInfo> &threads, const std::vector<ObjectInfo> &objects)
        : m_store(store)
        , m_stream(stream)
        , m_threads(threads)
        , m_objects(objects)
    {}

    void write(std::size_t coroutine)
    {
        const TaskInfo task = m_store.task(m_store.taskOfCoroutine(coroutine));
        const std::size_t process = task.creator < m_threads.size()
                                            ? m_threads[task.creator].process
                                            : 0;
        describeGroup(process);
        m_stream.packet([&](pbf_writer &packet) {
            pbf_writer track(packet, Packet::TrackDescriptor);
            track.add_uint64(Track::Uuid, uuid(GroupCoroutine, coroutine));
            track.add_uint64(Track::ParentUuid, uuid(GroupCoroutines, process));
            track.add_string(Track::Name, utf8(m_store.name(task.name)));
            track.add_enum(Track::SiblingMerge, MergeNone);
        });
        const CoroutineTrack &stretches = m_store.coroutine(coroutine);
        for (std::size_t k = 0, count = stretches.size(); k < count; ++k)
            write(stretches, stretches.at(k), uuid(GroupCoroutine, coroutine));
    }

private:
    void describeGroup(std::size_t process)
    {
        if (!m_groups.insert(process).second)
            return;
        m_stream.packet([process](pbf_writer &packet) {
            pbf_writer track(packet, Packet::TrackDescriptor);
            track.add_uint64(Track::Uuid, uuid(GroupCoroutines, process));
            track.add_uint64(Track::ParentUuid, uuid(GroupProcess, process));
            track.add_string(Track::Name, "coroutines");
        });
    }
    void annotateThread(PacketStream::EventFields &event, const QString &key, std::size_t thread)
    {
        event.annotate(key, static_cast<qint64>(thread));
        if (thread < m_threads.size())
            event.annotate(key + QStringLiteral("_name"), m_threads[thread].name);
    }
    void write(const CoroutineTrack &track, const CoroutineStretch &stretch, std::uint64_t trackId)
    {
        if (isFinal(stretch.state)) {
            m_stream.event(EventType::Instant, trackId, stretch.startNs, [&](auto &event) {
                event.category(CategoryCoroutine).text(taskStateId(stretch.state));
            });
            return;
        }
        m_stream.event(EventType::SliceBegin, trackId, stretch.startNs, [&](auto &event) {
            event.category(CategoryCoroutine).text(stretchText(stretch, m_objects));
            if (stretch.thread)
                annotateThread(event, QStringLiteral("thread"), *stretch.thread);
            if (const auto waker = track.wakerOf(stretch.index))
                annotateThread(event, QStringLiteral("waker"), *waker);
        });
        if (stretch.endNs != Interval::Unfinished)
            m_stream.event(EventType::SliceEnd, trackId, stretch.endNs);
    }

    const TraceStore &m_store;
    PacketStream &m_stream;
    const std::vector<ThreadInfo> &m_threads;
    const std::vector<ObjectInfo> &m_objects;
    std::set<std::size_t> m_groups;
};

} // namespace

void writeCoroutines(const TraceStore &store, PacketStream &stream,
                     const std::vector<ThreadInfo> &threads, const std::vector<ObjectInfo> &objects)
{
    CoroutineTracks tracks(store, stream, threads, objects);
    for (std::size_t coroutine = 0, count = store.coroutineCount(); coroutine < count; ++coroutine)
        tracks.write(coroutine);
}

double expectedCoroutineEvents(const TraceStore &store)
{
    double events = 0;
    // Its tracks' slices and, on the threads, its states.
    for (std::size_t k = 0, count = store.coroutineCount(); k < count; ++k)
        events += 3 * static_cast<double>(store.coroutine(k).size());
    return events;
}

} // namespace heddle::perfetto
