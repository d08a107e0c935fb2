// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <limits>
#include <vector>

namespace heddle {

/// Visits the slices of a thread in the order in which they began and ended, as a writer of begin
/// and end events needs them. \a begin(SliceRef, Interval) and \a end(SliceRef, Interval); a slice
/// that never ended gets no end.
template <typename Begin, typename End>
void visitSlices(const TraceStore &store, std::size_t thread, Begin begin, End end)
{
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    struct Open
    {
        SliceRef ref;
        Interval interval;
        std::int64_t endNs;
    };
    const std::size_t depths = store.depthCount(thread);
    std::vector<std::size_t> next(depths + 1, 0);
    std::vector<std::size_t> counts(depths + 1, 0);
    for (std::size_t depth = 0; depth < depths; ++depth)
        counts[depth] = store.slices(thread, depth).size();
    std::vector<Open> open;
    while (true) {
        const std::size_t depth = open.size();
        const bool hasNext = depth < depths && next[depth] < counts[depth];
        bool isChild = hasNext;
        Interval candidate;
        if (hasNext) {
            candidate = store.slices(thread, depth).at(next[depth]);
            if (!open.empty()) {
                // At the very instant when one slice ends and its sibling begins, a slice belongs
                // to the sibling.
                const std::int64_t endNs = open.back().endNs;
                const bool hasSibling = next[depth - 1] < counts[depth - 1];
                const bool siblingIsLater =
                        !hasSibling
                        || store.slices(thread, depth - 1).at(next[depth - 1]).startNs
                                   > candidate.startNs;
                isChild = candidate.startNs < endNs
                          || (candidate.startNs == endNs && siblingIsLater);
            }
        }
        if (isChild) {
            const SliceRef ref{thread, depth, next[depth]++};
            begin(ref, candidate);
            const bool unfinished = candidate.durationNs == Interval::Unfinished;
            open.push_back({ref, candidate,
                            unfinished ? never : candidate.startNs + candidate.durationNs});
        } else if (!open.empty()) {
            const Open closed = open.back();
            open.pop_back();
            if (closed.endNs != never)
                end(closed.ref, closed.interval);
        } else {
            return;
        }
    }
}

} // namespace heddle
