// SPDX-License-Identifier: GPL-3.0-or-later
#include "timelineselection.h"

#include <algorithm>

namespace heddle::studio {

TimelineSelection TimelineSelection::ofSlice(SliceRef slice)
{
    TimelineSelection selection;
    selection.kind = Kind::Slice;
    selection.slice = slice;
    selection.handle = slice.thread;
    return selection;
}

TimelineSelection TimelineSelection::ofWait(std::size_t thread, std::size_t index)
{
    TimelineSelection selection;
    selection.kind = Kind::Wait;
    selection.handle = thread;
    selection.index = index;
    return selection;
}

std::pair<std::int64_t, std::int64_t> TimelineSelection::span(const TraceStore &store) const
{
    Interval interval;
    switch (kind) {
    case Kind::Nothing:
        return {0, store.endNs()};
    case Kind::Slice:
        interval = store.slices(slice.thread, slice.depth).at(slice.index);
        break;
    case Kind::Wait:
        interval = store.waits(handle).at(index);
        break;
    case Kind::Scheduling:
        interval = store.scheduling(handle).at(index);
        break;
    case Kind::Cpu:
        interval = store.cpu(handle).at(index);
        break;
    case Kind::Counter:
    case Kind::Range:
        return {startNs, endNs};
    }
    const bool unfinished = interval.durationNs == Interval::Unfinished;
    return {interval.startNs, unfinished ? std::max(store.endNs(), interval.startNs)
                                         : interval.startNs + interval.durationNs};
}

std::optional<std::int64_t> cpuTime(const TraceStore &store, std::size_t thread,
                                    std::int64_t startNs, std::int64_t endNs)
{
    const IntervalTrack &track = store.scheduling(thread);
    const std::size_t count = track.size();
    if (count == 0)
        return std::nullopt;
    std::int64_t total = 0;
    for (std::size_t k = track.firstEndingAfter(startNs); k < count; ++k) {
        const Interval interval = track.at(k);
        if (interval.startNs >= endNs)
            break;
        if (SchedulingValue::unpack(interval.value).state != trace::SchedulingState::Running)
            continue;
        const std::int64_t end = interval.durationNs == Interval::Unfinished
                                         ? endNs
                                         : interval.startNs + interval.durationNs;
        total += std::max<std::int64_t>(std::min(end, endNs) - std::max(interval.startNs, startNs),
                                        0);
    }
    return total;
}

} // namespace heddle::studio
