// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/intervaltrack.h>

namespace heddle {

/// What to draw of a counter in one place: all samples that fall together.
struct CounterRun
{
    std::int64_t startNs = 0;
    std::int64_t endNs = 0;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    std::int64_t last = 0;
};

/// The values of an object over time: queue depth, free permits …
///
/// Samples in order of time with a minimum/maximum summary per block and a forest above.
/// Threads: append() by one writer; all const functions by any thread, also meanwhile.
class HEDDLE_TIMELINE_EXPORT CounterTrack
{
public:
    struct Sample
    {
        std::int64_t ns = 0;
        std::int64_t value = 0;
    };
    CounterTrack();
    ~CounterTrack();
    CounterTrack(const CounterTrack &) = delete;
    CounterTrack &operator=(const CounterTrack &) = delete;

    void append(std::int64_t ns, std::int64_t value);
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] Sample at(std::size_t index) const;
    /// The value in force at \a ns; 0 before the first sample.
    [[nodiscard]] std::int64_t valueAt(std::int64_t ns) const;
    [[nodiscard]] std::int64_t minimum() const;
    [[nodiscard]] std::int64_t maximum() const;
    /// What to draw of \a viewport: one run per step of the resolution that has samples, each
    /// reaching to the next; the first holds the value in force at the left edge.
    void collect(const Viewport &viewport, std::int64_t traceEndNs,
                 std::vector<CounterRun> &out) const;
    [[nodiscard]] std::size_t memoryBytes() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle
