// SPDX-License-Identifier: Apache-2.0
#include "perfettopackets_p.h"

#include <cmath>

namespace heddle::perfetto {

namespace {

QString textOf(const protozero::data_view &view)
{
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

QString find(const std::unordered_map<std::uint64_t, QString> &names, std::uint64_t iid)
{
    const auto known = names.find(iid);
    return known != names.end() ? known->second : QStringLiteral("name %1").arg(iid);
}

} // namespace

void PacketParser::parse(protozero::pbf_reader packet)
{
    ++packets;
    // Order matters: a packet's flags and interned data hold for its event, wherever they stand.
    std::uint32_t sequenceId = 0;
    std::uint32_t flags = 0;
    std::uint32_t clock = 0;
    std::int64_t timestamp = 0;
    std::vector<std::pair<std::uint32_t, protozero::pbf_reader>> parts;
    while (packet.next()) {
        switch (packet.tag()) {
        case Packet::SequenceId:
            sequenceId = packet.get_uint32();
            break;
        case Packet::SequenceFlags:
            flags = packet.get_uint32();
            break;
        case Packet::ClockId:
            clock = packet.get_uint32();
            break;
        case Packet::Timestamp:
            timestamp = static_cast<std::int64_t>(packet.get_uint64());
            break;
        case Packet::ClockSnapshot:
        case Packet::InternedData:
        case Packet::Defaults:
        case Packet::TrackDescriptor:
        case Packet::TrackEvent:
        case Packet::TaskStateEvent:
        case Packet::Attributes: {
            const std::uint32_t tag = packet.tag();
            parts.emplace_back(tag, packet.get_message());
            break;
        }
        default:
            packet.skip();
        }
    }
    Sequence &sequence = m_sequences[sequenceId];
    if (flags & SequenceFlag::Cleared) {
        sequence.names.clear();
        sequence.categories.clear();
        sequence.annotations.clear();
        sequence.strings.clear();
    }
    for (auto &[tag, part] : parts) {
        if (tag == Packet::ClockSnapshot) {
            parseSnapshot(part, sequence);
        } else if (tag == Packet::InternedData) {
            parseInterned(part, sequence);
        } else if (tag == Packet::Defaults) {
            while (part.next()) {
                if (part.tag() == Defaults::ClockId) {
                    sequence.defaultClock = part.get_uint32();
                } else if (part.tag() == Event::TrackUuid) { // track_event_defaults has the same number
                    protozero::pbf_reader defaults = part.get_message();
                    while (defaults.next(Event::TrackUuid, protozero::pbf_wire_type::varint))
                        sequence.defaultTrack = defaults.get_uint64();
                } else {
                    part.skip();
                }
            }
        }
    }
    const std::int64_t timeNs = time(sequence, clock ? clock : sequence.defaultClock, timestamp);
    for (auto &[tag, part] : parts) {
        if (tag == Packet::TrackDescriptor)
            parseTrack(part);
        else if (tag == Packet::Attributes)
            parseAttributes(part);
        else if (tag == Packet::TrackEvent)
            parseEvent(part, sequence, timeNs);
        else if (tag == Packet::TaskStateEvent)
            parseTaskState(part, timeNs);
    }
}

std::int64_t PacketParser::time(Sequence &sequence, std::uint32_t clock, std::int64_t value)
{
    const auto own = sequence.clocks.find(clock);
    if (own == sequence.clocks.end())
        return value;
    SequenceClock &state = own->second;
    const std::int64_t reading = state.isIncremental
            ? state.lastNs + value * state.multiplier
            : value * state.multiplier;
    state.lastNs = reading;
    return state.mainNs + (reading - state.snapshotNs);
}

void PacketParser::parseSnapshot(protozero::pbf_reader message, Sequence &sequence)
{
    struct Reading
    {
        std::uint32_t id = 0;
        std::int64_t value = 0;
        std::int64_t multiplier = 1;
        bool isIncremental = false;
    };
    std::vector<Reading> readings;
    std::uint32_t primary = ClockId::Boottime;
    while (message.next()) {
        if (message.tag() == Snapshot::Clocks) {
            Reading reading;
            protozero::pbf_reader clock = message.get_message();
            while (clock.next()) {
                switch (clock.tag()) {
                case Snapshot::Id:
                    reading.id = clock.get_uint32();
                    break;
                case Snapshot::Time:
                    reading.value = static_cast<std::int64_t>(clock.get_uint64());
                    break;
                case 3:
                    reading.isIncremental = clock.get_bool();
                    break;
                case 4:
                    reading.multiplier = std::max<std::int64_t>(clock.get_int64(), 1);
                    break;
                default:
                    clock.skip();
                }
            }
            readings.push_back(reading);
        } else if (message.tag() == Snapshot::PrimaryClock) {
            primary = static_cast<std::uint32_t>(message.get_enum());
        } else {
            message.skip();
        }
    }
    std::int64_t main = 0;
    for (const Reading &reading : readings) {
        if (reading.id == primary)
            main = reading.value;
        if (reading.id == ClockId::Monotonic && startMonotonicNs == 0)
            startMonotonicNs = reading.value;
        if (reading.id == ClockId::Realtime && startRealtimeNs == 0)
            startRealtimeNs = reading.value;
    }
    for (const Reading &reading : readings) {
        if (reading.id >= 64 && reading.id < 128) {
            const std::int64_t value = reading.value * reading.multiplier;
            sequence.clocks[reading.id]
                    = {value, main, value, reading.multiplier, reading.isIncremental};
        }
    }
}

void PacketParser::parseInterned(protozero::pbf_reader message, Sequence &sequence)
{
    while (message.next()) {
        std::unordered_map<std::uint64_t, QString> *target = nullptr;
        switch (message.tag()) {
        case Interned::Categories:
            target = &sequence.categories;
            break;
        case Interned::EventNames:
            target = &sequence.names;
            break;
        case Interned::AnnotationNames:
            target = &sequence.annotations;
            break;
        case Interned::Strings:
            target = &sequence.strings;
            break;
        default:
            message.skip();
            continue;
        }
        protozero::pbf_reader entry = message.get_message();
        std::uint64_t iid = 0;
        QString name;
        while (entry.next()) {
            if (entry.tag() == Interned::Iid)
                iid = entry.get_uint64();
            else if (entry.tag() == Interned::Name)
                name = textOf(entry.get_view());
            else
                entry.skip();
        }
        (*target)[iid] = name;
    }
}

void PacketParser::parseTrack(protozero::pbf_reader message)
{
    ParsedTrack track;
    while (message.next()) {
        switch (message.tag()) {
        case Track::Uuid:
            track.uuid = message.get_uint64();
            break;
        case Track::ParentUuid:
            track.parent = message.get_uint64();
            break;
        case Track::Name:
        case Track::StaticName:
            track.name = textOf(message.get_view());
            break;
        case Track::Counter:
            track.isCounter = true;
            message.skip();
            break;
        case Track::Process: {
            track.isProcess = true;
            protozero::pbf_reader process = message.get_message();
            while (process.next()) {
                if (process.tag() == ProcessField::Pid)
                    track.pid = process.get_int32();
                else if (process.tag() == ProcessField::Name)
                    track.name = textOf(process.get_view());
                else
                    process.skip();
            }
            break;
        }
        case Track::Thread: {
            track.isThread = true;
            protozero::pbf_reader thread = message.get_message();
            while (thread.next()) {
                if (thread.tag() == ThreadField::Pid)
                    track.pid = thread.get_int32();
                else if (thread.tag() == ThreadField::Tid)
                    track.tid = thread.get_int64();
                else if (thread.tag() == ThreadField::Name)
                    track.name = textOf(thread.get_view());
                else
                    thread.skip();
            }
            break;
        }
        default:
            message.skip();
        }
    }
    tracks.push_back(track);
}

void PacketParser::parseAttributes(protozero::pbf_reader message)
{
    while (message.next()) {
        if (message.tag() != Attribute::Attribute) {
            message.skip();
            continue;
        }
        protozero::pbf_reader attribute = message.get_message();
        QString key;
        QString value;
        while (attribute.next()) {
            if (attribute.tag() == Attribute::Key)
                key = textOf(attribute.get_view());
            else if (attribute.tag() == Attribute::String)
                value = textOf(attribute.get_view());
            else
                attribute.skip();
        }
        attributes.insert(key, value);
    }
}

SliceArgument PacketParser::parseAnnotation(protozero::pbf_reader message, const Sequence &sequence) const
{
    SliceArgument argument;
    while (message.next()) {
        switch (message.tag()) {
        case AnnotationField::NameIid:
            argument.key = find(sequence.annotations, message.get_uint64());
            break;
        case AnnotationField::Name:
            argument.key = textOf(message.get_view());
            break;
        case AnnotationField::Bool:
            argument.value = message.get_bool();
            break;
        case AnnotationField::UInt:
            argument.value = QVariant::fromValue<quint64>(message.get_uint64());
            break;
        case AnnotationField::Int:
            argument.value = QVariant::fromValue<qint64>(message.get_int64());
            break;
        case AnnotationField::Double:
            argument.value = message.get_double();
            break;
        case AnnotationField::String:
            argument.value = textOf(message.get_view());
            break;
        case AnnotationField::StringIid:
            argument.value = find(sequence.strings, message.get_uint64());
            break;
        default:
            message.skip();
        }
    }
    return argument;
}

void PacketParser::parseEvent(protozero::pbf_reader message, Sequence &sequence, std::int64_t timeNs)
{
    ParsedEvent event;
    event.timeNs = timeNs;
    event.track = sequence.defaultTrack;
    std::uint32_t type = 0;
    while (message.next()) {
        switch (message.tag()) {
        case Event::Type:
            type = static_cast<std::uint32_t>(message.get_enum());
            break;
        case Event::TrackUuid:
            event.track = message.get_uint64();
            break;
        case Event::NameIid:
            event.name = find(sequence.names, message.get_uint64());
            break;
        case Event::Name:
            event.name = textOf(message.get_view());
            break;
        case Event::CategoryIid:
            if (message.wire_type() == protozero::pbf_wire_type::varint)
                event.category = find(sequence.categories, message.get_uint64());
            else
                message.skip();
            break;
        case Event::Category:
            event.category = textOf(message.get_view());
            break;
        case Event::Annotation:
            event.arguments.push_back(parseAnnotation(message.get_message(), sequence));
            break;
        case Event::CounterValue:
            event.value = message.get_int64();
            break;
        case Event::DoubleCounterValue:
            event.value = std::llround(message.get_double());
            break;
        case Event::FlowId:
            if (message.wire_type() == protozero::pbf_wire_type::fixed64)
                event.flows.push_back(message.get_fixed64());
            else
                message.skip();
            break;
        case Event::TerminatingFlowId:
            if (message.wire_type() == protozero::pbf_wire_type::fixed64)
                event.terminatingFlows.push_back(message.get_fixed64());
            else
                message.skip();
            break;
        default:
            message.skip();
        }
    }
    switch (static_cast<EventType>(type)) {
    case EventType::SliceBegin:
        event.kind = ParsedEvent::Kind::Begin;
        break;
    case EventType::SliceEnd:
        event.kind = ParsedEvent::Kind::End;
        break;
    case EventType::Instant:
        event.kind = ParsedEvent::Kind::Instant;
        break;
    case EventType::Counter:
        event.kind = ParsedEvent::Kind::Counter;
        break;
    default:
        return;
    }
    events.push_back(std::move(event));
}

void PacketParser::parseTaskState(protozero::pbf_reader message, std::int64_t timeNs)
{
    ParsedEvent event;
    event.timeNs = timeNs;
    event.kind = ParsedEvent::Kind::Scheduling;
    std::uint32_t cpu = 0;
    std::uint32_t state = 0;
    while (message.next()) {
        switch (message.tag()) {
        case TaskState::Cpu:
            cpu = static_cast<std::uint32_t>(message.get_int32());
            break;
        case TaskState::Tid:
            event.track = static_cast<std::uint64_t>(message.get_int64());
            break;
        case TaskState::State:
            state = static_cast<std::uint32_t>(message.get_enum());
            break;
        default:
            message.skip();
        }
    }
    constexpr std::uint32_t mostCpus = 4096;
    if (cpu >= mostCpus)
        return; // damaged: each CPU is a track
    const trace::SchedulingState value = state == static_cast<std::uint32_t>(KernelState::Running)
            ? trace::SchedulingState::Running
            : state == static_cast<std::uint32_t>(KernelState::Runnable)
            ? trace::SchedulingState::Preempted
            : trace::SchedulingState::Blocked;
    event.value = SchedulingValue::pack(value, cpu);
    events.push_back(std::move(event));
}

} // namespace heddle::perfetto
