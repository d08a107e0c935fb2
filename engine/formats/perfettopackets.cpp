// SPDX-License-Identifier: Apache-2.0
#include "perfettopackets_p.h"

namespace heddle::perfetto {

namespace {

QString textOf(const protozero::data_view &view)
{
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

// Damaged numbers may overflow; they wrap around instead of being undefined.
std::int64_t product(std::int64_t a, std::int64_t b)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
std::int64_t sum(std::int64_t a, std::int64_t b)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t difference(std::int64_t a, std::int64_t b)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
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
    auto &parts = m_parts;
    parts.clear();
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
        case Packet::UiState:
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
                } else if (part.tag()
                           == Event::TrackUuid) { // track_event_defaults has the same number
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
        else if (tag == Packet::UiState)
            parseUiState(part);
        else if (tag == Packet::TrackEvent && isPlausible(timeNs))
            parseEvent(part, sequence, timeNs);
        else if (tag == Packet::TaskStateEvent && isPlausible(timeNs))
            parseTaskState(part, timeNs);
    }
}

std::int64_t PacketParser::time(Sequence &sequence, std::uint32_t clock, std::int64_t value)
{
    const auto own = sequence.clocks.find(clock);
    if (own == sequence.clocks.end())
        return value;
    SequenceClock &state = own->second;
    const std::int64_t step = product(value, state.multiplier);
    const std::int64_t reading = state.isIncremental ? sum(state.lastNs, step) : step;
    state.lastNs = reading;
    return sum(state.mainNs, difference(reading, state.snapshotNs));
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
        if (!isPlausible(reading.value))
            continue;
        if (reading.id == ClockId::Monotonic && startMonotonicNs == 0)
            startMonotonicNs = reading.value;
        if (reading.id == ClockId::Realtime && startRealtimeNs == 0)
            startRealtimeNs = reading.value;
    }
    for (const Reading &reading : readings) {
        if (reading.id >= 64 && reading.id < 128) {
            const std::int64_t value = product(reading.value, reading.multiplier);
            sequence.clocks[reading.id] = {value, main, value, reading.multiplier,
                                           reading.isIncremental};
        }
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

void PacketParser::parseUiState(protozero::pbf_reader message)
{
    while (message.next()) {
        if (message.tag() != Ui::End) {
            message.skip();
            continue;
        }
        const auto end = static_cast<std::int64_t>(message.get_uint64());
        if (isPlausible(end))
            viewEndNs = end;
    }
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

static trace::SchedulingState schedulingState(KernelState state)
{
    switch (state) {
    case KernelState::Running:
        return trace::SchedulingState::Running;
    case KernelState::Runnable:
        return trace::SchedulingState::Preempted;
    case KernelState::Dead:
    case KernelState::Destroyed:
        return trace::SchedulingState::Ended;
    case KernelState::Sleeping:
        break;
    }
    return trace::SchedulingState::Blocked;
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
    event.value = SchedulingValue::pack(schedulingState(static_cast<KernelState>(state)), cpu);
    events.push_back(std::move(event));
}

} // namespace heddle::perfetto
