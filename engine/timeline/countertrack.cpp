// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/countertrack.h>

#include "summaryforest_p.h"

#include <algorithm>
#include <limits>

namespace heddle {

namespace {
constexpr std::size_t BlockSize = 64;

struct Range
{
    std::int64_t minimum = std::numeric_limits<std::int64_t>::max();
    std::int64_t maximum = std::numeric_limits<std::int64_t>::min();
};
struct Widen
{
    Range operator()(const Range &a, const Range &b) const
    {
        return {std::min(a.minimum, b.minimum), std::max(a.maximum, b.maximum)};
    }
};
} // namespace

struct CounterTrack::Private
{
    AppendColumn<std::int64_t> times;
    AppendColumn<std::int64_t> values; ///< appended last: its size is the track's
    SummaryForest<Range, Widen> blocks;

    // The first sample later than ns.
    std::size_t firstAfter(std::int64_t ns, std::size_t from, std::size_t count) const
    {
        std::size_t step = 1;
        std::size_t low = from;
        while (low + step < count && times.at(low + step) <= ns) {
            low += step;
            step *= 2;
        }
        std::size_t high = std::min(low + step, count);
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (times.at(middle) <= ns)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
    Range scan(std::size_t from, std::size_t to, Range range) const
    {
        for (; from < to; ++from)
            range = Widen()(range, {values.at(from), values.at(from)});
        return range;
    }
    Range rangeOf(std::size_t from, std::size_t to) const
    {
        const std::size_t firstBlock = (from + BlockSize - 1) / BlockSize;
        const std::size_t endBlock = std::min(to / BlockSize, blocks.size());
        if (firstBlock >= endBlock)
            return scan(from, to, {});
        Range range = scan(from, firstBlock * BlockSize, {});
        range = blocks.combine(firstBlock, endBlock, range);
        return scan(endBlock * BlockSize, to, range);
    }
};

CounterTrack::CounterTrack()
    : d(std::make_unique<Private>())
{}

CounterTrack::~CounterTrack() = default;

void CounterTrack::append(std::int64_t ns, std::int64_t value)
{
    const std::size_t index = d->values.size();
    if (index > 0)
        ns = std::max(ns, d->times.at(index - 1));
    d->times.append(ns);
    d->values.append(value);
    if ((index + 1) % BlockSize == 0)
        d->blocks.append(d->scan(index + 1 - BlockSize, index + 1, {}));
}

std::size_t CounterTrack::size() const
{
    return d->values.size();
}

CounterTrack::Sample CounterTrack::at(std::size_t index) const
{
    return {d->times.at(index), d->values.at(index)};
}

std::int64_t CounterTrack::valueAt(std::int64_t ns) const
{
    const std::size_t next = d->firstAfter(ns, 0, size());
    return next == 0 ? 0 : d->values.at(next - 1);
}

std::int64_t CounterTrack::minimum() const
{
    const std::size_t count = size();
    return count ? d->rangeOf(0, count).minimum : 0;
}

std::int64_t CounterTrack::maximum() const
{
    const std::size_t count = size();
    return count ? d->rangeOf(0, count).maximum : 0;
}

void CounterTrack::collect(const Viewport &viewport, std::int64_t traceEndNs,
                           std::vector<CounterRun> &out) const
{
    out.clear();
    const std::size_t count = size();
    const std::int64_t resolution = std::max<std::int64_t>(viewport.resolutionNs, 1);
    // From the beginning of its bucket, so that what is merged does not change while panning.
    const std::int64_t firstBucket = viewport.bucketStart(viewport.startNs);
    std::size_t index = d->firstAfter(firstBucket - 1, 0, count);
    if (index > 0)
        --index; // the value in force at the left edge
    while (index < count) {
        const std::int64_t start = d->times.at(index);
        if (start >= viewport.endNs)
            break;
        const std::int64_t bucketEnd = viewport.bucketStart(start) + resolution;
        const std::size_t next = std::max(d->firstAfter(bucketEnd - 1, index, count), index + 1);
        const Range range = d->rangeOf(index, next);
        const std::int64_t end = next < count ? d->times.at(next) : std::max(traceEndNs, start);
        out.push_back({start, end, range.minimum, range.maximum, d->values.at(next - 1)});
        index = next;
    }
}

std::size_t CounterTrack::memoryBytes() const
{
    return d->times.memoryBytes() + d->values.memoryBytes() + d->blocks.memoryBytes();
}

} // namespace heddle
