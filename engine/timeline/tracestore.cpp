// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/tracestore.h>

#include "tracestore_p.h"

#include <mutex>

namespace heddle {

TraceStore::TraceStore()
    : d(std::make_unique<Private>())
{
    d->names.append(QString()); // id 0 is the empty name
}

TraceStore::~TraceStore() = default;

std::vector<ProcessInfo> TraceStore::processes() const
{
    const std::shared_lock lock(d->mutex);
    return d->processes;
}

std::vector<ThreadInfo> TraceStore::threads() const
{
    const std::shared_lock lock(d->mutex);
    return d->threads;
}

std::vector<ObjectInfo> TraceStore::objects() const
{
    const std::shared_lock lock(d->mutex);
    return d->objects;
}

std::size_t TraceStore::threadCount() const
{
    return d->threadTracks.size();
}

std::size_t TraceStore::objectCount() const
{
    return d->counters.size();
}

std::size_t TraceStore::cpuCount() const
{
    return d->cpus.size();
}

TraceCounts TraceStore::counts() const
{
    TraceCounts counts;
    counts.slices = d->sliceCount.load(std::memory_order_relaxed);
    counts.waits = d->waitCount.load(std::memory_order_relaxed);
    counts.instants = d->instantCount.load(std::memory_order_relaxed);
    counts.counters = d->counterCount.load(std::memory_order_relaxed);
    counts.flows = d->flowCount.load(std::memory_order_relaxed);
    counts.completeFlows = d->completeFlowCount.load(std::memory_order_relaxed);
    counts.scheduling = d->schedulingCount.load(std::memory_order_relaxed);
    counts.coroutines = d->tasks.coroutineCount();
    counts.tasks = d->tasks.size() - std::min<std::size_t>(d->tasks.size(), counts.coroutines);
    counts.lost = d->lostCount.load(std::memory_order_relaxed);
    return counts;
}

std::int64_t TraceStore::endNs() const
{
    return d->endNs.load(std::memory_order_relaxed);
}

std::int64_t TraceStore::startMonotonicNs() const
{
    return d->startMonotonicNs.load(std::memory_order_relaxed);
}

std::int64_t TraceStore::startRealtimeNs() const
{
    return d->startRealtimeNs.load(std::memory_order_relaxed);
}

QMap<QString, QString> TraceStore::attributes() const
{
    const std::shared_lock lock(d->mutex);
    return d->attributes;
}

QString TraceStore::name(std::uint32_t id) const
{
    return id < d->names.size() ? d->names.at(id) : QString();
}

std::uint64_t TraceStore::revision() const
{
    return d->revision.load(std::memory_order_acquire);
}

bool TraceStore::isComplete() const
{
    return d->complete.load(std::memory_order_acquire);
}

std::size_t TraceStore::depthCount(std::size_t thread) const
{
    return d->threadTracks.at(thread)->depths.size();
}

const IntervalTrack &TraceStore::slices(std::size_t thread, std::size_t depth) const
{
    return d->threadTracks.at(thread)->depths.at(depth)->intervals;
}

const IntervalTrack &TraceStore::waits(std::size_t thread) const
{
    return d->threadTracks.at(thread)->waits;
}

const IntervalTrack &TraceStore::scheduling(std::size_t thread) const
{
    return d->threadTracks.at(thread)->scheduling;
}

const AppendColumn<InstantInfo> &TraceStore::instants(std::size_t thread) const
{
    return d->threadTracks.at(thread)->instants;
}

const AppendColumn<FlowPoint> &TraceStore::flowPoints(std::size_t thread) const
{
    return d->threadTracks.at(thread)->flowPoints;
}

const AppendColumn<TaskStateChange> &TraceStore::taskStates(std::size_t thread) const
{
    return d->threadTracks.at(thread)->taskStates;
}

const IntervalTrack &TraceStore::cpu(std::size_t cpu) const
{
    return *d->cpus.at(cpu);
}

const CounterTrack &TraceStore::counter(std::size_t object) const
{
    return *d->counters.at(object);
}

std::size_t TraceStore::taskCount() const
{
    return d->tasks.size();
}

TaskInfo TraceStore::task(std::size_t task) const
{
    return d->tasks.at(task);
}

std::optional<std::size_t> TraceStore::taskWithId(std::uint64_t id) const
{
    return d->tasks.find(id);
}

const AppendColumn<std::uint32_t> &TraceStore::tasksOf(std::size_t object) const
{
    return d->tasks.ofObject(object);
}

std::size_t TraceStore::coroutineCount() const
{
    return d->tasks.coroutineCount();
}

const CoroutineTrack &TraceStore::coroutine(std::size_t coroutine) const
{
    return d->tasks.coroutine(coroutine);
}

std::size_t TraceStore::taskOfCoroutine(std::size_t coroutine) const
{
    return d->tasks.rowOfCoroutine(coroutine);
}

WaitInfo TraceStore::wait(std::size_t thread, std::size_t index) const
{
    const ThreadTracks &tracks = *d->threadTracks.at(thread);
    const Interval interval = tracks.waits.at(index);
    // Pairs with the release in Writer::describeWait.
    const std::uint64_t detail = tracks.waitDetails.at(index).load(std::memory_order_acquire);
    return {interval.startNs,           interval.durationNs,
            WaitDetail::object(detail), static_cast<WaitReason>(interval.value),
            WaitDetail::waker(detail),  WaitDetail::outcome(detail)};
}

std::vector<SliceArgument> TraceStore::arguments(SliceRef slice) const
{
    return d->threadTracks.at(slice.thread)->depths.at(slice.depth)->arguments.of(slice.index);
}

std::vector<SliceArgument> TraceStore::instantArguments(std::size_t thread, std::size_t index) const
{
    return d->threadTracks.at(thread)->instantArguments.of(index);
}

std::vector<FlowPoint> TraceStore::flow(std::uint64_t id, std::size_t limit) const
{
    std::vector<FlowPoint> points;
    {
        const std::shared_lock lock(d->mutex);
        const auto entry = d->flows.find(id);
        if (entry == d->flows.end())
            return points;
        for (std::uint32_t at = entry->second.first; at != 0 && points.size() < limit;
             at = d->flowPoints[at - 1].next)
            points.push_back(d->flowPoints[at - 1].point);
    }
    std::stable_sort(points.begin(), points.end(),
                     [](const FlowPoint &a, const FlowPoint &b) { return a.ns < b.ns; });
    return points;
}

bool TraceStore::hasFlow(std::uint64_t id) const
{
    const std::shared_lock lock(d->mutex);
    return d->flows.find(id) != d->flows.end();
}

std::vector<FlowPoint> TraceStore::flowsOf(SliceRef slice, std::size_t limit) const
{
    const ThreadTracks &tracks = *d->threadTracks.at(slice.thread);
    const Interval interval = slices(slice.thread, slice.depth).at(slice.index);
    const std::int64_t end = interval.durationNs == Interval::Unfinished
                                     ? endNs()
                                     : interval.startNs + interval.durationNs;
    std::size_t low = 0;
    std::size_t high = tracks.flowPoints.size();
    // A selection is answered in the time of a frame, however much lies in the slice's children.
    constexpr std::size_t mostLookedAt = 20'000;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (tracks.flowPoints.at(middle).ns < interval.startNs)
            low = middle + 1;
        else
            high = middle;
    }
    std::vector<FlowPoint> found;
    const std::size_t stop = std::min(tracks.flowPoints.size(), low + mostLookedAt);
    for (; low < stop && found.size() < limit; ++low) {
        const FlowPoint &point = tracks.flowPoints.at(low);
        if (point.ns > end)
            break;
        const auto inner = sliceAt(slice.thread, point.ns);
        if (!inner || inner->depth <= slice.depth)
            found.push_back(point);
    }
    return found;
}

std::optional<SliceRef> TraceStore::sliceAt(std::size_t thread, std::int64_t ns) const
{
    std::optional<SliceRef> found;
    const std::size_t depths = depthCount(thread);
    for (std::size_t depth = 0; depth < depths; ++depth) {
        const IntervalTrack &track = slices(thread, depth);
        const std::size_t index = track.indexAt(ns);
        if (index >= track.size())
            break;
        found = SliceRef{thread, depth, index};
    }
    return found;
}

std::optional<SliceRef> TraceStore::neighbour(SliceRef slice, bool forward) const
{
    const IntervalTrack &own = slices(slice.thread, slice.depth);
    const Interval from = own.at(slice.index);
    std::optional<SliceRef> best;
    std::int64_t bestStart = 0;
    for (std::size_t depth = 0; depth < depthCount(slice.thread); ++depth) {
        const IntervalTrack &track = slices(slice.thread, depth);
        const std::size_t count = track.size();
        std::size_t index = depth == slice.depth ? slice.index
                                                 : track.firstEndingAfter(from.startNs);
        // A slice of the same name at another depth may enclose this one; it began earlier.
        while (forward ? ++index < count : index-- > 0) {
            const Interval candidate = track.at(index);
            if (forward ? candidate.startNs <= from.startNs : candidate.startNs >= from.startNs)
                continue;
            if (best && (forward ? candidate.startNs >= bestStart : candidate.startNs <= bestStart))
                break;
            if (candidate.value == from.value) {
                best = SliceRef{slice.thread, depth, index};
                bestStart = candidate.startNs;
                break;
            }
        }
    }
    return best;
}

std::size_t TraceStore::memoryBytes() const
{
    std::size_t bytes = d->names.memoryBytes();
    for (std::size_t k = 0; k < d->threadTracks.size(); ++k) {
        const ThreadTracks &tracks = *d->threadTracks.at(k);
        for (std::size_t depth = 0; depth < tracks.depths.size(); ++depth) {
            bytes += tracks.depths.at(depth)->intervals.memoryBytes()
                     + tracks.depths.at(depth)->arguments.memoryBytes();
        }
        bytes += tracks.waits.memoryBytes() + tracks.waitDetails.memoryBytes()
                 + tracks.scheduling.memoryBytes() + tracks.instants.memoryBytes()
                 + tracks.instantArguments.memoryBytes() + tracks.flowPoints.memoryBytes()
                 + tracks.taskStates.memoryBytes();
    }
    for (std::size_t k = 0; k < d->counters.size(); ++k)
        bytes += d->counters.at(k)->memoryBytes();
    for (std::size_t k = 0; k < d->cpus.size(); ++k)
        bytes += d->cpus.at(k)->memoryBytes();
    bytes += d->tasks.memoryBytes();
    const std::shared_lock lock(d->mutex);
    return bytes + d->flowPoints.capacity() * sizeof(Private::ChainedPoint) + d->flows.size() * 48;
}

} // namespace heddle
