// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <QSet>
#include <QString>

#include <optional>
#include <vector>

namespace heddle {

/// One lane of a timeline. Geometry in pixels from the top of the lanes.
struct TimelineLane
{
    enum class Kind { Group, Cpu, Thread, Coroutine, Counter };

    Kind kind = Kind::Group;
    std::size_t handle = 0; ///< CPU number, thread, coroutine or object; of a group its number
    std::size_t depths = 0; ///< of a thread
    QString title;
    QString detail;
    int top = 0;
    int height = 0;
    bool isCollapsed = false; ///< of a group
};

/// What is drawn, from top to bottom: processors, each process's threads with their slices and its
/// coroutines (the first thousand), and the objects that have a value. Lanes that hold nothing are
/// left out. A value; any thread.
struct HEDDLE_TIMELINE_EXPORT TimelineLayout
{
    static constexpr int GroupHeight = 24;
    static constexpr int CpuHeight = 18;
    static constexpr int StateHeight = 20; ///< at the top of a thread's lane
    static constexpr int SliceHeight = 20;
    static constexpr int CoroutineHeight = 18;
    static constexpr int CounterHeight = 46;
    static constexpr int HolderHeight = 18; ///< of a mutex
    static constexpr std::size_t MostCoroutines = 1000;
    static constexpr int Gap = 6;

    /// \a collapsed holds titles of groups.
    static TimelineLayout of(const TraceStore &store, const QSet<QString> &collapsed = {});

    std::vector<TimelineLane> lanes;
    int height = 0;

    [[nodiscard]] const TimelineLane *laneAt(int y) const;
    [[nodiscard]] const TimelineLane *thread(std::size_t handle) const;
    [[nodiscard]] const TimelineLane *coroutine(std::size_t handle) const;
    /// Where the slices of \a depth begin in the lane of a thread.
    [[nodiscard]] static int sliceTop(const TimelineLane &lane, std::size_t depth)
    {
        return lane.top + StateHeight + 2 + static_cast<int>(depth) * SliceHeight;
    }

private:
    [[nodiscard]] const TimelineLane *find(TimelineLane::Kind kind, std::size_t handle) const;
};

} // namespace heddle
