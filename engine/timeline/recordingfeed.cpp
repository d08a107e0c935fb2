// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/recordingfeed.h>

#include "itemqueues_p.h"
#include "recordedthreads_p.h"
#include "recordingnames_p.h"
#include "tasklives_p.h"

#include <heddle/trace/clock.h>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace heddle {

using trace::Record;
using trace::RecordType;

struct RecordingFeed::Private
{
    struct UnresolvedWaker
    {
        std::size_t thread;
        std::size_t wait;
        trace::ThreadIndex waker;
        WaitOutcome outcome;
    };

    Private(TraceStore::Writer &target, std::int64_t processId, const QString &processName,
            std::int64_t start)
        : writer(target)
        , startNs(start)
        , process(writer.addProcess(processId, processName))
        , threads(writer, process, start)
        , names(writer)
        , flows(process)
        , items(writer, flows)
        , lives(writer, flows)
    {}

    TraceStore::Writer &writer;
    std::int64_t startNs;
    std::size_t process;
    RecordedThreads threads;
    RecordingNames names;
    DerivedFlows flows;
    ItemQueues items;
    TaskLives lives;
    // The wait that goes on in each thread.
    struct OpenWait
    {
        std::size_t count = 0; ///< waits begun so far
        trace::ObjectId object = 0;
        bool isOpen = false;
    };
    std::unordered_map<std::size_t, OpenWait> waits;
    std::unordered_map<trace::ObjectId, std::size_t> objects;
    std::unordered_set<std::uint32_t> mutexes; ///< handles of objects
    std::vector<SharedEvent> events;           ///< not consumed yet
    struct Creation
    {
        std::uint32_t name = 0;
        std::int64_t ns = 0;
    };
    std::unordered_map<trace::FlowId, Creation> creations; ///< of tasks that have not ended
    /// Slices of tasks whose creation has not been read, if it ever will.
    std::unordered_map<trace::FlowId, std::vector<SliceRef>> namelessSlices;
    std::vector<UnresolvedWaker> wakers;
    std::int64_t seenNs = 0;    // the newest record
    std::int64_t settledNs = 0; // everything older than this has arrived

    std::optional<std::size_t> object(trace::ObjectId id)
    {
        if (id == 0)
            return std::nullopt;
        const auto known = objects.find(id);
        if (known != objects.end())
            return known->second;
        ObjectInfo info; // its creation was lost, or another thread's records come later
        info.process = process;
        info.name = QStringLiteral("object %1").arg(id);
        return objects.emplace(id, writer.addObject(info)).first->second;
    }
    void objectCreated(const Record &record, const Record *value, std::int64_t ns)
    {
        ObjectInfo info;
        info.process = process;
        info.name = names.text(record.high());
        info.createdNs = ns;
        if (value) {
            info.kind = static_cast<ObjectKind>(value->head & 0xff);
            info.capacity = static_cast<std::int64_t>(value->payload);
        }
        const auto [known, isNew] = objects.try_emplace(record.low());
        if (isNew)
            known->second = writer.addObject(info);
        else
            writer.describeObject(known->second, info);
        if (info.kind == ObjectKind::Queue || info.kind == ObjectKind::Exchange)
            items.describe(static_cast<std::uint32_t>(known->second), info);
        if (info.kind == ObjectKind::Mutex)
            mutexes.insert(static_cast<std::uint32_t>(known->second));
    }
    void endWait(std::size_t handle, const Record &record, std::int64_t ns);
    SharedEvent &share(SharedEvent::Kind kind, std::size_t handle, std::int64_t ns,
                       std::uint64_t id)
    {
        SharedEvent &event = events.emplace_back();
        event.ns = ns;
        event.id = id;
        event.thread = static_cast<std::uint32_t>(handle);
        event.kind = kind;
        return event;
    }
    std::uint32_t sharedObject(trace::ObjectId id)
    {
        const auto target = object(id);
        return target ? static_cast<std::uint32_t>(*target) : SharedEvent::NoObject;
    }
    void count(std::size_t handle, std::int64_t ns, trace::ObjectId id, std::int64_t value)
    {
        if (const auto target = object(id)) {
            share(SharedEvent::Kind::Sample, handle, ns, static_cast<std::uint64_t>(value)).object =
                    static_cast<std::uint32_t>(*target);
        }
    }
    void taskCreated(std::size_t handle, const Record &record, const Record &value,
                     std::int64_t ns);
    void taskChanged(std::size_t handle, const Record &record, const Record *wait, std::int64_t ns);
    void item(std::size_t handle, const Record &record, std::int64_t ns);
    std::int64_t timeOf(const SharedEvent &event) const;
    void consumeEvents(std::int64_t untilNs);
    void consume(const SharedEvent &event);
    void resolveWakers();
    void consume(trace::ThreadIndex index, std::span<const Record> records, std::size_t position,
                 std::int64_t ns);
};

void RecordingFeed::Private::consume(trace::ThreadIndex index, std::span<const Record> records,
                                     std::size_t position, std::int64_t ns)
{
    const Record &record = records[position];
    const Record *next = position + 1 < records.size() ? &records[position + 1] : nullptr;
    const Record *value = next && next->type() == RecordType::Value ? next : nullptr;
    if (record.type() == RecordType::ThreadStarted) {
        threads.started(index, record.payload, ns);
        return;
    }
    const std::size_t handle = threads.handle(index);
    switch (record.type()) {
    case RecordType::ThreadNamed:
        writer.setThreadName(handle, names.text(record.low()));
        break;
    case RecordType::ThreadEnded:
        threads.ended(handle, ns);
        break;
    case RecordType::SliceBegin:
        writer.beginSlice(handle, ns, names.id(record.low()),
                          record.high() ? names.arguments(records, position + 1, record.high())
                                        : std::vector<SliceArgument>());
        break;
    case RecordType::SliceEnd:
        writer.endSlice(handle, ns);
        break;
    case RecordType::SliceNext:
        writer.endSlice(handle, ns);
        writer.beginSlice(handle, ns, names.id(record.low()), {});
        break;
    case RecordType::Instant:
        writer.instant(handle, ns, names.id(record.low()),
                       record.high() ? names.arguments(records, position + 1, record.high())
                                     : std::vector<SliceArgument>());
        break;
    case RecordType::Counter:
        count(handle, ns, record.low(), static_cast<std::int32_t>(record.high()));
        break;
    case RecordType::CounterWide:
        if (value)
            count(handle, ns, record.low(), static_cast<std::int64_t>(value->payload));
        break;
    case RecordType::ObjectCreated:
        objectCreated(record, value, ns);
        break;
    case RecordType::ObjectDestroyed:
        if (const auto target = object(record.low()))
            writer.destroyObject(*target, ns);
        break;
    case RecordType::WaitBegin: {
        writer.beginWait(handle, ns, object(record.low()), static_cast<WaitReason>(record.high()));
        OpenWait &wait = waits[handle];
        wait = {wait.count + 1, record.low(), true};
        break;
    }
    case RecordType::WaitEnd:
        endWait(handle, record, ns);
        break;
    case RecordType::FlowBegin:
    case RecordType::FlowStep:
    case RecordType::FlowEnd: {
        const FlowPhase phase = record.type() == RecordType::FlowBegin  ? FlowPhase::Begin
                                : record.type() == RecordType::FlowStep ? FlowPhase::Step
                                                                        : FlowPhase::End;
        SharedEvent &event = share(SharedEvent::Kind::Flow, handle, ns, record.flow());
        event.detail = static_cast<std::uint8_t>(phase);
        event.tag = record.top();
        break;
    }
    case RecordType::TaskCreated:
        if (value)
            taskCreated(handle, record, *value, ns);
        break;
    case RecordType::TaskStateChanged:
        taskChanged(handle, record, nullptr, ns);
        break;
    case RecordType::TaskWaiting:
        taskChanged(handle, record, value, ns);
        break;
    case RecordType::ItemPut:
    case RecordType::ItemTaken:
    case RecordType::ItemDropped:
    case RecordType::MarkerPut:
    case RecordType::MarkerTaken:
    case RecordType::MarkerDropped:
        item(handle, record, ns);
        break;
    case RecordType::Lost:
        // A thread that waits writes nothing, so the end of its wait is what was lost first.
        writer.endWait(handle, ns);
        waits[handle].isOpen = false;
        items.lossHappened();
        writer.lost(handle, ns, record.payload & ((std::uint64_t{1} << 40) - 1),
                    record.payload >> 40);
        break;
    case RecordType::None:
    case RecordType::ThreadStarted:
    case RecordType::Argument:
    case RecordType::Value:
        break;
    }
}

void RecordingFeed::Private::endWait(std::size_t handle, const Record &record, std::int64_t ns)
{
    OpenWait &wait = waits[handle];
    if (!wait.isOpen)
        return; // its begin was lost
    wait.isOpen = false;
    writer.endWait(handle, ns);
    if (wait.object != record.low())
        return; // this one's end and the other's begin were lost
    const auto outcome = static_cast<WaitOutcome>(record.top());
    writer.describeWait(handle, wait.count - 1, std::nullopt, outcome);
    // The waker's own records may not have been read yet.
    if (const trace::ThreadIndex waker = record.high() & 0xffffff)
        wakers.push_back({handle, wait.count - 1, waker, outcome});
}

void RecordingFeed::Private::taskCreated(std::size_t handle, const Record &record,
                                         const Record &value, std::int64_t ns)
{
    SharedEvent &event = share(SharedEvent::Kind::TaskCreated, handle, ns, record.flow());
    event.detail = record.top() <= static_cast<std::uint8_t>(TaskKind::Coroutine) ? record.top()
                                                                                  : 0;
    event.name = names.id(value.low());
    event.object = sharedObject(value.high());
    creations[record.flow()] = {event.name, ns};
    // It may run in a thread whose records were read first.
    if (const auto nameless = namelessSlices.find(record.flow());
        nameless != namelessSlices.end()) {
        for (const SliceRef &slice : nameless->second)
            writer.renameSlice(slice, event.name);
        namelessSlices.erase(nameless);
    }
}

void RecordingFeed::Private::taskChanged(std::size_t handle, const Record &record,
                                         const Record *wait, std::int64_t ns)
{
    const TaskState state = trace::TaskStateByte::state(record.top());
    if (state > TaskState::Cancelled)
        return; // damaged
    if (!trace::TaskStateByte::hasSlice(record.top())) {
        // Nothing begins or ends in this thread.
    } else if (state != TaskState::Running) {
        writer.endSlice(handle, ns);
    } else if (const auto known = creations.find(record.flow()); known != creations.end()) {
        writer.beginSlice(handle, ns, known->second.name);
    } else if (const auto slice = writer.beginSlice(handle, ns, writer.intern(u"task"))) {
        namelessSlices[record.flow()].push_back(*slice);
    }
    SharedEvent &event = share(SharedEvent::Kind::TaskState, handle, ns, record.flow());
    event.detail = static_cast<std::uint8_t>(state);
    if (wait) {
        event.object = sharedObject(wait->low());
        event.tag = static_cast<std::uint8_t>(wait->high());
    }
}

void RecordingFeed::Private::item(std::size_t handle, const Record &record, std::int64_t ns)
{
    const auto target = object(trace::ItemPayload::object(record.payload));
    if (!target)
        return;
    const RecordType type = record.type();
    using Kind = SharedEvent::Kind;
    const bool isPut = type == RecordType::ItemPut || type == RecordType::MarkerPut;
    const bool isTaken = type == RecordType::ItemTaken || type == RecordType::MarkerTaken;
    SharedEvent &event = share(isPut     ? Kind::ItemPut
                               : isTaken ? Kind::ItemTaken
                                         : Kind::ItemDropped,
                               handle, ns, trace::ItemPayload::position(record.payload));
    event.object = static_cast<std::uint32_t>(*target);
    event.tag = type == RecordType::ItemPut || type == RecordType::ItemTaken
                || type == RecordType::ItemDropped;
    if (isPut)
        items.announce(event);
}

void RecordingFeed::Private::consume(const SharedEvent &event)
{
    switch (event.kind) {
    case SharedEvent::Kind::Sample: {
        auto value = static_cast<std::int64_t>(event.id);
        if (value != 0 && mutexes.count(event.object)) {
            // The recording numbers threads in another way than the store.
            const auto holder = threads.find(static_cast<trace::ThreadIndex>(value));
            value = holder ? static_cast<std::int64_t>(*holder) + 1 : 0;
        }
        items.count(event.object, value);
        writer.count(event.object, event.ns, value);
        break;
    }
    case SharedEvent::Kind::Flow:
        writer.flowPoint(event.thread, event.ns, event.id, static_cast<FlowKind>(event.tag),
                         static_cast<FlowPhase>(event.detail));
        break;
    case SharedEvent::Kind::TaskCreated:
        lives.create(event);
        break;
    case SharedEvent::Kind::TaskState:
        lives.change(event);
        if (isFinal(static_cast<TaskState>(event.detail))) {
            creations.erase(event.id);
            namelessSlices.erase(event.id);
        }
        break;
    case SharedEvent::Kind::ItemPut:
    case SharedEvent::Kind::ItemTaken:
    case SharedEvent::Kind::ItemDropped:
        items.consume(event);
        break;
    }
}

// When it happened: not before its cause, though the clock of another processor says so.
std::int64_t RecordingFeed::Private::timeOf(const SharedEvent &event) const
{
    if (event.kind == SharedEvent::Kind::ItemTaken || event.kind == SharedEvent::Kind::ItemDropped)
        return items.timeOf(event);
    if (event.kind == SharedEvent::Kind::TaskState) {
        const auto creation = creations.find(event.id);
        return creation != creations.end() ? std::max(event.ns, creation->second.ns) : event.ns;
    }
    return event.ns;
}

void RecordingFeed::Private::consumeEvents(std::int64_t untilNs)
{
    for (SharedEvent &event : events)
        event.ns = timeOf(event);
    const auto isCause = [](const SharedEvent &event) {
        return event.kind == SharedEvent::Kind::TaskCreated
               || event.kind == SharedEvent::Kind::ItemPut;
    };
    std::stable_sort(events.begin(), events.end(),
                     [&isCause](const SharedEvent &a, const SharedEvent &b) {
                         return a.ns != b.ns ? a.ns < b.ns : isCause(a) && !isCause(b);
                     });
    const auto end = std::partition_point(
            events.begin(), events.end(),
            [untilNs](const SharedEvent &event) { return event.ns <= untilNs; });
    for (auto event = events.begin(); event != end; ++event)
        consume(*event);
    events.erase(events.begin(), end);
    items.forgetLost(std::min(untilNs, seenNs));
}

void RecordingFeed::Private::resolveWakers()
{
    std::erase_if(wakers, [this](const UnresolvedWaker &entry) {
        const auto known = threads.find(entry.waker);
        if (!known)
            return false;
        writer.describeWait(entry.thread, entry.wait, *known, entry.outcome);
        return true;
    });
}

RecordingFeed::RecordingFeed(TraceStore::Writer &writer, std::int64_t processId,
                             const QString &processName, std::int64_t startMonotonicNs)
    : d(std::make_unique<Private>(writer, processId, processName, startMonotonicNs))
{}

RecordingFeed::~RecordingFeed() = default;

void RecordingFeed::nameDefined(trace::NameId id, std::string_view text)
{
    d->names.define(id, text);
}

void RecordingFeed::threadRecords(trace::ThreadIndex thread, std::span<const Record> records,
                                  const trace::TickConversion &clock, std::uint64_t firstTick)
{
    for (std::size_t k = 0; k < records.size(); ++k) {
        const RecordType type = records[k].type();
        if (type == RecordType::Argument || type == RecordType::Value)
            continue;
        const std::int64_t ns = clock.toMonotonicNs(firstTick + records[k].ticks()) - d->startNs;
        d->seenNs = std::max(d->seenNs, ns);
        d->consume(thread, records, k, ns);
    }
}

void RecordingFeed::scheduling(std::span<const trace::SchedulingRecord> records)
{
    d->threads.scheduling(records);
}

void RecordingFeed::flush()
{
    // A record of one thread may have been read before an older one of another thread, but not
    // before one from before the last drain.
    d->consumeEvents(d->settledNs);
    d->threads.writeScheduling(d->settledNs);
    d->settledNs = trace::Clock::monotonicNs() - d->startNs;
    d->resolveWakers();
    d->writer.publish();
}

void RecordingFeed::finish()
{
    d->consumeEvents(std::numeric_limits<std::int64_t>::max());
    d->threads.writeScheduling(std::numeric_limits<std::int64_t>::max());
    d->resolveWakers();
    d->writer.publish();
}

} // namespace heddle
