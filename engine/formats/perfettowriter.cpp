// SPDX-License-Identifier: Apache-2.0
#include "perfettowriter_p.h"

#include "perfettocoroutines_p.h"
#include "perfettostream_p.h"
#include "sliceorder_p.h"
#include "threadnumbers_p.h"

#include <heddle/timeline/traceinfo.h>

namespace heddle {

namespace {

using protozero::pbf_writer;
namespace pf = perfetto;
using pf::utf8;
using Fields = pf::PacketStream::EventFields;

// One writing of one store, part after part.
class PerfettoExport
{
public:
    PerfettoExport(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                   const std::stop_token &stop)
        : m_store(store)
        , m_stream(store, device, progress, stop, expectedEvents(store))
        , m_processes(store.processes())
        , m_threads(store.threads())
        , m_objects(store.objects())
        , m_tids(uniqueThreadNumbers(m_threads))
    {}

    void write();

private:
    static double expectedEvents(const TraceStore &store)
    {
        const TraceCounts counts = store.counts();
        return static_cast<double>(2 * counts.slices + 2 * counts.waits + counts.instants
                                   + counts.counters + 2 * counts.flows + counts.scheduling
                                   + 3 * counts.tasks + 1)
               + pf::expectedCoroutineEvents(store);
    }
    std::int64_t pidOf(const ThreadInfo &thread) const
    {
        return thread.process < m_processes.size() ? m_processes[thread.process].pid : 0;
    }

    void writeStart();
    void writeProcesses();
    void writeThreads();
    void writeWaitTrack(std::size_t thread);
    void writeObjects();
    void writeSlices(std::size_t thread);
    void writeInstants(std::size_t thread);
    void writeWaits(std::size_t thread);
    void writeFlows(std::size_t thread);
    void writeTasks(std::size_t thread);
    void describeTask(Fields &event, std::uint64_t id) const;
    void writeCounters();
    void writeKernelProcesses();
    void writeScheduling(std::size_t thread);

    const TraceStore &m_store;
    pf::PacketStream m_stream;
    const std::vector<ProcessInfo> m_processes;
    const std::vector<ThreadInfo> m_threads;
    const std::vector<ObjectInfo> m_objects;
    const std::vector<std::int64_t> m_tids;
};

void PerfettoExport::writeStart()
{
    m_stream.packet([this](pbf_writer &packet) {
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
            entry.add_uint64(pf::Snapshot::Time,
                             static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)));
        };
        clock(pf::ClockId::Monotonic, m_store.startMonotonicNs());
        clock(pf::ClockId::Boottime, m_store.startMonotonicNs());
        clock(pf::ClockId::Realtime, m_store.startRealtimeNs());
        snapshot.add_uint32(pf::Snapshot::PrimaryClock, pf::ClockId::Monotonic);
    });
    QMap<QString, QString> attributes = m_store.attributes();
    attributes.insert(QLatin1String(pf::FormatAttribute), QStringLiteral("1"));
    m_stream.packet([&attributes](pbf_writer &packet) {
        pbf_writer message(packet, pf::Packet::Attributes);
        for (auto entry = attributes.begin(); entry != attributes.end(); ++entry) {
            pbf_writer attribute(message, pf::Attribute::Attribute);
            attribute.add_string(pf::Attribute::Key, utf8(entry.key()));
            attribute.add_string(pf::Attribute::String, utf8(entry.value()));
        }
    });
    m_stream.packet([this](pbf_writer &packet) {
        pbf_writer state(packet, pf::Packet::UiState);
        state.add_uint64(pf::Ui::Start, m_stream.timestamp(0));
        state.add_uint64(pf::Ui::End, m_stream.timestamp(m_store.endNs()));
    });
    if (m_store.counts().lost > 0) {
        m_stream.packet([](pbf_writer &packet) {
            packet.add_uint32(pf::Packet::PreviousPacketDropped, 1);
        });
    }
}

void PerfettoExport::writeProcesses()
{
    for (std::size_t k = 0; k < m_processes.size(); ++k) {
        m_stream.packet([this, k](pbf_writer &packet) {
            pbf_writer track(packet, pf::Packet::TrackDescriptor);
            track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupProcess, k));
            pbf_writer process(track, pf::Track::Process);
            process.add_int32(pf::ProcessField::Pid, static_cast<std::int32_t>(m_processes[k].pid));
            process.add_string(pf::ProcessField::Name, utf8(m_processes[k].name));
        });
    }
}

void PerfettoExport::writeThreads()
{
    for (std::size_t k = 0; k < m_threads.size(); ++k) {
        const ThreadInfo &info = m_threads[k];
        m_stream.packet([&](pbf_writer &packet) {
            pbf_writer track(packet, pf::Packet::TrackDescriptor);
            track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupThread, k));
            pbf_writer thread(track, pf::Track::Thread);
            thread.add_int32(pf::ThreadField::Pid, static_cast<std::int32_t>(pidOf(info)));
            thread.add_int64(pf::ThreadField::Tid, m_tids[k]);
            thread.add_string(pf::ThreadField::Name, utf8(info.name));
        });
        m_stream.event(
                pf::EventType::Instant, pf::uuid(pf::GroupThread, k), info.startNs,
                [&info](Fields &event) {
                    event.category(pf::CategoryThread)
                            .text(QStringLiteral("thread"))
                            .annotate(QStringLiteral("tid"), static_cast<qint64>(info.tid))
                            .annotate(QStringLiteral("start_ns"), static_cast<qint64>(info.startNs))
                            .annotate(QStringLiteral("end_ns"), static_cast<qint64>(info.endNs))
                            .annotate(QStringLiteral("lost"), static_cast<quint64>(info.lost));
                });
        if (m_store.waits(k).size() > 0)
            writeWaitTrack(k);
    }
}

void PerfettoExport::writeWaitTrack(std::size_t thread)
{
    m_stream.packet([this, thread](pbf_writer &packet) {
        pbf_writer track(packet, pf::Packet::TrackDescriptor);
        track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupWaits, thread));
        track.add_uint64(pf::Track::ParentUuid, pf::uuid(pf::GroupThread, thread));
        track.add_string(pf::Track::Name, utf8(m_threads[thread].name + QStringLiteral(" waits")));
        track.add_enum(pf::Track::SiblingMerge, pf::MergeNone);
    });
}

void PerfettoExport::writeObjects()
{
    if (m_objects.empty())
        return;
    m_stream.packet([this](pbf_writer &packet) {
        pbf_writer track(packet, pf::Packet::TrackDescriptor);
        track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupObjects, 0));
        if (!m_processes.empty())
            track.add_uint64(pf::Track::ParentUuid, pf::uuid(pf::GroupProcess, 0));
        track.add_string(pf::Track::Name, "objects");
    });
    for (std::size_t k = 0; k < m_objects.size(); ++k) {
        const ObjectInfo &info = m_objects[k];
        m_stream.event(pf::EventType::Instant, pf::uuid(pf::GroupObjects, 0), info.createdNs,
                       [&info, k](Fields &event) {
                           event.category(pf::CategoryObject)
                                   .text(info.name)
                                   .annotate(QStringLiteral("id"), static_cast<qint64>(k))
                                   .annotate(QStringLiteral("kind"), objectKindId(info.kind))
                                   .annotate(QStringLiteral("capacity"),
                                             static_cast<qint64>(info.capacity))
                                   .annotate(QStringLiteral("process"),
                                             static_cast<qint64>(info.process))
                                   .annotate(QStringLiteral("created_ns"),
                                             static_cast<qint64>(info.createdNs))
                                   .annotate(QStringLiteral("destroyed_ns"),
                                             static_cast<qint64>(info.destroyedNs));
                       });
        if (m_store.counter(k).size() == 0)
            continue;
        m_stream.packet([&](pbf_writer &packet) {
            pbf_writer track(packet, pf::Packet::TrackDescriptor);
            track.add_uint64(pf::Track::Uuid, pf::uuid(pf::GroupCounter, k));
            track.add_uint64(pf::Track::ParentUuid, pf::uuid(pf::GroupProcess, info.process));
            track.add_string(pf::Track::Name, utf8(info.name));
            track.add_enum(pf::Track::SiblingMerge, pf::MergeNone);
            pbf_writer counter(track, pf::Track::Counter);
            counter.add_enum(pf::CounterField::Unit, pf::UnitCount);
        });
    }
}

void PerfettoExport::writeSlices(std::size_t thread)
{
    const std::uint64_t track = pf::uuid(pf::GroupThread, thread);
    visitSlices(
            m_store, thread,
            [&](SliceRef ref, const Interval &slice) {
                m_stream.event(pf::EventType::SliceBegin, track, slice.startNs, [&](Fields &event) {
                    event.name(slice.value).annotate(m_store.arguments(ref));
                });
            },
            [&](SliceRef, const Interval &slice) {
                m_stream.event(pf::EventType::SliceEnd, track, slice.startNs + slice.durationNs);
            });
}

void PerfettoExport::writeInstants(std::size_t thread)
{
    const auto &instants = m_store.instants(thread);
    for (std::size_t k = 0, count = instants.size(); k < count; ++k) {
        m_stream.event(
                pf::EventType::Instant, pf::uuid(pf::GroupThread, thread), instants.at(k).ns,
                [&](Fields &event) {
                    event.name(instants.at(k).name).annotate(m_store.instantArguments(thread, k));
                });
    }
}

void PerfettoExport::writeWaits(std::size_t thread)
{
    const std::uint64_t track = pf::uuid(pf::GroupWaits, thread);
    for (std::size_t k = 0, count = m_store.waits(thread).size(); k < count; ++k) {
        const WaitInfo wait = m_store.wait(thread, k);
        const bool isFinished = wait.durationNs != Interval::Unfinished;
        const QString reason = waitReasonId(wait.reason);
        m_stream.event(pf::EventType::SliceBegin, track, wait.startNs, [&](Fields &event) {
            const bool isKnown = wait.object && *wait.object < m_objects.size();
            event.category(pf::CategoryWait)
                    .text(isKnown ? m_objects[*wait.object].name + QStringLiteral(": ") + reason
                                  : reason)
                    .annotate(QStringLiteral("reason"), reason);
            if (isKnown)
                event.annotate(QStringLiteral("object"), static_cast<qint64>(*wait.object));
            if (isFinished)
                event.annotate(QStringLiteral("outcome"), waitOutcomeId(wait.outcome));
            if (wait.waker && *wait.waker < m_tids.size()) {
                event.annotate(QStringLiteral("waker"), static_cast<qint64>(*wait.waker))
                        .annotate(QStringLiteral("waker_tid"),
                                  static_cast<qint64>(m_tids[*wait.waker]))
                        .annotate(QStringLiteral("waker_name"), m_threads[*wait.waker].name);
            }
        });
        if (isFinished)
            m_stream.event(pf::EventType::SliceEnd, track, wait.startNs + wait.durationNs);
    }
}

// Instants of their own, as most points lie within a slice that began earlier.
void PerfettoExport::writeFlows(std::size_t thread)
{
    const auto &points = m_store.flowPoints(thread);
    for (std::size_t k = 0, count = points.size(); k < count; ++k) {
        const FlowPoint &point = points.at(k);
        m_stream.event(pf::EventType::Instant, pf::uuid(pf::GroupThread, thread), point.ns,
                       [&point](Fields &event) {
                           event.category(pf::CategoryFlow)
                                   .text(flowKindId(point.kind))
                                   .annotate(QStringLiteral("phase"),
                                             static_cast<qint64>(point.phase))
                                   .flow(point.flow, point.phase == FlowPhase::End);
                       });
    }
}

void PerfettoExport::writeTasks(std::size_t thread)
{
    const auto &states = m_store.taskStates(thread);
    for (std::size_t k = 0, count = states.size(); k < count; ++k) {
        const TaskStateChange &change = states.at(k);
        m_stream.event(
                pf::EventType::Instant, pf::uuid(pf::GroupThread, thread), change.ns,
                [this, &change](Fields &event) {
                    event.category(pf::CategoryTask)
                            .text(taskStateId(change.state))
                            .annotate(QStringLiteral("task"), static_cast<quint64>(change.flow));
                    if (change.isCreation)
                        describeTask(event, change.flow);
                    if (change.reason != WaitReason::Unknown)
                        event.annotate(QStringLiteral("reason"), waitReasonId(change.reason));
                    if (change.object != TaskStateChange::NoObject) {
                        event.annotate(QStringLiteral("object"),
                                       static_cast<qint64>(change.object));
                    }
                });
    }
}

void PerfettoExport::describeTask(Fields &event, std::uint64_t id) const
{
    const auto row = m_store.taskWithId(id);
    if (!row)
        return;
    const TaskInfo task = m_store.task(*row);
    event.annotate(QStringLiteral("kind"), taskKindId(task.kind))
            .annotate(QStringLiteral("name"), m_store.name(task.name));
    if (task.executor)
        event.annotate(QStringLiteral("executor"), static_cast<qint64>(*task.executor));
}

void PerfettoExport::writeCounters()
{
    for (std::size_t object = 0; object < m_objects.size(); ++object) {
        const CounterTrack &counter = m_store.counter(object);
        for (std::size_t k = 0, count = counter.size(); k < count; ++k) {
            const CounterTrack::Sample sample = counter.at(k);
            m_stream.event(pf::EventType::Counter, pf::uuid(pf::GroupCounter, object), sample.ns,
                           [&sample](Fields &event) { event.counter(sample.value); });
        }
    }
}

void PerfettoExport::writeKernelProcesses()
{
    m_stream.packet([this](pbf_writer &packet) {
        packet.add_uint64(pf::Packet::Timestamp, m_stream.timestamp(0));
        packet.add_uint32(pf::Packet::ClockId, pf::ClockId::Monotonic);
        pbf_writer tree(packet, pf::Packet::KernelProcessTree);
        for (const ProcessInfo &info : m_processes) {
            pbf_writer process(tree, pf::ProcessTree::Processes);
            process.add_int64(pf::ProcessTree::Pid, info.pid);
            process.add_string(pf::ProcessTree::ProcessCmdline, utf8(info.name));
        }
        for (std::size_t k = 0; k < m_threads.size(); ++k) {
            const std::int64_t pid = pidOf(m_threads[k]);
            pbf_writer thread(tree, pf::ProcessTree::Threads);
            thread.add_int64(pf::ProcessTree::ThreadTid, m_tids[k]);
            thread.add_int64(pf::ProcessTree::ThreadPid, pid);
            thread.add_string(pf::ProcessTree::ThreadComm, utf8(m_threads[k].name));
            thread.add_bool(pf::ProcessTree::ThreadIsMain, m_tids[k] == pid);
        }
    });
}

void PerfettoExport::writeScheduling(std::size_t thread)
{
    const std::string name = utf8(m_threads[thread].name);
    const auto write = [&](std::int64_t ns, std::uint32_t cpu, pf::KernelState state) {
        m_stream.packet([&](pbf_writer &packet) {
            packet.add_uint64(pf::Packet::Timestamp, m_stream.timestamp(ns));
            packet.add_uint32(pf::Packet::ClockId, pf::ClockId::Monotonic);
            pbf_writer event(packet, pf::Packet::TaskStateEvent);
            event.add_int32(pf::TaskState::Cpu, static_cast<std::int32_t>(cpu));
            event.add_string(pf::TaskState::Comm, name);
            event.add_int64(pf::TaskState::Tid, m_tids[thread]);
            event.add_enum(pf::TaskState::State, static_cast<std::int32_t>(state));
        });
    };
    const IntervalTrack &track = m_store.scheduling(thread);
    const std::size_t count = track.size();
    for (std::size_t k = 0; k < count; ++k) {
        const Interval interval = track.at(k);
        const SchedulingValue value = SchedulingValue::unpack(interval.value);
        write(interval.startNs, value.cpu,
              value.state == trace::SchedulingState::Running     ? pf::KernelState::Running
              : value.state == trace::SchedulingState::Preempted ? pf::KernelState::Runnable
                                                                 : pf::KernelState::Sleeping);
        if (k + 1 == count && interval.durationNs != Interval::Unfinished)
            write(interval.startNs + interval.durationNs, value.cpu, pf::KernelState::Dead);
        m_stream.advance();
    }
}

void PerfettoExport::write()
{
    writeStart();
    writeProcesses();
    writeThreads();
    writeObjects();
    for (std::size_t thread = 0; thread < m_threads.size(); ++thread) {
        writeSlices(thread);
        writeInstants(thread);
        writeWaits(thread);
        writeFlows(thread);
        writeTasks(thread);
    }
    pf::writeCoroutines(m_store, m_stream, m_threads, m_objects);
    writeCounters();
    if (m_store.counts().scheduling > 0) {
        writeKernelProcesses();
        for (std::size_t thread = 0; thread < m_threads.size(); ++thread)
            writeScheduling(thread);
    }
    m_stream.flush();
}

} // namespace

void PerfettoWriter::write(const TraceStore &store, QIODevice &device,
                           const FormatProgress &progress, std::stop_token stop) const
{
    PerfettoExport(store, device, progress, stop).write();
}

} // namespace heddle
