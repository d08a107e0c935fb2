// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/timeline/tracestore.h>

#include <QMetaType>

#include <optional>

namespace heddle::studio {

/// What is selected in a timeline. A value.
struct TimelineSelection
{
    enum class Kind { Nothing, Slice, Wait, Scheduling, Cpu, Coroutine, Counter, Range };

    Kind kind = Kind::Nothing;
    SliceRef slice;           ///< of a Slice
    std::size_t handle = 0;   ///< thread, CPU, coroutine or object
    std::size_t index = 0;    ///< of a wait, a stretch on a processor or of a coroutine
    std::int64_t startNs = 0; ///< of a range; of a counter the instant
    std::int64_t endNs = 0;

    friend bool operator==(const TimelineSelection &, const TimelineSelection &) = default;

    static TimelineSelection ofSlice(SliceRef slice);
    static TimelineSelection ofWait(std::size_t thread, std::size_t index);
    static TimelineSelection ofCoroutine(std::size_t coroutine, std::size_t index);
    /// From when to when it lasts in \a store.
    [[nodiscard]] std::pair<std::int64_t, std::int64_t> span(const TraceStore &store) const;
    /// Whether it still goes on, as far as \a store knows.
    [[nodiscard]] bool isUnfinished(const TraceStore &store) const;

private:
    [[nodiscard]] std::optional<Interval> interval(const TraceStore &store) const;
};

/// Time that \a thread spent on a processor within a stretch, nanoseconds; nothing if no
/// scheduling is known.
std::optional<std::int64_t> cpuTime(const TraceStore &store, std::size_t thread,
                                    std::int64_t startNs, std::int64_t endNs);

} // namespace heddle::studio

Q_DECLARE_METATYPE(heddle::studio::TimelineSelection)
