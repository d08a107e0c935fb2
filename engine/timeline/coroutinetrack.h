// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/appendcolumn.h>
#include <heddle/timeline/intervaltrack.h>
#include <heddle/trace/record.h>

#include <optional>
#include <vector>

namespace heddle {

using trace::TaskState;
using trace::WaitReason;

/// What a coroutine does between two changes of its state.
struct CoroutineStretch
{
    std::int64_t startNs = 0;
    std::int64_t endNs = Interval::Unfinished; ///< of a final state: its start
    TaskState state = TaskState::Created;
    /// Created, ready: the thread that made it so. Running, ended: the thread it ran on.
    std::optional<std::size_t> thread;
    std::optional<std::size_t> object; ///< waiting: for this, a position in TraceStore::objects()
    WaitReason reason = WaitReason::Unknown; ///< of the waiting
    std::size_t index = 0;                   ///< position in the track
};

/// The states of one coroutine one after the other, whatever threads it ran on.
///
/// There may be a hundred thousand of these: 16 bytes per stretch and some 300 for the track. The
/// waker of a stretch of waiting is the thread of the ready stretch that follows it.
///
/// Threads: append() by one writer; all const functions by any thread, also meanwhile. Never
/// blocks.
class HEDDLE_TIMELINE_EXPORT CoroutineTrack
{
public:
    /// Ends the stretch before. A start before that one's is moved there. \a who is a thread, or
    /// the object of a waiting; what cannot be stored is dropped.
    void append(std::int64_t startNs, TaskState state, std::optional<std::size_t> who,
                WaitReason reason = WaitReason::Unknown);

    [[nodiscard]] std::size_t size() const { return m_stretches.size(); }
    [[nodiscard]] CoroutineStretch at(std::size_t index) const;
    /// The stretch at \a ns, or size() when it was not created yet or has ended.
    [[nodiscard]] std::size_t indexAt(std::int64_t ns) const;
    /// Where a stretch of waiting was ended by whoever made the coroutine ready.
    [[nodiscard]] std::optional<std::size_t> wakerOf(std::size_t index) const;
    /// What to draw of \a viewport, as IntervalTrack::collect(): the value is the TaskState of the
    /// longest among the first stretches of a run. An ended coroutine has no run after its end.
    void collect(const Viewport &viewport, std::int64_t traceEndNs,
                 std::vector<IntervalRun> &out) const;
    [[nodiscard]] std::size_t memoryBytes() const;

private:
    struct Stretch
    {
        std::int64_t startNs = 0;
        std::uint32_t who = 0; ///< thread or object; None if unknown
        std::uint8_t state = 0;
        std::uint8_t reason = 0;
    };
    static constexpr std::uint32_t None = 0xffffffff;
    [[nodiscard]] std::size_t firstStartingAt(std::int64_t ns, std::size_t from,
                                              std::size_t count) const;

    AppendColumn<Stretch, 4, 26> m_stretches;
};

/// Whether a task that is in \a state will never run again.
[[nodiscard]] constexpr bool isFinal(TaskState state)
{
    return state == TaskState::Finished || state == TaskState::Failed
           || state == TaskState::Cancelled;
}

} // namespace heddle
