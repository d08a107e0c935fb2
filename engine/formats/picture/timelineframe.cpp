// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/timelineframe.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace heddle {

namespace {

std::vector<InstantInfo> visibleInstants(const AppendColumn<InstantInfo> &instants,
                                         const Viewport &viewport)
{
    std::vector<InstantInfo> visible;
    const std::size_t count = instants.size();
    std::size_t low = 0;
    std::size_t high = count;
    const auto seek = [&](std::int64_t ns) {
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (instants.at(middle).ns < ns)
                low = middle + 1;
            else
                high = middle;
        }
    };
    seek(viewport.startNs);
    while (low < count && instants.at(low).ns < viewport.endNs) {
        visible.push_back(instants.at(low));
        // One for each place is all that can be seen.
        const std::int64_t next = (instants.at(low).ns / viewport.resolutionNs + 1)
                                  * viewport.resolutionNs;
        high = count;
        ++low;
        seek(next);
    }
    return visible;
}

} // namespace

std::int64_t timelineResolution(double nsPerPixel)
{
    if (!(nsPerPixel >= 2))
        return 1;
    return static_cast<std::int64_t>(
            std::bit_floor(static_cast<std::uint64_t>(std::min(nsPerPixel, 1e15))));
}

TimelineFrame TimelineFrame::compute(std::shared_ptr<const TraceStore> store, TimelineLayout layout,
                                     double startNs, double nsPerPixel, int width, int top,
                                     int bottom)
{
    TimelineFrame frame;
    frame.revision = store->revision();
    frame.traceEndNs = store->endNs();
    frame.threads = store->threads();
    frame.objects = store->objects();
    const Viewport viewport{static_cast<std::int64_t>(std::floor(startNs)),
                            static_cast<std::int64_t>(std::ceil(startNs + nsPerPixel * width)),
                            timelineResolution(nsPerPixel)};
    for (const TimelineLane &lane : layout.lanes) {
        if (lane.top + lane.height < top || lane.top > bottom)
            continue;
        LaneFrame &content = frame.lanes.emplace_back();
        content.lane = lane;
        switch (lane.kind) {
        case TimelineLane::Kind::Group:
            break;
        case TimelineLane::Kind::Cpu:
            content.slices.resize(1);
            store->cpu(lane.handle).collect(viewport, frame.traceEndNs, content.slices[0]);
            break;
        case TimelineLane::Kind::Thread:
            content.slices.resize(lane.depths);
            for (std::size_t depth = 0; depth < lane.depths; ++depth)
                store->slices(lane.handle, depth)
                        .collect(viewport, frame.traceEndNs, content.slices[depth]);
            store->scheduling(lane.handle).collect(viewport, frame.traceEndNs, content.scheduling);
            store->waits(lane.handle).collect(viewport, frame.traceEndNs, content.waits);
            content.instants = visibleInstants(store->instants(lane.handle), viewport);
            break;
        case TimelineLane::Kind::Coroutine:
            store->coroutine(lane.handle).collect(viewport, frame.traceEndNs, content.states);
            break;
        case TimelineLane::Kind::Counter:
            store->counter(lane.handle).collect(viewport, frame.traceEndNs, content.counter);
            content.counterMaximum = std::max<std::int64_t>(store->counter(lane.handle).maximum(),
                                                            1);
            break;
        }
    }
    frame.store = std::move(store);
    frame.layout = std::move(layout);
    return frame;
}

} // namespace heddle
