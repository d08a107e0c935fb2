// SPDX-License-Identifier: Apache-2.0
#include "perfettoreader_p.h"

#include "perfettopackets_p.h"

#include <heddle/timeline/traceinfo.h>

#include <QIODevice>

#include <algorithm>
#include <limits>

namespace heddle {

namespace {

void throwIfStopped(const std::stop_token &stop)
{
    if (stop.stop_requested())
        throw Stopped(QStringLiteral("Reading was cancelled"), QStringLiteral("Perfetto import"));
}

using namespace perfetto;

// Puts parsed events into a store.
class StoreBuilder
{
public:
    StoreBuilder(PacketParser &parser, TraceStore &store)
        : m_parser(parser)
        , m_writer(store)
        , m_store(store)
    {}
    void build(const std::stop_token &stop);

private:
    struct ThreadFacts
    {
        std::int64_t tid = 0;
        std::int64_t startNs = 0;
        std::int64_t endNs = Interval::Unfinished;
        quint64 lost = 0;
    };

    static QVariant argument(const ParsedEvent &event, QLatin1String key,
                             const QVariant &missing = {})
    {
        for (const SliceArgument &candidate : event.arguments) {
            if (candidate.key == key)
                return candidate.value;
        }
        return missing;
    }
    // A time relative to the start, as far from it as a sound file can tell.
    static std::int64_t time(const ParsedEvent &event, const char *key, std::int64_t missing = 0)
    {
        constexpr qlonglong most = qlonglong{1} << 61;
        return std::clamp(argument(event, QLatin1String(key), qlonglong{missing}).toLongLong(),
                          -most, most);
    }
    static std::optional<std::size_t> position(const ParsedEvent &event, const char *key,
                                               std::size_t size)
    {
        bool isNumber = false;
        const qulonglong value = argument(event, QLatin1String(key)).toULongLong(&isNumber);
        return isNumber && value < size ? std::optional<std::size_t>(value) : std::nullopt;
    }

    void chooseStart();
    void readFacts();
    void addTracks();
    void addObjects();
    void add(const ParsedEvent &event);
    void addWait(const ParsedEvent &event, std::size_t thread);
    void addFlows(const ParsedEvent &event, std::size_t thread);
    void addTask(const ParsedEvent &event, std::size_t thread);
    std::size_t threadOf(std::uint64_t track);
    std::size_t processOf(std::int64_t pid, const QString &name);

    PacketParser &m_parser;
    TraceStore::Writer m_writer;
    TraceStore &m_store;
    bool m_isOurs = false;
    std::int64_t m_startNs = 0;
    std::map<std::int64_t, std::size_t> m_processes;
    std::unordered_map<std::uint64_t, ThreadFacts> m_facts;
    std::unordered_map<std::uint64_t, std::size_t> m_threads;  // by track
    std::unordered_map<std::uint64_t, std::size_t> m_waits;    // by track
    std::unordered_map<std::uint64_t, std::size_t> m_counters; // by track: object
    std::unordered_map<std::int64_t, std::size_t> m_byTid;
    std::unordered_map<std::uint64_t, const ParsedTrack *> m_tracks; // by uuid, the last told
};

void StoreBuilder::chooseStart()
{
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const ParsedEvent &event : m_parser.events)
        first = std::min(first, event.timeNs);
    m_isOurs = m_parser.attributes.remove(QLatin1String(FormatAttribute)) > 0;
    if (m_isOurs)
        m_startNs = m_parser.startMonotonicNs;
    else if (!m_parser.events.empty())
        m_startNs = first;
    m_writer.setStart(m_startNs, m_parser.startRealtimeNs);
    if (m_isOurs)
        m_writer.advance(m_parser.viewEndNs - m_startNs);
    for (auto entry = m_parser.attributes.begin(); entry != m_parser.attributes.end(); ++entry)
        m_writer.setAttribute(entry.key(), entry.value());
}

void StoreBuilder::readFacts()
{
    for (const ParsedEvent &event : m_parser.events) {
        if (event.category == QLatin1String(CategoryThread)) {
            m_facts[event.track] = {argument(event, QLatin1String("tid")).toLongLong(),
                                    time(event, "start_ns"),
                                    time(event, "end_ns", Interval::Unfinished),
                                    argument(event, QLatin1String("lost")).toULongLong()};
        }
    }
}

std::size_t StoreBuilder::processOf(std::int64_t pid, const QString &name)
{
    const auto known = m_processes.find(pid);
    if (known != m_processes.end())
        return known->second;
    const std::size_t handle = m_writer.addProcess(
            pid, name.isEmpty() ? QStringLiteral("process %1").arg(pid) : name);
    m_processes.emplace(pid, handle);
    return handle;
}

void StoreBuilder::addTracks()
{
    for (const ParsedTrack &track : m_parser.tracks) {
        m_tracks[track.uuid] = &track;
        if (track.isProcess && !track.isThread)
            processOf(track.pid, track.name);
    }
    for (const ParsedTrack &track : m_parser.tracks) {
        if (!track.isThread || m_threads.count(track.uuid))
            continue;
        const auto facts = m_facts.find(track.uuid);
        const ThreadFacts known = facts != m_facts.end() ? facts->second : ThreadFacts{track.tid};
        const std::size_t handle = m_writer.addThread(processOf(track.pid, {}), known.tid,
                                                      track.name, known.startNs);
        if (known.endNs != Interval::Unfinished)
            m_writer.endThread(handle, known.endNs);
        if (known.lost > 0)
            m_writer.setLost(handle, known.lost);
        m_threads.emplace(track.uuid, handle);
        m_byTid.emplace(track.tid, handle);
    }
    for (const ParsedTrack &track : m_parser.tracks) {
        const auto parent = m_threads.find(track.parent);
        if (!track.isThread && !track.isProcess && (track.uuid >> 32) == GroupWaits
            && parent != m_threads.end()) {
            m_waits.emplace(track.uuid, parent->second);
        }
    }
}

void StoreBuilder::addObjects()
{
    for (const ParsedEvent &event : m_parser.events) {
        if (event.category != QLatin1String(CategoryObject))
            continue;
        ObjectInfo info;
        info.kind = objectKindFromId(argument(event, QLatin1String("kind")).toString());
        info.name = event.name;
        info.capacity = argument(event, QLatin1String("capacity")).toLongLong();
        info.createdNs = time(event, "created_ns");
        info.destroyedNs = time(event, "destroyed_ns", Interval::Unfinished);
        info.process = std::min<std::size_t>(
                argument(event, QLatin1String("process")).toULongLong(),
                m_processes.empty() ? 0 : m_processes.size() - 1);
        const std::size_t handle = m_writer.addObject(info);
        m_counters.emplace(uuid(GroupCounter, handle), handle);
    }
    for (const ParsedTrack &track : m_parser.tracks) {
        if (track.isCounter && !m_counters.count(track.uuid)) {
            ObjectInfo info;
            info.kind = ObjectKind::Counter;
            info.name = track.name;
            m_counters.emplace(track.uuid, m_writer.addObject(info));
        }
    }
}

std::size_t StoreBuilder::threadOf(std::uint64_t track)
{
    const auto known = m_threads.find(track);
    if (known != m_threads.end())
        return known->second;
    // A track that is no thread: shown as a lane of its own.
    QString name;
    std::uint64_t parent = 0;
    if (const auto described = m_tracks.find(track); described != m_tracks.end()) {
        name = described->second->name;
        parent = described->second->parent;
    }
    if (name.isEmpty())
        name = QStringLiteral("track %1").arg(track);
    std::int64_t pid = 0;
    constexpr int mostGenerations = 16; // damaged files may have circles
    for (int k = 0; k < mostGenerations && pid == 0; ++k) {
        const auto ancestor = m_tracks.find(parent);
        if (ancestor == m_tracks.end())
            break;
        pid = ancestor->second->pid;
        parent = ancestor->second->parent;
    }
    const std::size_t handle = m_writer.addThread(processOf(pid, {}), 0, name, 0);
    m_threads.emplace(track, handle);
    return handle;
}

void StoreBuilder::addWait(const ParsedEvent &event, std::size_t thread)
{
    const std::int64_t ns = event.timeNs - m_startNs;
    if (event.kind == ParsedEvent::Kind::End) {
        m_writer.endWait(thread, ns);
        return;
    }
    if (event.kind != ParsedEvent::Kind::Begin)
        return;
    m_writer.beginWait(thread, ns, position(event, "object", m_store.objectCount()),
                       waitReasonFromId(argument(event, QLatin1String("reason")).toString()));
    m_writer.describeWait(thread, m_store.waits(thread).size() - 1,
                          position(event, "waker", m_store.threadCount()),
                          waitOutcomeFromId(argument(event, QLatin1String("outcome")).toString()));
}

void StoreBuilder::addFlows(const ParsedEvent &event, std::size_t thread)
{
    const std::int64_t ns = event.timeNs - m_startNs;
    const bool isOurs = event.category == QLatin1String(CategoryFlow);
    const FlowKind kind = isOurs ? flowKindFromId(event.name) : FlowKind::Unknown;
    for (const std::uint64_t flow : event.flows) {
        FlowPhase phase = FlowPhase::Step;
        if (isOurs) {
            phase = argument(event, QLatin1String("phase")).toInt() == 0 ? FlowPhase::Begin
                                                                         : FlowPhase::Step;
        } else if (!m_store.hasFlow(flow)) {
            phase = FlowPhase::Begin; // the first in time begins it
        }
        m_writer.flowPoint(thread, ns, flow, kind, phase);
    }
    for (const std::uint64_t flow : event.terminatingFlows)
        m_writer.flowPoint(thread, ns, flow, kind, FlowPhase::End);
}

void StoreBuilder::addTask(const ParsedEvent &event, std::size_t thread)
{
    const std::int64_t ns = event.timeNs - m_startNs;
    const qulonglong id = argument(event, QLatin1String("task")).toULongLong();
    if (const QVariant kind = argument(event, QLatin1String("kind")); kind.isValid()) {
        m_writer.createTask(thread, ns, id, taskKindFromId(kind.toString()),
                            m_writer.intern(argument(event, QLatin1String("name")).toString()),
                            position(event, "executor", m_store.objectCount()));
        return;
    }
    m_writer.taskState(thread, ns, id, taskStateFromId(event.name),
                       position(event, "object", m_store.objectCount()),
                       waitReasonFromId(argument(event, QLatin1String("reason")).toString()));
}

void StoreBuilder::add(const ParsedEvent &event)
{
    const std::int64_t ns = event.timeNs - m_startNs;
    if (event.kind == ParsedEvent::Kind::Scheduling) {
        auto known = m_byTid.find(static_cast<std::int64_t>(event.track));
        if (known == m_byTid.end()) {
            const std::size_t handle = m_writer.addThread(
                    processOf(0, {}), static_cast<std::int64_t>(event.track), {}, ns);
            known = m_byTid.emplace(static_cast<std::int64_t>(event.track), handle).first;
        }
        const SchedulingValue value = SchedulingValue::unpack(
                static_cast<std::uint32_t>(event.value));
        m_writer.scheduled(known->second, ns, value.cpu, value.state);
        return;
    }
    if (event.kind == ParsedEvent::Kind::Counter) {
        if (const auto object = m_counters.find(event.track); object != m_counters.end())
            m_writer.count(object->second, ns, event.value);
        return;
    }
    if (const auto wait = m_waits.find(event.track); wait != m_waits.end()) {
        addWait(event, wait->second);
        return;
    }
    if (event.category == QLatin1String(CategoryThread)
        || event.category == QLatin1String(CategoryObject))
        return;
    if (m_isOurs && (event.track >> 32) == GroupCoroutine)
        return; // follows from the tasks' states
    const std::size_t thread = threadOf(event.track);
    if (event.category == QLatin1String(CategoryTask)) {
        addTask(event, thread);
        return;
    }
    if (event.kind == ParsedEvent::Kind::End) {
        m_writer.endSlice(thread, ns);
        return;
    }
    if (event.kind == ParsedEvent::Kind::Begin)
        m_writer.beginSlice(thread, ns, m_writer.intern(event.name), event.arguments);
    else if (event.category != QLatin1String(CategoryFlow))
        m_writer.instant(thread, ns, m_writer.intern(event.name), event.arguments);
    addFlows(event, thread);
}

void StoreBuilder::build(const std::stop_token &stop)
{
    chooseStart();
    readFacts();
    addTracks();
    addObjects();
    // Events are large: their order is sorted, not they. Those of one instant keep the file's
    // order.
    std::vector<std::pair<std::int64_t, std::size_t>> order;
    order.reserve(m_parser.events.size());
    for (const ParsedEvent &event : m_parser.events)
        order.emplace_back(event.timeNs, order.size());
    std::sort(order.begin(), order.end());
    constexpr std::size_t stopMask = 0xfff;
    std::size_t done = 0;
    for (const auto &[timeNs, index] : order) {
        add(m_parser.events[index]);
        if ((++done & stopMask) == 0)
            throwIfStopped(stop);
    }
    m_writer.complete();
}

} // namespace

bool PerfettoReader::recognises(QByteArrayView head) const
{
    // A trace is a list of packets: field 1, length-delimited, whose first tag is a known wire
    // type.
    return head.size() > 2 && head[0] == 0x0a;
}

void PerfettoReader::read(QIODevice &device, TraceStore &store, const FormatProgress &progress,
                          std::stop_token stop) const
{
    const QByteArray bytes = device.readAll();
    PacketParser parser;
    std::uint64_t damaged = 0;
    try {
        protozero::pbf_reader trace(bytes.constData(), static_cast<std::size_t>(bytes.size()));
        while (trace.next()) {
            if (trace.tag() != Trace::Packet
                || trace.wire_type() != protozero::pbf_wire_type::length_delimited) {
                trace.skip();
                continue;
            }
            const protozero::pbf_reader packet = trace.get_message();
            try {
                parser.parse(packet);
            } catch (const protozero::exception &) {
                ++damaged; // the next packet can be found nevertheless
            }
            if (parser.packets % 4096 == 0) {
                throwIfStopped(stop);
                if (progress) {
                    progress(1.0
                             - static_cast<double>(trace.length())
                                       / static_cast<double>(bytes.size()));
                }
            }
        }
    } catch (const protozero::exception &damage) {
        if (parser.events.empty() && parser.tracks.empty() && parser.attributes.isEmpty()) {
            throw Error(
                    QStringLiteral(
                            "The file is not a Perfetto trace, or is damaged from its beginning "
                            "(%1)")
                            .arg(QLatin1String(damage.what())),
                    QStringLiteral("Perfetto import"),
                    QStringLiteral("Open a file that Heddle or Perfetto has written"));
        }
        parser.attributes.insert(
                QStringLiteral("damage"),
                QStringLiteral("The file ends or is damaged after %1 packets; what came "
                               "before is shown")
                        .arg(parser.packets));
    }
    if (parser.events.empty() && parser.tracks.empty() && parser.attributes.isEmpty()) {
        throw Error(
                QStringLiteral(
                        "The file holds nothing that can be shown (%1 packets, %2 of them damaged)")
                        .arg(parser.packets)
                        .arg(damaged),
                QStringLiteral("Perfetto import"),
                QStringLiteral("Record it with track events, or open another file"));
    }
    if (damaged > 0) {
        parser.attributes.insert(QStringLiteral("damaged_packets"),
                                 QStringLiteral("%1 of %2").arg(damaged).arg(parser.packets));
    }
    StoreBuilder(parser, store).build(stop);
    if (progress)
        progress(1.0);
}

} // namespace heddle
