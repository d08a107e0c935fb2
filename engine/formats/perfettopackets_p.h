// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "perfettofields_p.h"

#include <heddle/timeline/tracestore.h>

#include <protozero/exception.hpp>
// A field of another type than expected is damage in a file, not a mistake of this program: in
// every kind of build it throws.
#ifdef protozero_assert
#    error "include perfettopackets_p.h before other headers of protozero"
#endif
#define protozero_assert(condition)                                                                \
    static_cast<void>((condition) ? 0 : throw protozero::unknown_pbf_wire_type_exception())
#include <protozero/pbf_reader.hpp>

#include <QHash>

#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

namespace heddle::perfetto {

/// A track event or scheduling event, decoded and with its names resolved.
struct ParsedEvent
{
    enum class Kind : std::uint8_t { Begin, End, Instant, Counter, Scheduling };

    std::int64_t timeNs = 0;
    std::uint64_t track = 0; ///< uuid; of a scheduling event the thread id
    std::int64_t value = 0;  ///< of a counter; of scheduling the packed SchedulingValue
    QString name;
    QString category;
    std::vector<SliceArgument> arguments;
    std::vector<std::uint64_t> flows;
    std::vector<std::uint64_t> terminatingFlows;
    Kind kind = Kind::Instant;
};

struct ParsedTrack
{
    std::uint64_t uuid = 0;
    std::uint64_t parent = 0;
    QString name;
    bool isProcess = false;
    bool isThread = false;
    bool isCounter = false;
    std::int64_t pid = 0;
    std::int64_t tid = 0;
};

/// The packets of a file, decoded into lists. Unknown fields are skipped.
class PacketParser
{
public:
    /// Decodes one packet. \throws protozero::exception when it is damaged; what it had told before
    /// is kept.
    void parse(protozero::pbf_reader packet);

    std::deque<ParsedEvent> events;  ///< large: growing must not move them
    std::vector<ParsedTrack> tracks; ///< in the order in which they were described
    QMap<QString, QString> attributes;
    std::int64_t startMonotonicNs = 0;
    std::int64_t startRealtimeNs = 0;
    std::int64_t viewEndNs = 0; ///< where the writer's view ended
    std::uint64_t packets = 0;

    /// Whether \a ns can be an instant: readings of a clock are not negative, and differences of
    /// two stay far from overflowing.
    [[nodiscard]] static bool isPlausible(std::int64_t ns)
    {
        return ns >= 0 && ns < (std::int64_t{1} << 61);
    }

private:
    // A clock that a sequence defined for itself.
    struct SequenceClock
    {
        std::int64_t snapshotNs = 0; ///< its own reading
        std::int64_t mainNs = 0;     ///< the trace's clock at that instant
        std::int64_t lastNs = 0;
        std::int64_t multiplier = 1;
        bool isIncremental = false;
    };
    struct Sequence
    {
        std::unordered_map<std::uint64_t, QString> names;
        std::unordered_map<std::uint64_t, QString> categories;
        std::unordered_map<std::uint64_t, QString> annotations;
        std::unordered_map<std::uint64_t, QString> strings;
        std::map<std::uint32_t, SequenceClock> clocks;
        std::uint32_t defaultClock = 0;
        std::uint64_t defaultTrack = 0;
    };

    void parseSnapshot(protozero::pbf_reader message, Sequence &sequence);
    void parseInterned(protozero::pbf_reader message, Sequence &sequence);
    void parseTrack(protozero::pbf_reader message);
    void parseUiState(protozero::pbf_reader message);
    void parseAttributes(protozero::pbf_reader message);
    void parseEvent(protozero::pbf_reader message, Sequence &sequence, std::int64_t timeNs);
    void parseTaskState(protozero::pbf_reader message, std::int64_t timeNs);
    SliceArgument parseAnnotation(protozero::pbf_reader message, const Sequence &sequence) const;
    std::int64_t time(Sequence &sequence, std::uint32_t clock, std::int64_t value);

    std::unordered_map<std::uint32_t, Sequence> m_sequences;
    std::vector<std::pair<std::uint32_t, protozero::pbf_reader>>
            m_parts; ///< of the packet being read
};

} // namespace heddle::perfetto
