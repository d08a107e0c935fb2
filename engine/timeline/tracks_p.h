// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/appendcolumn.h>
#include <heddle/timeline/countertrack.h>
#include <heddle/timeline/intervaltrack.h>
#include <heddle/timeline/tracestore.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

namespace heddle {

/// The arguments of the slices at one depth, or of the instants, of a thread.
///
/// Threads: append() by one writer; the rest by any.
class ArgumentTable
{
public:
    struct Entry
    {
        QString key;
        QVariant value;
    };

    void append(std::size_t owner, const std::vector<SliceArgument> &arguments)
    {
        const std::size_t first = m_entries.size();
        for (const SliceArgument &argument : arguments)
            m_entries.append(Entry{argument.key, argument.value});
        m_ranges.append(Range{owner, first, arguments.size()});
    }
    std::vector<SliceArgument> of(std::size_t owner) const
    {
        std::size_t low = 0;
        std::size_t high = m_ranges.size();
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (m_ranges.at(middle).owner < owner)
                low = middle + 1;
            else
                high = middle;
        }
        std::vector<SliceArgument> found;
        if (low < m_ranges.size() && m_ranges.at(low).owner == owner) {
            const Range &range = m_ranges.at(low);
            for (std::size_t k = 0; k < range.count; ++k) {
                const Entry &entry = m_entries.at(range.first + k);
                found.push_back({entry.key, entry.value});
            }
        }
        return found;
    }
    std::size_t memoryBytes() const { return m_entries.memoryBytes() + m_ranges.memoryBytes(); }

private:
    struct Range
    {
        std::size_t owner = 0;
        std::size_t first = 0;
        std::size_t count = 0;
    };
    AppendColumn<Entry> m_entries;
    AppendColumn<Range> m_ranges;
};

/// The slices of one thread at one depth.
struct SliceTrack
{
    IntervalTrack intervals;
    ArgumentTable arguments;
};

/// Object, waker and outcome of a wait, in one word so that readers see them together.
struct WaitDetail
{
    static constexpr std::uint64_t None = 0xffffff;

    static std::uint64_t pack(std::optional<std::size_t> object, std::optional<std::size_t> waker,
                              WaitOutcome outcome)
    {
        const std::uint64_t objectBits = object ? static_cast<std::uint32_t>(*object) : 0xffffffffu;
        const std::uint64_t wakerBits = waker ? (*waker & 0xffffff) : None;
        return objectBits | (wakerBits << 32) | (static_cast<std::uint64_t>(outcome) << 56);
    }
    static std::optional<std::size_t> object(std::uint64_t bits)
    {
        const auto value = static_cast<std::uint32_t>(bits);
        return value == 0xffffffffu ? std::nullopt : std::optional<std::size_t>(value);
    }
    static std::optional<std::size_t> waker(std::uint64_t bits)
    {
        const std::uint64_t value = (bits >> 32) & 0xffffff;
        return value == None ? std::nullopt : std::optional<std::size_t>(value);
    }
    static WaitOutcome outcome(std::uint64_t bits) { return static_cast<WaitOutcome>(bits >> 56); }
};

/// All tracks of one thread.
struct ThreadTracks
{
    AppendColumn<std::unique_ptr<SliceTrack>> depths;
    IntervalTrack waits;
    AppendColumn<std::atomic<std::uint64_t>> waitDetails;
    IntervalTrack scheduling;
    AppendColumn<InstantInfo> instants;
    ArgumentTable instantArguments;
    AppendColumn<FlowPoint> flowPoints;
    AppendColumn<TaskStateChange> taskStates;
    std::size_t openSlices = 0; ///< the writer's own
};

} // namespace heddle
