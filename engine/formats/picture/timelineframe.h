// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/timelinelayout.h>

#include <memory>
#include <vector>

namespace heddle {

/// What is drawn in one lane, cut down to what can be seen.
struct LaneFrame
{
    TimelineLane lane;
    std::vector<std::vector<IntervalRun>> slices; ///< by depth; of a CPU the only one: its threads
    std::vector<IntervalRun> scheduling;
    std::vector<IntervalRun> waits;
    std::vector<IntervalRun> states; ///< of a coroutine
    std::vector<InstantInfo> instants;
    std::vector<CounterRun> counter;
    std::int64_t counterMaximum = 1;
};

/// A stretch of a trace, ready to paint: pure data, made in a worker, painted in the GUI thread.
/// Its cost follows the pixels that it covers, not the events of the trace.
struct HEDDLE_TIMELINE_EXPORT TimelineFrame
{
    /// Computes the lanes between \a top and \a bottom of \a layout, from \a startNs on, \a width
    /// pixels of \a nsPerPixel. Any thread, also while the store grows.
    static TimelineFrame compute(std::shared_ptr<const TraceStore> store, TimelineLayout layout,
                                 double startNs, double nsPerPixel, int width, int top, int bottom);

    std::shared_ptr<const TraceStore> store;
    TimelineLayout layout;
    std::vector<LaneFrame> lanes;
    std::vector<ThreadInfo> threads;
    std::vector<ObjectInfo> objects;
    std::int64_t traceEndNs = 0;
    std::uint64_t revision = 0;
};

/// The power of two at or below \a nsPerPixel, at least 1: what is merged does not change while
/// panning.
HEDDLE_TIMELINE_EXPORT std::int64_t timelineResolution(double nsPerPixel);

} // namespace heddle
