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

TimelineSelection TimelineSelection::ofCoroutine(std::size_t coroutine, std::size_t index)
{
    TimelineSelection selection;
    selection.kind = Kind::Coroutine;
    selection.handle = coroutine;
    selection.index = index;
    return selection;
}

std::optional<Interval> TimelineSelection::interval(const TraceStore &store) const
{
    switch (kind) {
    case Kind::Slice:
        return store.slices(slice.thread, slice.depth).at(slice.index);
    case Kind::Wait:
        return store.waits(handle).at(index);
    case Kind::Scheduling:
        return store.scheduling(handle).at(index);
    case Kind::Cpu:
        return store.cpu(handle).at(index);
    case Kind::Coroutine: {
        const CoroutineStretch stretch = store.coroutine(handle).at(index);
        return Interval{stretch.startNs,
                        stretch.endNs == Interval::Unfinished ? Interval::Unfinished
                                                              : stretch.endNs - stretch.startNs,
                        static_cast<std::uint32_t>(stretch.state), index};
    }
    case Kind::Nothing:
    case Kind::Counter:
    case Kind::Range:
        break;
    }
    return std::nullopt;
}

std::pair<std::int64_t, std::int64_t> TimelineSelection::span(const TraceStore &store) const
{
    if (kind == Kind::Nothing)
        return {0, store.endNs()};
    const std::optional<Interval> selected = interval(store);
    if (!selected)
        return {startNs, endNs};
    return {selected->startNs, isUnfinished(store) ? std::max(store.endNs(), selected->startNs)
                                                   : selected->startNs + selected->durationNs};
}

bool TimelineSelection::isUnfinished(const TraceStore &store) const
{
    const std::optional<Interval> selected = interval(store);
    return selected && selected->durationNs == Interval::Unfinished;
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
