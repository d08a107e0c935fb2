// SPDX-License-Identifier: Apache-2.0
#include "perfettopackets_p.h"

#include <algorithm>
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

// A number that is none, or too large, has no rounding.
std::int64_t rounded(double value)
{
    constexpr double most = 9e18;
    return std::isnan(value) ? 0 : std::llround(std::clamp(value, -most, most));
}

} // namespace

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

SliceArgument PacketParser::parseAnnotation(protozero::pbf_reader message,
                                            const Sequence &sequence) const
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

void PacketParser::parseEvent(protozero::pbf_reader message, Sequence &sequence,
                              std::int64_t timeNs)
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
            event.value = rounded(message.get_double());
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

} // namespace heddle::perfetto
