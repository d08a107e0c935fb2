// SPDX-License-Identifier: GPL-3.0-or-later
#include "timelinearrows.h"

namespace heddle::studio {

namespace {

constexpr std::size_t MostArrows = 64;

int yOf(const TraceStore &store, const TimelineLane &lane, const FlowPoint &point)
{
    const auto slice = store.sliceAt(point.thread, point.ns);
    return slice ? TimelineLayout::sliceTop(lane, slice->depth) + TimelineLayout::SliceHeight / 2
                 : lane.top + TimelineLayout::StateHeight / 2;
}

// From each begin to its steps and ends.
std::vector<TimelineArrow> flowsOfSlice(const TraceStore &store, const TimelineLayout &layout,
                                        SliceRef slice)
{
    std::vector<TimelineArrow> arrows;
    for (const FlowPoint &point : store.flowsOf(slice, MostArrows)) {
        const std::vector<FlowPoint> points = store.flow(point.flow, MostArrows);
        for (std::size_t k = 1; k < points.size() && arrows.size() < MostArrows; ++k) {
            const TimelineLane *from = layout.thread(points[k - 1].thread);
            const TimelineLane *to = layout.thread(points[k].thread);
            if (from && to) {
                arrows.push_back({points[k - 1].ns, points[k].ns, yOf(store, *from, points[k - 1]),
                                  yOf(store, *to, points[k])});
            }
        }
    }
    return arrows;
}

// The point in the waker's thread of which the end of the wait is the consequence: where the flow
// began that arrives first after the wait. Nothing if it comes from elsewhere.
std::optional<FlowPoint> causeOf(const TraceStore &store, std::size_t thread, std::int64_t endNs,
                                 std::size_t waker)
{
    const AppendColumn<FlowPoint> &points = store.flowPoints(thread);
    std::size_t low = 0;
    std::size_t high = points.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (points.at(middle).ns < endNs)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == points.size())
        return std::nullopt;
    const std::vector<FlowPoint> flow = store.flow(points.at(low).flow, 1);
    if (flow.empty() || flow.front().thread != waker || flow.front().ns > endNs)
        return std::nullopt;
    return flow.front();
}

std::vector<TimelineArrow> wakerOfWait(const TraceStore &store, const TimelineLayout &layout,
                                       std::size_t thread, std::size_t index)
{
    const WaitInfo wait = store.wait(thread, index);
    const TimelineLane *own = layout.thread(thread);
    const TimelineLane *waker = wait.waker ? layout.thread(*wait.waker) : nullptr;
    if (!own || !waker || wait.durationNs == Interval::Unfinished)
        return {};
    const std::int64_t endNs = wait.startNs + wait.durationNs;
    const int ownY = own->top + TimelineLayout::StateHeight / 2;
    if (const auto cause = causeOf(store, thread, endNs, *wait.waker))
        return {{cause->ns, endNs, yOf(store, *waker, *cause), ownY}};
    return {{endNs, endNs, waker->top + waker->height / 2, ownY}};
}

// From whoever made it ready to the stretch that it ran then, or from its wait's end.
std::vector<TimelineArrow> wakerOfCoroutine(const TraceStore &store, const TimelineLayout &layout,
                                            std::size_t coroutine, std::size_t index)
{
    const CoroutineTrack &track = store.coroutine(coroutine);
    const TimelineLane *own = layout.coroutine(coroutine);
    if (!own)
        return {};
    const int ownY = own->top + TimelineLayout::CoroutineHeight / 2;
    std::vector<TimelineArrow> arrows;
    const CoroutineStretch stretch = track.at(index);
    const auto add = [&](std::optional<std::size_t> thread, std::int64_t ns, bool isFrom) {
        const TimelineLane *lane = thread ? layout.thread(*thread) : nullptr;
        if (!lane)
            return;
        const FlowPoint place{0, ns, static_cast<std::uint32_t>(*thread)};
        const int y = yOf(store, *lane, place);
        arrows.push_back({ns, ns, isFrom ? y : ownY, isFrom ? ownY : y});
    };
    if (stretch.state == TaskState::Waiting && stretch.endNs != Interval::Unfinished)
        add(track.wakerOf(index), stretch.endNs, true);
    else if (stretch.state == TaskState::Ready)
        add(stretch.thread, stretch.startNs, true);
    else if (stretch.state == TaskState::Running)
        add(stretch.thread, stretch.startNs, false);
    return arrows;
}

} // namespace

std::vector<TimelineArrow> arrowsOf(const TraceStore &store, const TimelineLayout &layout,
                                    const TimelineSelection &selection)
{
    switch (selection.kind) {
    case TimelineSelection::Kind::Slice:
        return flowsOfSlice(store, layout, selection.slice);
    case TimelineSelection::Kind::Wait:
        return wakerOfWait(store, layout, selection.handle, selection.index);
    case TimelineSelection::Kind::Coroutine:
        return wakerOfCoroutine(store, layout, selection.handle, selection.index);
    default:
        return {};
    }
}

} // namespace heddle::studio
