// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/appendcolumn.h>
#include <heddle/trace/export.h>

#include <cstdint>
#include <vector>

namespace heddle {

/// One interval of an IntervalTrack. Times are nanoseconds since the start of the trace.
struct Interval
{
    static constexpr std::int64_t Unfinished = -1;

    std::int64_t startNs = 0;
    std::int64_t durationNs = Unfinished; ///< Unfinished while it goes on (or was never ended)
    std::uint32_t value = 0;              ///< meaning depends on the track: a name, an object …
    std::size_t index = 0;                ///< position in the track
};

/// What to draw in one place: a single interval, or several that are too narrow to be told apart.
struct IntervalRun
{
    std::int64_t startNs = 0;
    std::int64_t endNs = 0;
    std::uint32_t value = 0; ///< of the longest interval in the run
    std::uint32_t count = 0; ///< 1: exactly one interval
    std::size_t index = 0;   ///< of the longest
    bool unfinished = false;
};

/// A stretch of time seen at a resolution.
struct Viewport
{
    std::int64_t startNs = 0;
    std::int64_t endNs = 0;
    /// Anything narrower is merged. Callers use powers of two, so that merging does not change
    /// while panning.
    std::int64_t resolutionNs = 1;

    /// The start of the step of the resolution that \a ns lies in. Steps are anchored at 0.
    [[nodiscard]] std::int64_t bucketStart(std::int64_t ns) const
    {
        const std::int64_t step = resolutionNs > 1 ? resolutionNs : 1;
        const std::int64_t offset = ns % step;
        return ns - (offset < 0 ? offset + step : offset);
    }
};

/// Intervals in order of time that do not overlap: the slices of one thread at one depth, a
/// thread's waits, its time on processors, a processor's threads.
///
/// Columns of start, duration and value in blocks of 64 with an implicit forest over the blocks
/// keyed on the longest duration (after gigatrace's iforest and Perfetto's
/// ImplicitSegmentForest), so that collect() costs in proportion to the pixels it fills.
/// 16 bytes per interval.
///
/// Threads: begin(), end(), append() and setValue() by one writer; all const functions by any
/// thread, also meanwhile. Never blocks.
class HEDDLE_TIMELINE_EXPORT IntervalTrack
{
public:
    IntervalTrack();
    ~IntervalTrack();
    IntervalTrack(const IntervalTrack &) = delete;
    IntervalTrack &operator=(const IntervalTrack &) = delete;

    /// Starts an interval. The one before must have ended; a start before its end is moved there.
    std::size_t begin(std::int64_t startNs, std::uint32_t value);
    /// Ends the last interval.
    void end(std::int64_t endNs);
    /// A whole interval at once.
    std::size_t append(std::int64_t startNs, std::int64_t durationNs, std::uint32_t value);

    /// Changes the value of an interval whose meaning became known only later.
    void setValue(std::size_t index, std::uint32_t value);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] Interval at(std::size_t index) const;
    /// The first interval that has not ended by \a ns, or size().
    [[nodiscard]] std::size_t firstEndingAfter(std::int64_t ns) const;
    /// The interval at \a ns, or size().
    [[nodiscard]] std::size_t indexAt(std::int64_t ns) const;
    /// What to draw of \a viewport: intervals narrower than the resolution that begin in the same
    /// step become one run, so that at most two runs begin in a step. The first run may begin
    /// before the viewport. An unfinished interval reaches to \a traceEndNs. \a out is cleared
    /// first. O(runs · log n).
    void collect(const Viewport &viewport, std::int64_t traceEndNs,
                 std::vector<IntervalRun> &out) const;
    [[nodiscard]] std::size_t memoryBytes() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle
