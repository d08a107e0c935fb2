// SPDX-License-Identifier: GPL-3.0-or-later
#include "timelinesteps.h"

#include <algorithm>

namespace heddle::studio {

namespace {

struct Row
{
    std::size_t thread = 0;           ///< or coroutine
    std::optional<std::size_t> depth; ///< of slices; nothing: the waits
    bool isCoroutine = false;
};

std::vector<Row> rowsOf(const TraceStore &store, const TimelineLayout &layout)
{
    std::vector<Row> rows;
    for (const TimelineLane &lane : layout.lanes) {
        if (lane.kind == TimelineLane::Kind::Coroutine)
            rows.push_back({lane.handle, std::nullopt, true});
        if (lane.kind != TimelineLane::Kind::Thread)
            continue;
        rows.push_back({lane.handle, std::nullopt});
        for (std::size_t depth = 0; depth < store.depthCount(lane.handle); ++depth)
            rows.push_back({lane.handle, depth});
    }
    return rows;
}

bool holds(const Row &row, const TimelineSelection &selection)
{
    if (row.isCoroutine || selection.kind == TimelineSelection::Kind::Coroutine) {
        return row.isCoroutine && selection.kind == TimelineSelection::Kind::Coroutine
               && row.thread == selection.handle;
    }
    switch (selection.kind) {
    case TimelineSelection::Kind::Slice:
        return row.thread == selection.slice.thread && row.depth == selection.slice.depth;
    case TimelineSelection::Kind::Wait:
    case TimelineSelection::Kind::Scheduling:
        return row.thread == selection.handle && !row.depth;
    default:
        return false;
    }
}

std::optional<std::size_t> nearest(const IntervalTrack &track, std::int64_t ns,
                                   std::int64_t startNs, std::int64_t endNs)
{
    const std::size_t next = track.firstEndingAfter(ns);
    if (next < track.size() && track.at(next).startNs < endNs)
        return next;
    if (next == 0)
        return std::nullopt;
    const Interval before = track.at(next - 1);
    return before.startNs + before.durationNs > startNs ? std::optional(next - 1) : std::nullopt;
}

} // namespace

TimelineSelection stepToRow(const TraceStore &store, const TimelineLayout &layout,
                            const TimelineSelection &selection, std::int64_t startNs,
                            std::int64_t endNs, bool down)
{
    std::vector<Row> rows = rowsOf(store, layout);
    std::int64_t ns = startNs;
    if (selection.kind != TimelineSelection::Kind::Nothing) {
        const auto [from, to] = selection.span(store);
        ns = std::clamp(from + (to - from) / 2, startNs, std::max(startNs, endNs));
    }
    if (!down)
        std::reverse(rows.begin(), rows.end());
    auto row = std::find_if(rows.begin(), rows.end(),
                            [&](const Row &candidate) { return holds(candidate, selection); });
    row = row == rows.end() ? rows.begin() : row + 1;
    for (; row != rows.end(); ++row) {
        if (row->isCoroutine) {
            const CoroutineTrack &track = store.coroutine(row->thread);
            if (const std::size_t index = track.indexAt(ns); index < track.size())
                return TimelineSelection::ofCoroutine(row->thread, index);
            continue;
        }
        const IntervalTrack &track = row->depth ? store.slices(row->thread, *row->depth)
                                                : store.waits(row->thread);
        const auto index = nearest(track, ns, startNs, endNs);
        if (!index)
            continue;
        return row->depth ? TimelineSelection::ofSlice({row->thread, *row->depth, *index})
                          : TimelineSelection::ofWait(row->thread, *index);
    }
    return selection;
}

TimelineSelection stepToNeighbour(const TraceStore &store, const TimelineSelection &selection,
                                  bool forward)
{
    if (selection.kind == TimelineSelection::Kind::Slice) {
        const auto next = store.neighbour(selection.slice, forward);
        return next ? TimelineSelection::ofSlice(*next) : selection;
    }
    if (selection.kind == TimelineSelection::Kind::Coroutine) {
        const std::size_t next = forward ? selection.index + 1 : selection.index - 1;
        if (next < store.coroutine(selection.handle).size()) // before the first it wraps round
            return TimelineSelection::ofCoroutine(selection.handle, next);
        return selection;
    }
    if (selection.kind == TimelineSelection::Kind::Wait) {
        const std::size_t next = forward ? selection.index + 1 : selection.index - 1;
        if (next < store.waits(selection.handle).size()) // before the first it wraps round
            return TimelineSelection::ofWait(selection.handle, next);
    }
    return selection;
}

} // namespace heddle::studio
