// SPDX-License-Identifier: Apache-2.0
#include "tracestore_p.h"

#include <algorithm>
#include <limits>
#include <mutex>

namespace heddle {

namespace {
// Slices that nest deeper are counted as lost: each depth is a track of its own.
constexpr std::size_t MostDepth = 4096;
// The same over all threads, so that a damaged recording or file cannot fill the memory.
constexpr std::size_t MostSliceTracks = 100'000;
// Slices without a name that stand for those whose begin was lost.
constexpr std::size_t MostNameless = 64;
} // namespace

struct TraceStore::Writer::Private
{
    TraceStore::Private *store;

    ThreadTracks &tracks(std::size_t thread) { return *store->threadTracks.mutate(thread); }
    void see(std::int64_t ns)
    {
        if (ns > store->endNs.load(std::memory_order_relaxed))
            store->endNs.store(ns, std::memory_order_relaxed);
    }
    IntervalTrack &cpu(std::uint32_t number)
    {
        while (store->cpus.size() <= number)
            store->cpus.append(std::make_unique<IntervalTrack>());
        return *store->cpus.mutate(number);
    }
    // No thread is on a processor after its end.
    void leaveCpuAtEnd(IntervalTrack &cpuTrack, std::int64_t atTheLatestNs)
    {
        const std::size_t last = cpuTrack.at(cpuTrack.size() - 1).value;
        const std::int64_t endNs = store->threads.at(last).endNs;
        if (endNs != Interval::Unfinished)
            cpuTrack.end(std::min(endNs, atTheLatestNs));
    }
    void lose(std::size_t thread, std::uint64_t records)
    {
        {
            const std::unique_lock lock(store->mutex);
            store->threads.at(thread).lost += records;
        }
        add(store->lostCount, records);
    }
    void chain(const FlowPoint &point);
    static void add(std::atomic<std::uint64_t> &counter, std::uint64_t amount = 1)
    {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
};

TraceStore::Writer::Writer(TraceStore &store)
    : d(std::make_unique<Private>(Private{store.d.get()}))
{}

TraceStore::Writer::~Writer() = default;

void TraceStore::Writer::setStart(std::int64_t monotonicNs, std::int64_t realtimeNs)
{
    d->store->startMonotonicNs.store(monotonicNs, std::memory_order_relaxed);
    d->store->startRealtimeNs.store(realtimeNs, std::memory_order_relaxed);
}

void TraceStore::Writer::setAttribute(const QString &key, const QString &value)
{
    const std::unique_lock lock(d->store->mutex);
    d->store->attributes.insert(key, value);
}

std::uint32_t TraceStore::Writer::intern(QStringView text)
{
    if (text.isEmpty())
        return 0;
    const QString string = text.toString();
    const auto known = d->store->nameIds.constFind(string);
    if (known != d->store->nameIds.constEnd())
        return *known;
    const auto id = static_cast<std::uint32_t>(d->store->names.size());
    d->store->names.append(string);
    d->store->nameIds.insert(string, id);
    return id;
}

std::size_t TraceStore::Writer::addProcess(std::int64_t pid, const QString &name)
{
    const std::unique_lock lock(d->store->mutex);
    d->store->processes.push_back({pid, name});
    return d->store->processes.size() - 1;
}

std::size_t TraceStore::Writer::addThread(std::size_t process, std::int64_t tid,
                                          const QString &name, std::int64_t startNs)
{
    const std::unique_lock lock(d->store->mutex);
    ThreadInfo info;
    info.process = process;
    info.tid = tid;
    info.name = name.isEmpty() ? QStringLiteral("thread %1").arg(tid) : name;
    info.startNs = startNs;
    d->store->threads.push_back(info);
    // A handle is valid for the lists before it is for the tracks.
    d->store->threadTracks.append(std::make_unique<ThreadTracks>());
    return d->store->threads.size() - 1;
}

void TraceStore::Writer::setThreadName(std::size_t thread, const QString &name)
{
    const std::unique_lock lock(d->store->mutex);
    d->store->threads.at(thread).name = name;
}

void TraceStore::Writer::endThread(std::size_t thread, std::int64_t ns)
{
    d->see(ns);
    const std::unique_lock lock(d->store->mutex);
    d->store->threads.at(thread).endNs = ns;
}

std::size_t TraceStore::Writer::addObject(const ObjectInfo &object)
{
    const std::unique_lock lock(d->store->mutex);
    d->store->objects.push_back(object);
    d->store->tasks.addObject();
    d->store->counters.append(std::make_unique<CounterTrack>());
    return d->store->objects.size() - 1;
}

void TraceStore::Writer::describeObject(std::size_t object, const ObjectInfo &info)
{
    const std::unique_lock lock(d->store->mutex);
    d->store->objects.at(object) = info;
}

void TraceStore::Writer::destroyObject(std::size_t object, std::int64_t ns)
{
    d->see(ns);
    const std::unique_lock lock(d->store->mutex);
    d->store->objects.at(object).destroyedNs = ns;
}

std::optional<SliceRef> TraceStore::Writer::beginSlice(std::size_t thread, std::int64_t ns,
                                                       std::uint32_t name,
                                                       const std::vector<SliceArgument> &arguments)
{
    d->see(ns);
    ThreadTracks &tracks = d->tracks(thread);
    const std::size_t depths = tracks.depths.size();
    if (tracks.openSlices == depths && depths < MostDepth
        && d->store->sliceTrackCount < MostSliceTracks) {
        tracks.depths.append(std::make_unique<SliceTrack>());
        ++d->store->sliceTrackCount;
    }
    if (tracks.openSlices >= tracks.depths.size()) {
        ++tracks.openSlices;
        d->lose(thread, 1);
        return std::nullopt;
    }
    SliceTrack &track = *tracks.depths.mutate(tracks.openSlices);
    if (!arguments.empty())
        track.arguments.append(track.intervals.size(), arguments);
    const SliceRef slice{thread, tracks.openSlices, track.intervals.begin(ns, name)};
    ++tracks.openSlices;
    d->add(d->store->sliceCount);
    return slice;
}

void TraceStore::Writer::renameSlice(SliceRef slice, std::uint32_t name)
{
    d->tracks(slice.thread).depths.mutate(slice.depth)->intervals.setValue(slice.index, name);
}

void TraceStore::Writer::endSlice(std::size_t thread, std::int64_t ns)
{
    ThreadTracks &tracks = d->tracks(thread);
    if (tracks.openSlices == 0)
        return; // begun before the recording
    d->see(ns);
    --tracks.openSlices;
    if (tracks.openSlices >= tracks.depths.size())
        return; // counted as lost when it began
    tracks.depths.mutate(tracks.openSlices)->intervals.end(ns);
}

void TraceStore::Writer::instant(std::size_t thread, std::int64_t ns, std::uint32_t name,
                                 const std::vector<SliceArgument> &arguments)
{
    d->see(ns);
    ThreadTracks &tracks = d->tracks(thread);
    if (!arguments.empty())
        tracks.instantArguments.append(tracks.instants.size(), arguments);
    tracks.instants.append(InstantInfo{ns, name});
    d->add(d->store->instantCount);
}

void TraceStore::Writer::beginWait(std::size_t thread, std::int64_t ns,
                                   std::optional<std::size_t> object, WaitReason reason)
{
    d->see(ns);
    ThreadTracks &tracks = d->tracks(thread);
    tracks.waitDetails.append(WaitDetail::pack(object, std::nullopt, WaitOutcome::Woken));
    tracks.waits.begin(ns, static_cast<std::uint32_t>(reason));
    d->add(d->store->waitCount);
}

void TraceStore::Writer::endWait(std::size_t thread, std::int64_t ns)
{
    ThreadTracks &tracks = d->tracks(thread);
    const std::size_t count = tracks.waits.size();
    if (count == 0 || tracks.waits.at(count - 1).durationNs != Interval::Unfinished)
        return;
    d->see(ns);
    tracks.waits.end(ns);
}

void TraceStore::Writer::describeWait(std::size_t thread, std::size_t wait,
                                      std::optional<std::size_t> waker, WaitOutcome outcome)
{
    std::atomic<std::uint64_t> &detail = d->tracks(thread).waitDetails.mutate(wait);
    detail.store(WaitDetail::pack(WaitDetail::object(detail.load(std::memory_order_relaxed)), waker,
                                  outcome),
                 std::memory_order_release);
}

void TraceStore::Writer::flowPoint(std::size_t thread, std::int64_t ns, std::uint64_t flow,
                                   FlowKind kind, FlowPhase phase)
{
    d->see(ns);
    const FlowPoint point{flow, ns, static_cast<std::uint32_t>(thread), kind, phase};
    d->chain(point);
    // Last, so that a reader who sees the point in its thread finds the whole flow.
    d->tracks(thread).flowPoints.append(point);
}

void TraceStore::Writer::Private::chain(const FlowPoint &point)
{
    const std::unique_lock lock(store->mutex);
    auto &points = store->flowPoints;
    points.push_back({point, 0});
    const auto position = static_cast<std::uint32_t>(points.size());
    const auto [entry, isNew] = store->flows.try_emplace(point.flow);
    TraceStore::Private::FlowEntry &chain = entry->second;
    if (isNew) {
        chain.first = position;
        add(store->flowCount);
    } else {
        points[chain.last - 1].next = position;
    }
    chain.last = position;
    const bool wasComplete = chain.begun && chain.ended;
    chain.begun |= point.phase == FlowPhase::Begin;
    chain.ended |= point.phase == FlowPhase::End;
    if (!wasComplete && chain.begun && chain.ended)
        add(store->completeFlowCount);
}

void TraceStore::Writer::createTask(std::size_t thread, std::int64_t ns, std::uint64_t id,
                                    TaskKind kind, std::uint32_t name,
                                    std::optional<std::size_t> executor)
{
    d->see(ns);
    TaskStateChange change{id, ns};
    change.state = kind == TaskKind::Ready ? TaskState::Ready : TaskState::Created;
    change.isCreation = true;
    if (d->store->tasks.create(id, kind, name, executor, thread, ns))
        d->tracks(thread).taskStates.append(change);
}

void TraceStore::Writer::taskState(std::size_t thread, std::int64_t ns, std::uint64_t id,
                                   TaskState state, std::optional<std::size_t> object,
                                   WaitReason reason)
{
    d->see(ns);
    TaskStateChange change{id, ns};
    change.state = state;
    change.reason = reason;
    if (object)
        change.object = static_cast<std::uint32_t>(*object);
    d->store->tasks.change(id, thread, ns, state, object, reason);
    d->tracks(thread).taskStates.append(change);
}

void TraceStore::Writer::count(std::size_t object, std::int64_t ns, std::int64_t value)
{
    d->see(ns);
    d->store->counters.mutate(object)->append(ns, value);
    d->add(d->store->counterCount);
}

void TraceStore::Writer::scheduled(std::size_t thread, std::int64_t ns, std::uint32_t cpu,
                                   trace::SchedulingState state)
{
    d->see(ns);
    ThreadTracks &tracks = d->tracks(thread);
    IntervalTrack &track = d->cpu(cpu);
    const std::size_t count = track.size();
    if (state == trace::SchedulingState::Running) {
        if (count > 0)
            d->leaveCpuAtEnd(track, ns); // the one before may have ended without a word
        track.begin(ns, static_cast<std::uint32_t>(thread));
    } else if (count > 0 && track.at(count - 1).value == thread) {
        track.end(ns);
    }
    if (state == trace::SchedulingState::Ended) {
        tracks.scheduling.end(ns);
        return;
    }
    tracks.scheduling.begin(ns, SchedulingValue::pack(state, cpu));
    d->add(d->store->schedulingCount);
}

void TraceStore::Writer::lost(std::size_t thread, std::int64_t ns, std::uint64_t records,
                              std::optional<std::size_t> openSlices)
{
    d->see(ns);
    ThreadTracks &tracks = d->tracks(thread);
    // What happened in the gap is unknown: slices that must have ended in it end here, and those
    // that must have begun in it have no name.
    if (openSlices) // those without a track have nothing to end
        tracks.openSlices = std::min(tracks.openSlices,
                                     std::max(tracks.depths.size(), *openSlices));
    while (openSlices && tracks.openSlices > *openSlices)
        endSlice(thread, ns);
    for (std::size_t k = 0; openSlices && k < MostNameless && tracks.openSlices < *openSlices; ++k)
        beginSlice(thread, ns, intern(u"(lost)"));
    if (openSlices)
        tracks.openSlices = *openSlices;
    instant(thread, ns, intern(u"records lost"),
            {{QStringLiteral("records"), QVariant::fromValue<quint64>(records)}});
    d->lose(thread, records);
}

void TraceStore::Writer::setLost(std::size_t thread, std::uint64_t records)
{
    const std::unique_lock lock(d->store->mutex);
    std::uint64_t &lost = d->store->threads.at(thread).lost;
    d->add(d->store->lostCount, records - lost);
    lost = records;
}

void TraceStore::Writer::advance(std::int64_t ns)
{
    d->see(ns);
}

void TraceStore::Writer::publish()
{
    d->store->revision.fetch_add(1, std::memory_order_release);
}

void TraceStore::Writer::complete()
{
    // Not every source tells of a thread's last switch off its processor.
    const std::size_t threads = d->store->threadTracks.size();
    for (std::size_t thread = 0; thread < threads; ++thread) {
        const std::int64_t endNs = d->store->threads.at(thread).endNs;
        if (endNs != Interval::Unfinished)
            d->tracks(thread).scheduling.end(endNs);
    }
    for (std::size_t cpu = 0; cpu < d->store->cpus.size(); ++cpu) {
        IntervalTrack &track = *d->store->cpus.mutate(cpu);
        if (track.size() > 0)
            d->leaveCpuAtEnd(track, std::numeric_limits<std::int64_t>::max());
    }
    d->store->complete.store(true, std::memory_order_release);
    publish();
}

} // namespace heddle
