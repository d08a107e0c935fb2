// SPDX-License-Identifier: Apache-2.0
#include "perfettowriter_p.h"

#include "perfettofields_p.h"
#include "sliceorder_p.h"

#include <heddle/timeline/traceinfo.h>

#include <protozero/pbf_writer.hpp>

#include <QHash>
#include <QIODevice>

#include <set>
#include <string>

namespace heddle {

namespace {

using protozero::pbf_writer;
namespace pf = perfetto;

constexpr std::size_t FlushBytes = 1 << 18;
constexpr std::uint32_t Sequence = 1;

// Writes packets on one sequence, with names interned when they are first used.
class PacketStream
{
public:
    PacketStream(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                 const std::stop_token &stop)
        : m_store(store), m_device(device), m_progress(progress), m_stop(stop)
    {
        const TraceCounts counts = store.counts();
        m_total = static_cast<double>(counts.slices + counts.waits + counts.counters
                                      + 2 * counts.flows + counts.scheduling + 1);
    }

    void writeAll();

private:
    class Event;

    std::int64_t absolute(std::int64_t ns) const { return m_store.startMonotonicNs() + ns; }
    void writeStart();
    void writeDescriptors();
    void writeObjects();
    void writeThread(std::size_t thread);
    void writeWaits(std::size_t thread);
    void writeFlows(std::size_t thread);
    void writeTasks(std::size_t thread);
    void writeCounters();
    void writeScheduling();

    template <typename Fill>
    void packet(Fill fill)
    {
        m_packet.clear();
        pbf_writer writer(m_packet);
        writer.add_uint32(pf::Packet::SequenceId, Sequence);
        fill(writer);
        pbf_writer trace(m_out);
        trace.add_message(pf::Trace::Packet, m_packet);
        if (m_out.size() >= FlushBytes)
            flush();
    }
    void flush()
    {
        if (m_device.write(m_out.data(), static_cast<qint64>(m_out.size()))
            != static_cast<qint64>(m_out.size())) {
            throw Error(QStringLiteral("The trace cannot be written: %1").arg(m_device.errorString()),
                        QStringLiteral("Perfetto export"),
                        QStringLiteral("Free some disk space and try again"));
        }
        m_out.clear();
        if (m_stop.stop_requested())
            throw Stopped(QStringLiteral("The export was cancelled"), QStringLiteral("Perfetto export"));
        if (m_progress)
            m_progress(std::min(1.0, static_cast<double>(m_done) / m_total));
    }

    std::uint64_t internName(std::uint32_t id)
    {
        if (m_names.insert(id).second)
            addInterned(pf::Interned::EventNames, id + 1, m_store.name(id));
        return id + 1;
    }
    std::uint64_t internText(std::uint32_t field, QHash<QString, std::uint64_t> &known, const QString &text)
    {
        const auto found = known.constFind(text);
        if (found != known.constEnd())
            return *found;
        const std::uint64_t iid = static_cast<std::uint64_t>(known.size()) + 1;
        known.insert(text, iid);
        addInterned(field, iid, text);
        return iid;
    }
    void addInterned(std::uint32_t field, std::uint64_t iid, const QString &text)
    {
        pbf_writer interned(m_interned);
        pbf_writer entry(interned, field);
        entry.add_uint64(pf::Interned::Iid, iid);
        entry.add_bytes(pf::Interned::Name, text.toUtf8().toStdString());
    }

    const TraceStore &m_store;
    QIODevice &m_device;
    const FormatProgress &m_progress;
    const std::stop_token &m_stop;
    double m_total = 1;
    std::uint64_t m_done = 0;
    std::string m_out;
    std::string m_packet;
    std::string m_interned;
    std::set<std::uint32_t> m_names;
    QHash<QString, std::uint64_t> m_categories;
    QHash<QString, std::uint64_t> m_keys;
    std::vector<ThreadInfo> m_threads;
    std::vector<std::int64_t> m_tids; // unique, as readers identify threads by them
};

// A TrackEvent under construction; its packet is written by the destructor.
class PacketStream::Event
{
public:
    Event(PacketStream &stream, pf::EventType type, std::uint64_t track, std::int64_t ns)
        : m_stream(stream), m_ns(ns), m_writer(m_event)
    {
        m_writer.add_enum(pf::Event::Type, static_cast<std::int32_t>(type));
        m_writer.add_uint64(pf::Event::TrackUuid, track);
        ++stream.m_done;
    }
    ~Event() noexcept(false)
    {
        m_stream.packet([this](pbf_writer &packet) {
            packet.add_uint64(pf::Packet::Timestamp,
                              static_cast<std::uint64_t>(m_stream.absolute(m_ns)));
            packet.add_uint32(pf::Packet::SequenceFlags, pf::SequenceFlag::NeedsState);
            if (!m_stream.m_interned.empty()) {
                packet.add_message(pf::Packet::InternedData, m_stream.m_interned);
                m_stream.m_interned.clear();
            }
            packet.add_message(pf::Packet::TrackEvent, m_event);
        });
    }
    Event(const Event &) = delete;
    Event &operator=(const Event &) = delete;

    Event &name(std::uint32_t id)
    {
        m_writer.add_uint64(pf::Event::NameIid, m_stream.internName(id));
        return *this;
    }
    Event &text(const QString &name)
    {
        m_writer.add_string(pf::Event::Name, name.toUtf8().toStdString());
        return *this;
    }
    Event &category(const char *category)
    {
        m_writer.add_uint64(pf::Event::CategoryIid,
                            m_stream.internText(pf::Interned::Categories, m_stream.m_categories,
                                                QLatin1String(category)));
        return *this;
    }
    Event &annotate(const QString &key, const QVariant &value)
    {
        const std::uint64_t iid
                = m_stream.internText(pf::Interned::AnnotationNames, m_stream.m_keys, key);
        pbf_writer annotation(m_writer, pf::Event::Annotation);
        annotation.add_uint64(pf::AnnotationField::NameIid, iid);
        switch (value.typeId()) {
        case QMetaType::Bool:
            annotation.add_bool(pf::AnnotationField::Bool, value.toBool());
            break;
        case QMetaType::UInt:
        case QMetaType::ULongLong:
            annotation.add_uint64(pf::AnnotationField::UInt, value.toULongLong());
            break;
        case QMetaType::Int:
        case QMetaType::LongLong:
            annotation.add_int64(pf::AnnotationField::Int, value.toLongLong());
            break;
        case QMetaType::Double:
            annotation.add_double(pf::AnnotationField::Double, value.toDouble());
            break;
        default:
            annotation.add_string(pf::AnnotationField::String, value.toString().toUtf8().toStdString());
        }
        return *this;
    }
    Event &annotate(const std::vector<SliceArgument> &arguments)
    {
        for (const SliceArgument &argument : arguments)
            annotate(argument.key, argument.value);
        return *this;
    }
    Event &counter(std::int64_t value)
    {
        m_writer.add_int64(pf::Event::CounterValue, value);
        return *this;
    }
    Event &flow(std::uint64_t id, bool terminates)
    {
        m_writer.add_fixed64(terminates ? pf::Event::TerminatingFlowId : pf::Event::FlowId, id);
        return *this;
    }

private:
    PacketStream &m_stream;
    std::int64_t m_ns;
    std::string m_event;
    pbf_writer m_writer;
};

void PacketStream::writeStart()
{
    packet([this](pbf_writer &packet) {
        packet.add_bool(pf::Packet::FirstOnSequence, true);
        packet.add_uint32(pf::Packet::SequenceFlags, pf::SequenceFlag::Cleared);
        {
            pbf_writer defaults(packet, pf::Packet::Defaults);
            defaults.add_uint32(pf::Defaults::ClockId, pf::ClockId::Monotonic);
        }
        pbf_writer snapshot(packet, pf::Packet::ClockSnapshot);
        const auto clock = [&snapshot](std::uint32_t id, std::int64_t ns) {
            pbf_writer entry(snapshot, pf::Snapshot::Clocks);
            entry.add_uint32(pf::Snapshot::Id, id);
            entry.add_uint64(pf::Snapshot::Time, static_cast<std::uint64_t>(ns));
        };
        clock(pf::ClockId::Monotonic, m_store.startMonotonicNs());
        clock(pf::ClockId::Boottime, m_store.startMonotonicNs());
        clock(pf::ClockId::Realtime, m_store.startRealtimeNs());
        snapshot.add_uint32(pf::Snapshot::PrimaryClock, pf::ClockId::Monotonic);
    });
    QMap<QString, QString> attributes = m_store.attributes();
    attributes.insert(QLatin1String(pf::FormatAttribute), QStringLiteral("1"));
    packet([&](pbf_writer &packet) {
        pbf_writer message(packet, pf::Packet::Attributes);
        for (auto entry = attributes.begin(); entry != attributes.end(); ++entry) {
            pbf_writer attribute(message, pf::Attribute::Attribute);
            attribute.add_string(pf::Attribute::Key, entry.key().toUtf8().toStdString());
            attribute.add_string(pf::Attribute::String, entry.value().toUtf8().toStdString());
        }
    });
    packet([this](pbf_writer &packet) {
        pbf_writer state(packet, pf::Packet::UiState);
        state.add_int64(pf::Ui::Start, absolute(0));
        state.add_int64(pf::Ui::End, absolute(m_store.endNs()));
    });
    if (m_store.counts().lost > 0)
        packet([](pbf_writer &packet) { packet.add_uint32(pf::Packet::PreviousPacketDropped, 1); });
}

void PacketStream::writeDescriptors()
{
    const std::vector<ProcessInfo> processes = m_store.processes();
    for (std::size_t k = 0; k < processes.size(); ++k) {
        packet([&](pbf_writer &packet) {
            pbf_writer track(packet, pf::Packet::TrackDescriptor);
            track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupProcess, k));
            pbf_writer process(track, pf::Track::Process);
            process.add_int32(pf::ProcessField::Pid, static_cast<std::int32_t>(processes[k].pid));
            process.add_string(pf::ProcessField::Name, processes[k].name.toUtf8().toStdString());
        });
    }
    std::set<std::int64_t> used;
    for (std::size_t k = 0; k < m_threads.size(); ++k) {
        const ThreadInfo &info = m_threads[k];
        std::int64_t tid = info.tid > 0 ? info.tid : static_cast<std::int64_t>(1'000'000'000 + k);
        // A number that the system gave twice would merge two threads.
        while (!used.insert(tid).second)
            tid += 1'000'000'000;
        m_tids.push_back(tid);
        const std::int64_t pid = processes.empty() ? 0 : processes[info.process].pid;
        packet([&](pbf_writer &packet) {
            pbf_writer track(packet, pf::Packet::TrackDescriptor);
            track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupThread, k));
            pbf_writer thread(track, pf::Track::Thread);
            thread.add_int32(pf::ThreadField::Pid, static_cast<std::int32_t>(pid));
            thread.add_int64(pf::ThreadField::Tid, tid);
            thread.add_string(pf::ThreadField::Name, info.name.toUtf8().toStdString());
        });
        Event(*this, pf::EventType::Instant, pf::uuid(pf::GroupThread, k), info.startNs)
                .category(pf::CategoryThread)
                .text(QStringLiteral("thread"))
                .annotate(QStringLiteral("tid"), static_cast<qint64>(info.tid))
                .annotate(QStringLiteral("start_ns"), static_cast<qint64>(info.startNs))
                .annotate(QStringLiteral("end_ns"), static_cast<qint64>(info.endNs))
                .annotate(QStringLiteral("lost"), static_cast<quint64>(info.lost));
        if (m_store.waits(k).size() > 0) {
            packet([&](pbf_writer &packet) {
                pbf_writer track(packet, pf::Packet::TrackDescriptor);
                track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupWaits, k));
                track.add_uint64(pf::Track::ParentUuid, pf::uuid(pf::GroupThread, k));
                track.add_string(pf::Track::Name, (info.name + QStringLiteral(" waits")).toStdString());
                track.add_enum(pf::Track::SiblingMerge, pf::MergeNone);
            });
        }
    }
}

void PacketStream::writeObjects()
{
    const std::vector<ObjectInfo> objects = m_store.objects();
    if (objects.empty())
        return;
    packet([](pbf_writer &packet) {
        pbf_writer track(packet, pf::Packet::TrackDescriptor);
        track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupObjects, 0));
        track.add_uint64(pf::Track::ParentUuid, pf::uuid(pf::GroupProcess, 0));
        track.add_string(pf::Track::Name, "objects");
    });
    for (std::size_t k = 0; k < objects.size(); ++k) {
        const ObjectInfo &info = objects[k];
        Event(*this, pf::EventType::Instant, pf::uuid(pf::GroupObjects, 0), info.createdNs)
                .category(pf::CategoryObject)
                .text(info.name)
                .annotate(QStringLiteral("id"), static_cast<qint64>(k))
                .annotate(QStringLiteral("kind"), objectKindId(info.kind))
                .annotate(QStringLiteral("capacity"), static_cast<qint64>(info.capacity))
                .annotate(QStringLiteral("process"), static_cast<qint64>(info.process))
                .annotate(QStringLiteral("created_ns"), static_cast<qint64>(info.createdNs))
                .annotate(QStringLiteral("destroyed_ns"), static_cast<qint64>(info.destroyedNs));
        if (m_store.counter(k).size() == 0)
            continue;
        packet([&](pbf_writer &packet) {
            pbf_writer track(packet, pf::Packet::TrackDescriptor);
            track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupCounter, k));
            track.add_uint64(pf::Track::ParentUuid, pf::uuid(pf::GroupProcess, info.process));
            track.add_string(pf::Track::Name, info.name.toUtf8().toStdString());
            track.add_enum(pf::Track::SiblingMerge, pf::MergeNone);
            pbf_writer counter(track, pf::Track::Counter);
            counter.add_enum(pf::CounterField::Unit, pf::UnitCount);
        });
    }
}

void PacketStream::writeThread(std::size_t thread)
{
    const std::uint64_t track = pf::uuid(pf::GroupThread, thread);
    visitSlices(
            m_store, thread,
            [&](SliceRef ref, const Interval &slice) {
                Event(*this, pf::EventType::SliceBegin, track, slice.startNs)
                        .name(slice.value)
                        .annotate(m_store.arguments(ref));
            },
            [&](SliceRef, const Interval &slice) {
                Event(*this, pf::EventType::SliceEnd, track, slice.startNs + slice.durationNs);
            });
    const auto &instants = m_store.instants(thread);
    for (std::size_t k = 0, count = instants.size(); k < count; ++k) {
        Event(*this, pf::EventType::Instant, track, instants.at(k).ns)
                .name(instants.at(k).name)
                .annotate(m_store.instantArguments(thread, k));
    }
}

void PacketStream::writeWaits(std::size_t thread)
{
    const std::uint64_t track = pf::uuid(pf::GroupWaits, thread);
    const std::vector<ObjectInfo> objects = m_store.objects();
    for (std::size_t k = 0, count = m_store.waits(thread).size(); k < count; ++k) {
        const WaitInfo wait = m_store.wait(thread, k);
        const QString reason = waitReasonId(wait.reason);
        {
            Event event(*this, pf::EventType::SliceBegin, track, wait.startNs);
            event.category(pf::CategoryWait);
            event.text(wait.object ? objects[*wait.object].name + QStringLiteral(": ") + reason : reason);
            event.annotate(QStringLiteral("reason"), reason);
            if (wait.object)
                event.annotate(QStringLiteral("object"), static_cast<qint64>(*wait.object));
            if (wait.durationNs != Interval::Unfinished)
                event.annotate(QStringLiteral("outcome"), waitOutcomeId(wait.outcome));
            if (wait.waker && *wait.waker < m_tids.size()) {
                event.annotate(QStringLiteral("waker"), static_cast<qint64>(*wait.waker));
                event.annotate(QStringLiteral("waker_tid"), static_cast<qint64>(m_tids[*wait.waker]));
                event.annotate(QStringLiteral("waker_name"), m_threads[*wait.waker].name);
            }
        }
        if (wait.durationNs != Interval::Unfinished)
            Event(*this, pf::EventType::SliceEnd, track, wait.startNs + wait.durationNs);
    }
}

void PacketStream::writeFlows(std::size_t thread)
{
    const auto &points = m_store.flowPoints(thread);
    for (std::size_t k = 0, count = points.size(); k < count; ++k) {
        const FlowPoint &point = points.at(k);
        const bool ends = point.phase == FlowPhase::End;
        Event(*this, pf::EventType::Instant, pf::uuid(pf::GroupThread, thread), point.ns)
                .category(pf::CategoryFlow)
                .text(flowKindId(point.kind))
                .annotate(QStringLiteral("phase"), static_cast<qint64>(point.phase))
                .flow(point.flow, ends);
    }
}

void PacketStream::writeTasks(std::size_t thread)
{
    const auto &states = m_store.taskStates(thread);
    for (std::size_t k = 0, count = states.size(); k < count; ++k) {
        Event(*this, pf::EventType::Instant, pf::uuid(pf::GroupThread, thread), states.at(k).ns)
                .category(pf::CategoryTask)
                .text(taskStateId(states.at(k).state))
                .annotate(QStringLiteral("task"), static_cast<quint64>(states.at(k).flow));
    }
}

void PacketStream::writeCounters()
{
    for (std::size_t object = 0; object < m_store.objectCount(); ++object) {
        const CounterTrack &counter = m_store.counter(object);
        for (std::size_t k = 0, count = counter.size(); k < count; ++k) {
            const CounterTrack::Sample sample = counter.at(k);
            Event(*this, pf::EventType::Counter, pf::uuid(pf::GroupCounter, object), sample.ns)
                    .counter(sample.value);
        }
    }
}

void PacketStream::writeScheduling()
{
    const std::vector<ProcessInfo> processes = m_store.processes();
    if (m_store.counts().scheduling == 0)
        return;
    packet([&](pbf_writer &packet) {
        packet.add_uint64(pf::Packet::Timestamp, static_cast<std::uint64_t>(absolute(0)));
        packet.add_uint32(pf::Packet::ClockId, pf::ClockId::Monotonic);
        pbf_writer tree(packet, pf::Packet::KernelProcessTree);
        for (const ProcessInfo &info : processes) {
            pbf_writer process(tree, pf::ProcessTree::Processes);
            process.add_int64(pf::ProcessTree::Pid, info.pid);
            process.add_string(pf::ProcessTree::ProcessCmdline, info.name.toUtf8().toStdString());
        }
        for (std::size_t k = 0; k < m_threads.size(); ++k) {
            const std::int64_t pid = processes.empty() ? 0 : processes[m_threads[k].process].pid;
            pbf_writer thread(tree, pf::ProcessTree::Threads);
            thread.add_int64(pf::ProcessTree::ThreadTid, m_tids[k]);
            thread.add_int64(pf::ProcessTree::ThreadPid, pid);
            thread.add_string(pf::ProcessTree::ThreadComm, m_threads[k].name.toUtf8().toStdString());
            thread.add_bool(pf::ProcessTree::ThreadIsMain, m_tids[k] == pid);
        }
    });
    for (std::size_t thread = 0; thread < m_threads.size(); ++thread) {
        const IntervalTrack &track = m_store.scheduling(thread);
        for (std::size_t k = 0, count = track.size(); k < count; ++k) {
            const Interval interval = track.at(k);
            const SchedulingValue value = SchedulingValue::unpack(interval.value);
            const pf::KernelState state = value.state == trace::SchedulingState::Running
                    ? pf::KernelState::Running
                    : value.state == trace::SchedulingState::Preempted ? pf::KernelState::Runnable
                                                                       : pf::KernelState::Sleeping;
            packet([&](pbf_writer &packet) {
                packet.add_uint64(pf::Packet::Timestamp,
                                  static_cast<std::uint64_t>(absolute(interval.startNs)));
                packet.add_uint32(pf::Packet::ClockId, pf::ClockId::Monotonic);
                pbf_writer event(packet, pf::Packet::TaskStateEvent);
                event.add_int32(pf::TaskState::Cpu, static_cast<std::int32_t>(value.cpu));
                event.add_string(pf::TaskState::Comm, m_threads[thread].name.toUtf8().toStdString());
                event.add_int64(pf::TaskState::Tid, m_tids[thread]);
                event.add_enum(pf::TaskState::State, static_cast<std::int32_t>(state));
            });
            ++m_done;
        }
    }
}

void PacketStream::writeAll()
{
    m_threads = m_store.threads();
    writeStart();
    writeDescriptors();
    writeObjects();
    for (std::size_t thread = 0; thread < m_threads.size(); ++thread) {
        writeThread(thread);
        writeWaits(thread);
        writeFlows(thread);
        writeTasks(thread);
    }
    writeCounters();
    writeScheduling();
    flush();
}

} // namespace

void PerfettoWriter::write(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                           std::stop_token stop) const
{
    PacketStream(store, device, progress, stop).writeAll();
}

} // namespace heddle
