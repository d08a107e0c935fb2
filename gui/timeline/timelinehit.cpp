// SPDX-License-Identifier: GPL-3.0-or-later
#include "timelinehit.h"

namespace heddle::studio {

TimelineSelection selectionAt(const TraceStore &store, const TimelineLayout &layout,
                              const TimelineScale &scale, int x, int y)
{
    TimelineSelection found;
    const TimelineLane *lane = layout.laneAt(y);
    if (!lane)
        return found;
    const auto ns = static_cast<std::int64_t>(scale.ns(x));
    // What is narrower than a few pixels is hit by being near.
    const auto near = [&](const IntervalTrack &track) -> std::optional<std::size_t> {
        const auto reach = static_cast<std::int64_t>(2 * scale.nsPerPixel);
        const std::size_t index = track.firstEndingAfter(ns - reach);
        std::size_t exact = track.indexAt(ns);
        if (exact < track.size())
            return exact;
        return index < track.size() && track.at(index).startNs <= ns + reach
                       ? std::optional<std::size_t>(index)
                       : std::nullopt;
    };
    if (lane->kind == TimelineLane::Kind::Cpu) {
        if (const auto index = near(store.cpu(lane->handle))) {
            found.kind = TimelineSelection::Kind::Cpu;
            found.handle = lane->handle;
            found.index = *index;
        }
    } else if (lane->kind == TimelineLane::Kind::Coroutine) {
        const CoroutineTrack &track = store.coroutine(lane->handle);
        if (const std::size_t index = track.indexAt(ns); index < track.size())
            return TimelineSelection::ofCoroutine(lane->handle, index);
    } else if (lane->kind == TimelineLane::Kind::Counter) {
        found.kind = TimelineSelection::Kind::Counter;
        found.handle = lane->handle;
        found.startNs = found.endNs = ns;
    } else if (lane->kind == TimelineLane::Kind::Thread) {
        const int inLane = y - lane->top;
        if (inLane > TimelineLayout::StateHeight) {
            const auto depth = static_cast<std::size_t>((inLane - TimelineLayout::StateHeight - 2)
                                                        / TimelineLayout::SliceHeight);
            if (depth < store.depthCount(lane->handle)) {
                if (const auto index = near(store.slices(lane->handle, depth)))
                    return TimelineSelection::ofSlice({lane->handle, depth, *index});
            }
        } else if (const auto wait = near(store.waits(lane->handle)); wait && inLane > 5) {
            return TimelineSelection::ofWait(lane->handle, *wait);
        } else if (const auto index = near(store.scheduling(lane->handle))) {
            found.kind = TimelineSelection::Kind::Scheduling;
            found.handle = lane->handle;
            found.index = *index;
        }
    }
    return found;
}

} // namespace heddle::studio
