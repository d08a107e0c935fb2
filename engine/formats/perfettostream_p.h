// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "perfettofields_p.h"

#include <heddle/formats/traceformat.h>

#include <protozero/pbf_writer.hpp>

#include <QHash>

#include <string>
#include <vector>

namespace heddle::perfetto {

/// Writes Perfetto packets on one sequence, with names interned when they are first used.
///
/// Threads: one at a time. packet() and event() write to the device now and then, which blocks.
class PacketStream
{
public:
    /// The fields of a track event beyond its type, track and time.
    class EventFields;

    /// \a total is how many events are expected, for \a progress.
    PacketStream(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                 const std::stop_token &stop, double total)
        : m_store(store)
        , m_device(device)
        , m_progress(progress)
        , m_stop(stop)
        , m_total(total)
    {}

    /// Nanoseconds of the trace as a timestamp of CLOCK_MONOTONIC.
    [[nodiscard]] std::uint64_t timestamp(std::int64_t ns) const
    {
        return static_cast<std::uint64_t>(
                std::max<std::int64_t>(m_store.startMonotonicNs() + ns, 0));
    }

    /// A packet; \a fill(protozero::pbf_writer &) adds its fields.
    template <typename Fill>
    void packet(Fill fill)
    {
        m_packet.clear();
        protozero::pbf_writer writer(m_packet);
        writer.add_uint32(Packet::SequenceId, SequenceNumber);
        fill(writer);
        protozero::pbf_writer trace(m_out);
        trace.add_message(Trace::Packet, m_packet);
        if (m_out.size() >= FlushBytes)
            flush();
    }

    /// A packet with a track event; \a fill(EventFields &) adds its fields.
    template <typename Fill>
    void event(EventType type, std::uint64_t track, std::int64_t ns, Fill fill);
    /// One without further fields.
    void event(EventType type, std::uint64_t track, std::int64_t ns);

    /// Counts something other than an event as done.
    void advance() { ++m_done; }

    /// Writes what has gathered. \throws Error when the device fails; Stopped
    void flush();

private:
    static constexpr std::size_t FlushBytes = 1 << 18;
    static constexpr std::uint32_t SequenceNumber = 1;

    std::uint64_t internName(std::uint32_t id);
    std::uint64_t internText(std::uint32_t field, QHash<QString, std::uint64_t> &known,
                             const QString &text);
    void addInterned(std::uint32_t field, std::uint64_t iid, const QString &text);

    const TraceStore &m_store;
    QIODevice &m_device;
    const FormatProgress &m_progress;
    const std::stop_token &m_stop;
    double m_total = 1;
    std::uint64_t m_done = 0;
    std::string m_out;
    std::string m_packet;
    std::string m_event;
    std::string m_interned;             ///< goes along with the event that uses it first
    std::vector<std::uint64_t> m_names; ///< by the store's number; 0: not used yet
    std::uint64_t m_lastName = 0;
    QHash<QString, std::uint64_t> m_categories;
    QHash<QString, std::uint64_t> m_keys;
};

class PacketStream::EventFields
{
public:
    EventFields(PacketStream &stream, protozero::pbf_writer &event)
        : m_stream(stream)
        , m_event(event)
    {}

    /// A name of the store.
    EventFields &name(std::uint32_t id);
    EventFields &text(const QString &name);
    EventFields &category(const char *category);
    EventFields &annotate(const QString &key, const QVariant &value);
    EventFields &annotate(const std::vector<SliceArgument> &arguments);
    EventFields &counter(std::int64_t value);
    EventFields &flow(std::uint64_t id, bool terminates);

private:
    PacketStream &m_stream;
    protozero::pbf_writer &m_event;
};

template <typename Fill>
void PacketStream::event(EventType type, std::uint64_t track, std::int64_t ns, Fill fill)
{
    m_event.clear();
    protozero::pbf_writer writer(m_event);
    writer.add_enum(Event::Type, static_cast<std::int32_t>(type));
    writer.add_uint64(Event::TrackUuid, track);
    EventFields fields(*this, writer);
    fill(fields);
    packet([this, ns](protozero::pbf_writer &packet) {
        packet.add_uint64(Packet::Timestamp, timestamp(ns));
        packet.add_uint32(Packet::SequenceFlags, SequenceFlag::NeedsState);
        if (!m_interned.empty()) {
            packet.add_message(Packet::InternedData, m_interned);
            m_interned.clear();
        }
        packet.add_message(Packet::TrackEvent, m_event);
    });
    advance();
}

/// The text as the bytes of a protobuf string.
inline std::string utf8(const QString &text)
{
    return text.toStdString();
}

} // namespace heddle::perfetto
