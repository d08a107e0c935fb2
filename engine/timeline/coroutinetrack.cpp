// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/coroutinetrack.h>

#include <algorithm>

namespace heddle {

void CoroutineTrack::append(std::int64_t startNs, TaskState state, std::optional<std::size_t> who,
                            WaitReason reason)
{
    const std::size_t count = m_stretches.size();
    if (count >= m_stretches.MostElements)
        return;
    if (count > 0)
        startNs = std::max(startNs, m_stretches.at(count - 1).startNs);
    m_stretches.append(Stretch{startNs, who ? static_cast<std::uint32_t>(*who) : None,
                               static_cast<std::uint8_t>(state),
                               static_cast<std::uint8_t>(reason)});
}

CoroutineStretch CoroutineTrack::at(std::size_t index) const
{
    const Stretch &stored = m_stretches.at(index);
    CoroutineStretch stretch;
    stretch.startNs = stored.startNs;
    stretch.state = static_cast<TaskState>(stored.state);
    stretch.index = index;
    if (isFinal(stretch.state))
        stretch.endNs = stretch.startNs;
    else if (index + 1 < size())
        stretch.endNs = m_stretches.at(index + 1).startNs;
    if (stretch.state == TaskState::Waiting)
        stretch.reason = static_cast<WaitReason>(stored.reason);
    if (stored.who != None)
        (stretch.state == TaskState::Waiting ? stretch.object : stretch.thread) = stored.who;
    return stretch;
}

std::size_t CoroutineTrack::firstStartingAt(std::int64_t ns, std::size_t from,
                                            std::size_t count) const
{
    std::size_t step = 1;
    std::size_t low = from;
    while (low + step < count && m_stretches.at(low + step).startNs < ns) {
        low += step;
        step *= 2;
    }
    std::size_t high = std::min(low + step, count);
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (m_stretches.at(middle).startNs < ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

std::size_t CoroutineTrack::indexAt(std::int64_t ns) const
{
    const std::size_t count = size();
    const std::size_t next = firstStartingAt(ns + 1, 0, count);
    if (next == 0 || (next == count && isFinal(at(count - 1).state)))
        return count;
    return next - 1;
}

std::optional<std::size_t> CoroutineTrack::wakerOf(std::size_t index) const
{
    if (at(index).state != TaskState::Waiting || index + 1 >= size())
        return std::nullopt;
    const CoroutineStretch next = at(index + 1);
    return next.state == TaskState::Ready ? next.thread : std::nullopt;
}

void CoroutineTrack::collect(const Viewport &viewport, std::int64_t traceEndNs,
                             std::vector<IntervalRun> &out) const
{
    out.clear();
    // Of more than these in one pixel, nobody sees which was the longest.
    constexpr std::size_t mostCompared = 32;
    const std::size_t count = size();
    const std::int64_t resolution = std::max<std::int64_t>(viewport.resolutionNs, 1);
    std::size_t index = firstStartingAt(viewport.startNs + 1, 0, count);
    if (index > 0)
        --index;
    if (index < count && at(index).endNs - at(index).startNs < resolution) {
        // From the beginning of its step, so that what is merged does not change while panning.
        index = firstStartingAt(viewport.bucketStart(at(index).startNs), 0, count);
    }
    while (index < count) {
        const CoroutineStretch stretch = at(index);
        if (stretch.startNs >= viewport.endNs || isFinal(stretch.state))
            break;
        const bool unfinished = stretch.endNs == Interval::Unfinished;
        const std::int64_t end = unfinished ? std::max(traceEndNs, stretch.startNs) : stretch.endNs;
        if (unfinished || end - stretch.startNs >= resolution) {
            out.push_back({stretch.startNs, end, static_cast<std::uint32_t>(stretch.state), 1,
                           index, unfinished});
            ++index;
            continue;
        }
        const std::int64_t stepEnd = viewport.bucketStart(stretch.startNs) + resolution;
        std::size_t next = firstStartingAt(stepEnd, index, count);
        // Only the last to start in the step can be wide: the others end before it begins.
        if (next - 1 > index) {
            const CoroutineStretch last = at(next - 1);
            if (last.endNs == Interval::Unfinished || last.endNs - last.startNs >= resolution
                || isFinal(last.state)) {
                --next;
            }
        }
        CoroutineStretch longest = stretch;
        for (std::size_t k = index + 1; k < std::min(next, index + mostCompared); ++k) {
            const CoroutineStretch candidate = at(k);
            if (candidate.endNs - candidate.startNs > longest.endNs - longest.startNs)
                longest = candidate;
        }
        out.push_back({stretch.startNs, at(next - 1).endNs,
                       static_cast<std::uint32_t>(longest.state),
                       static_cast<std::uint32_t>(next - index), longest.index, false});
        index = next;
    }
}

std::size_t CoroutineTrack::memoryBytes() const
{
    return sizeof(*this) + m_stretches.memoryBytes();
}

} // namespace heddle
