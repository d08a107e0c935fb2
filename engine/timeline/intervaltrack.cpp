// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/intervaltrack.h>

#include "summaryforest_p.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace heddle {

namespace {

constexpr std::size_t BlockSize = 64;
// Durations are 32 bits wide; these two say that the column alone does not tell.
constexpr std::uint32_t UnfinishedMark = 0xffffffff;
constexpr std::uint32_t LongMark = 0xfffffffe;

struct Longest
{
    std::int64_t durationNs = -1;
    std::uint64_t index = 0;
};
struct Longer
{
    Longest operator()(const Longest &a, const Longest &b) const
    {
        return b.durationNs > a.durationNs ? b : a;
    }
};

} // namespace

struct IntervalTrack::Private
{
    AppendColumn<std::int64_t> starts;
    AppendColumn<std::atomic<std::uint32_t>> durations;
    AppendColumn<std::atomic<std::uint32_t>> values; ///< appended last: its size is the track's
    // A block is summarised once the next one begins, when all its intervals have ended.
    SummaryForest<Longest, Longer> blocks;
    mutable std::mutex longMutex;
    std::unordered_map<std::size_t, std::int64_t> longDurations;

    std::int64_t duration(std::size_t index) const
    {
        // Pairs with the release in setDuration: a long duration is in the map.
        const std::uint32_t stored = durations.at(index).load(std::memory_order_acquire);
        if (stored < LongMark)
            return stored;
        if (stored == UnfinishedMark)
            return Interval::Unfinished;
        const std::lock_guard lock(longMutex);
        return longDurations.at(index);
    }
    void setDuration(std::size_t index, std::int64_t durationNs)
    {
        if (durationNs >= LongMark) {
            const std::lock_guard lock(longMutex);
            longDurations[index] = durationNs;
        }
        durations.mutate(index).store(
                static_cast<std::uint32_t>(std::min<std::int64_t>(durationNs, LongMark)),
                std::memory_order_release);
    }
    std::uint32_t value(std::size_t index) const
    {
        // A value stands for itself: a reader may see the old or the new one.
        return values.at(index).load(std::memory_order_relaxed);
    }
    void summariseBlock(std::size_t block)
    {
        Longest longest;
        for (std::size_t k = block * BlockSize; k < (block + 1) * BlockSize; ++k)
            longest = Longer()(longest, {duration(k), k});
        blocks.append(longest);
    }
    Longest scan(std::size_t from, std::size_t to, Longest longest) const
    {
        for (; from < to; ++from)
            longest = Longer()(longest, {duration(from), from});
        return longest;
    }
    Longest longestOf(std::size_t from, std::size_t to) const
    {
        Longest longest{-2, from};
        const std::size_t firstBlock = (from + BlockSize - 1) / BlockSize;
        const std::size_t endBlock = std::min(to / BlockSize, blocks.size());
        if (firstBlock >= endBlock)
            return scan(from, to, longest);
        longest = scan(from, firstBlock * BlockSize, longest);
        longest = blocks.combine(firstBlock, endBlock, longest);
        return scan(endBlock * BlockSize, to, longest);
    }
    // The first index in [from, size) whose start is not before ns.
    std::size_t firstStartingAt(std::int64_t ns, std::size_t from, std::size_t size) const
    {
        std::size_t step = 1;
        std::size_t low = from;
        while (low + step < size && starts.at(low + step) < ns) {
            low += step;
            step *= 2;
        }
        std::size_t high = std::min(low + step, size);
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (starts.at(middle) < ns)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
};

IntervalTrack::IntervalTrack()
    : d(std::make_unique<Private>())
{}

IntervalTrack::~IntervalTrack() = default;

std::size_t IntervalTrack::begin(std::int64_t startNs, std::uint32_t value)
{
    const std::size_t index = size();
    if (index > 0) {
        const std::size_t last = index - 1;
        const std::int64_t lastStart = d->starts.at(last);
        if (d->duration(last) == Interval::Unfinished)
            d->setDuration(last, std::max<std::int64_t>(startNs - lastStart, 0));
        startNs = std::max(startNs, lastStart + d->duration(last));
        if (index % BlockSize == 0)
            d->summariseBlock(index / BlockSize - 1);
    }
    d->starts.append(startNs);
    d->durations.append(UnfinishedMark);
    d->values.append(value);
    return index;
}

void IntervalTrack::end(std::int64_t endNs)
{
    const std::size_t count = size();
    if (count == 0 || d->duration(count - 1) != Interval::Unfinished)
        return;
    d->setDuration(count - 1, std::max<std::int64_t>(endNs - d->starts.at(count - 1), 0));
}

std::size_t IntervalTrack::append(std::int64_t startNs, std::int64_t durationNs,
                                  std::uint32_t value)
{
    const std::size_t index = begin(startNs, value);
    if (durationNs != Interval::Unfinished)
        d->setDuration(index, durationNs);
    return index;
}

void IntervalTrack::setValue(std::size_t index, std::uint32_t value)
{
    d->values.mutate(index).store(value, std::memory_order_relaxed);
}

std::size_t IntervalTrack::size() const
{
    return d->values.size();
}

Interval IntervalTrack::at(std::size_t index) const
{
    return {d->starts.at(index), d->duration(index), d->value(index), index};
}

std::size_t IntervalTrack::firstEndingAfter(std::int64_t ns) const
{
    const std::size_t count = size();
    if (count == 0)
        return 0;
    const std::size_t next = d->firstStartingAt(ns, 0, count);
    if (next == 0)
        return 0;
    const std::int64_t duration = d->duration(next - 1);
    const bool reaches = duration == Interval::Unfinished || d->starts.at(next - 1) + duration > ns;
    return reaches ? next - 1 : next;
}

std::size_t IntervalTrack::indexAt(std::int64_t ns) const
{
    const std::size_t index = firstEndingAfter(ns);
    const std::size_t count = size();
    return index < count && d->starts.at(index) <= ns ? index : count;
}

void IntervalTrack::collect(const Viewport &viewport, std::int64_t traceEndNs,
                            std::vector<IntervalRun> &out) const
{
    out.clear();
    const std::size_t count = size();
    const std::int64_t resolution = std::max<std::int64_t>(viewport.resolutionNs, 1);
    std::size_t index = firstEndingAfter(viewport.startNs);
    if (index < count) {
        // From the beginning of its bucket, so that what is merged does not change while panning.
        const std::int64_t duration = d->duration(index);
        if (duration != Interval::Unfinished && duration < resolution) {
            const std::int64_t bucketStart = viewport.bucketStart(d->starts.at(index));
            index = d->firstStartingAt(bucketStart, 0, count);
        }
    }
    while (index < count) {
        const std::int64_t start = d->starts.at(index);
        if (start >= viewport.endNs)
            break;
        const std::int64_t duration = d->duration(index);
        const bool unfinished = duration == Interval::Unfinished;
        if (unfinished || duration >= resolution) {
            const std::int64_t end = unfinished ? std::max(traceEndNs, start) : start + duration;
            out.push_back({start, end, d->value(index), 1, index, unfinished});
            ++index;
            continue;
        }
        const std::int64_t bucketEnd = viewport.bucketStart(start) + resolution;
        std::size_t next = d->firstStartingAt(bucketEnd, index, count);
        // Only the last to start in the bucket can be wide: the others end before it begins.
        if (next - 1 > index) {
            const std::int64_t last = d->duration(next - 1);
            if (last == Interval::Unfinished || last >= resolution)
                --next;
        }
        const std::int64_t end = d->starts.at(next - 1) + d->duration(next - 1);
        const std::size_t longest = next - index == 1 ? index : d->longestOf(index, next).index;
        out.push_back({start, end, d->value(longest), static_cast<std::uint32_t>(next - index),
                       longest, false});
        index = next;
    }
}

std::size_t IntervalTrack::memoryBytes() const
{
    return d->starts.memoryBytes() + d->durations.memoryBytes() + d->values.memoryBytes()
           + d->blocks.memoryBytes();
}

} // namespace heddle
