// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/recordingfeed.h>

#include <heddle/trace/clock.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace heddle {

using trace::Record;
using trace::RecordType;

struct RecordingFeed::Private
{
    struct Sample
    {
        std::size_t object;
        std::int64_t ns;
        std::int64_t value;
    };
    struct UnresolvedWaker
    {
        std::size_t thread;
        std::size_t wait;
        trace::ThreadIndex waker;
        WaitOutcome outcome;
    };

    Private(TraceStore::Writer &target, std::int64_t start)
        : writer(target)
        , startNs(start)
    {}

    TraceStore::Writer &writer;
    std::int64_t startNs;
    std::size_t process = 0;
    std::unordered_map<trace::NameId, std::uint32_t> names;
    std::unordered_map<trace::NameId, QString> texts;
    std::unordered_map<trace::ThreadIndex, std::size_t> threads;
    // Those that had an operating-system number, one after the other: the first is the one that the
    // kernel's next word is about.
    std::unordered_map<std::uint64_t, std::deque<std::size_t>> threadsByTid;
    std::unordered_map<std::size_t, std::int64_t> ends; ///< when threads ended
    std::vector<trace::SchedulingRecord> switches;      ///< not written yet, in order of time
    // The wait that goes on in each thread.
    struct OpenWait
    {
        std::size_t count = 0; ///< waits begun so far
        trace::ObjectId object = 0;
        bool isOpen = false;
    };
    std::unordered_map<std::size_t, OpenWait> waits;
    std::unordered_set<std::size_t> introduced; ///< threads that the recorder has told of
    std::unordered_map<trace::ObjectId, std::size_t> objects;
    std::vector<Sample> samples;
    std::vector<UnresolvedWaker> wakers;
    std::int64_t settledNs = 0; // everything older than this has arrived

    std::uint32_t name(trace::NameId id)
    {
        const auto known = names.find(id);
        return known != names.end() ? known->second
                                    : writer.intern(QStringLiteral("name %1").arg(id));
    }
    QString text(trace::NameId id) const
    {
        const auto known = texts.find(id);
        return known != texts.end() ? known->second : QStringLiteral("name %1").arg(id);
    }
    std::size_t thread(trace::ThreadIndex index)
    {
        const auto known = threads.find(index);
        if (known != threads.end())
            return known->second;
        // Its first record was lost.
        const std::size_t handle = writer.addThread(process, 0,
                                                    QStringLiteral("thread #%1").arg(index), 0);
        threads.emplace(index, handle);
        return handle;
    }
    std::size_t threadStarted(trace::ThreadIndex index, std::uint64_t tid, std::int64_t ns)
    {
        // The kernel may have told of it first, under its number alone.
        std::deque<std::size_t> &known = threadsByTid[tid];
        if (known.empty() || introduced.count(known.back()))
            known.push_back(writer.addThread(process, static_cast<std::int64_t>(tid), {}, ns));
        const std::size_t handle = known.back();
        introduced.insert(handle);
        threads[index] = handle;
        return handle;
    }
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
        info.name = text(record.high());
        info.createdNs = ns;
        if (value) {
            info.kind = static_cast<ObjectKind>(value->head & 0xff);
            info.capacity = static_cast<std::int64_t>(value->payload);
        }
        const auto known = objects.find(record.low());
        if (known == objects.end())
            objects.emplace(record.low(), writer.addObject(info));
        else
            writer.describeObject(known->second, info);
    }
    QVariant argumentValue(const Record &unit) const
    {
        switch (static_cast<trace::ArgumentType>((unit.head >> 32) & 0xff)) {
        case trace::ArgumentType::Int:
            return QVariant::fromValue(static_cast<qint64>(unit.payload));
        case trace::ArgumentType::UInt:
            return QVariant::fromValue(static_cast<quint64>(unit.payload));
        case trace::ArgumentType::Double:
            return std::bit_cast<double>(unit.payload);
        case trace::ArgumentType::Bool:
            return unit.payload != 0;
        case trace::ArgumentType::Name:
            return text(static_cast<trace::NameId>(unit.payload));
        }
        return {};
    }
    std::vector<SliceArgument> arguments(std::span<const Record> records, std::size_t first,
                                         std::size_t count) const
    {
        std::vector<SliceArgument> found;
        for (std::size_t k = first; k < std::min(first + count, records.size()); ++k) {
            if (records[k].type() != RecordType::Argument)
                break;
            found.push_back(
                    {text(static_cast<trace::NameId>(records[k].head)), argumentValue(records[k])});
        }
        return found;
    }
    void endWait(std::size_t handle, const Record &record, std::int64_t ns);
    void writeSamples(std::int64_t untilNs);
    void writeSwitches(std::int64_t untilNs);
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
        threadStarted(index, record.payload, ns);
        return;
    }
    const std::size_t handle = thread(index);
    switch (record.type()) {
    case RecordType::ThreadNamed:
        writer.setThreadName(handle, text(record.low()));
        break;
    case RecordType::ThreadEnded:
        writer.endThread(handle, ns);
        ends[handle] = ns;
        break;
    case RecordType::SliceBegin:
        writer.beginSlice(handle, ns, name(record.low()),
                          record.high() ? arguments(records, position + 1, record.high())
                                        : std::vector<SliceArgument>());
        break;
    case RecordType::SliceEnd:
        writer.endSlice(handle, ns);
        break;
    case RecordType::Instant:
        writer.instant(handle, ns, name(record.low()),
                       record.high() ? arguments(records, position + 1, record.high())
                                     : std::vector<SliceArgument>());
        break;
    case RecordType::Counter:
        if (const auto target = object(record.low()))
            samples.push_back({*target, ns, static_cast<std::int32_t>(record.high())});
        break;
    case RecordType::CounterWide:
        if (const auto target = object(record.low()); target && value)
            samples.push_back({*target, ns, static_cast<std::int64_t>(value->payload)});
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
        writer.flowPoint(handle, ns, record.flow(), static_cast<FlowKind>(record.top()), phase);
        break;
    }
    case RecordType::TaskStateChanged:
    case RecordType::TaskWaiting:
        writer.taskState(handle, ns, record.flow(), trace::TaskStateByte::state(record.top()));
        break;
    case RecordType::Lost:
        // A thread that waits writes nothing, so the end of its wait is what was lost first.
        writer.endWait(handle, ns);
        waits[handle].isOpen = false;
        writer.lost(handle, ns, record.payload & ((std::uint64_t{1} << 40) - 1),
                    record.payload >> 40);
        break;
    case RecordType::None:
    case RecordType::ThreadStarted:
    case RecordType::TaskCreated:
    case RecordType::ItemPut:
    case RecordType::ItemTaken:
    case RecordType::ItemDropped:
    case RecordType::MarkerPut:
    case RecordType::MarkerTaken:
    case RecordType::MarkerDropped:
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

void RecordingFeed::Private::writeSamples(std::int64_t untilNs)
{
    std::stable_sort(samples.begin(), samples.end(),
                     [](const Sample &a, const Sample &b) { return a.ns < b.ns; });
    const auto end = std::find_if(samples.begin(), samples.end(),
                                  [untilNs](const Sample &sample) { return sample.ns > untilNs; });
    for (auto sample = samples.begin(); sample != end; ++sample)
        writer.count(sample->object, sample->ns, sample->value);
    samples.erase(samples.begin(), end);
}

// Only what the threads' own records have caught up with: which of two threads of one number is
// meant is known from the start of the second.
void RecordingFeed::Private::writeSwitches(std::int64_t untilNs)
{
    const auto end = std::find_if(switches.begin(), switches.end(), [&](const auto &record) {
        return record.monotonicNs - startNs > untilNs;
    });
    for (auto record = switches.begin(); record != end; ++record) {
        const std::int64_t ns = record->monotonicNs - startNs;
        std::deque<std::size_t> &known = threadsByTid[record->osThreadId];
        // Not every source tells of a thread's end.
        while (known.size() > 1 && ends.count(known.front()) && ends[known.front()] < ns)
            known.pop_front();
        const bool isEnd = record->state == trace::SchedulingState::Ended;
        if (known.empty() && isEnd)
            continue;
        if (known.empty()) {
            known.push_back(writer.addThread(process, static_cast<std::int64_t>(record->osThreadId),
                                             {}, ns));
        }
        writer.scheduled(known.front(), ns, record->cpu, record->state);
        if (isEnd)
            known.pop_front();
    }
    switches.erase(switches.begin(), end);
}

void RecordingFeed::Private::resolveWakers()
{
    std::erase_if(wakers, [this](const UnresolvedWaker &entry) {
        const auto known = threads.find(entry.waker);
        if (known == threads.end())
            return false;
        writer.describeWait(entry.thread, entry.wait, known->second, entry.outcome);
        return true;
    });
}

RecordingFeed::RecordingFeed(TraceStore::Writer &writer, std::int64_t processId,
                             const QString &processName, std::int64_t startMonotonicNs)
    : d(std::make_unique<Private>(writer, startMonotonicNs))
{
    d->process = writer.addProcess(processId, processName);
}

RecordingFeed::~RecordingFeed() = default;

void RecordingFeed::nameDefined(trace::NameId id, std::string_view text)
{
    const QString string = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
    d->names[id] = d->writer.intern(string);
    d->texts[id] = string;
}

void RecordingFeed::threadRecords(trace::ThreadIndex thread, std::span<const Record> records,
                                  const trace::TickConversion &clock, std::uint64_t firstTick)
{
    for (std::size_t k = 0; k < records.size(); ++k) {
        const RecordType type = records[k].type();
        if (type == RecordType::Argument || type == RecordType::Value)
            continue;
        const std::int64_t ns = clock.toMonotonicNs(firstTick + records[k].ticks()) - d->startNs;
        d->consume(thread, records, k, ns);
    }
}

void RecordingFeed::scheduling(std::span<const trace::SchedulingRecord> records)
{
    for (const trace::SchedulingRecord &record : records) {
        if (record.monotonicNs >= d->startNs) // else before the first record
            d->switches.push_back(record);
    }
}

void RecordingFeed::flush()
{
    // A record of one thread may have been read before an older one of another thread, but not
    // before one from before the last drain.
    d->writeSamples(d->settledNs);
    d->writeSwitches(d->settledNs);
    d->settledNs = trace::Clock::monotonicNs() - d->startNs;
    d->resolveWakers();
    d->writer.publish();
}

void RecordingFeed::finish()
{
    d->writeSamples(std::numeric_limits<std::int64_t>::max());
    d->writeSwitches(std::numeric_limits<std::int64_t>::max());
    d->resolveWakers();
    d->writer.publish();
}

} // namespace heddle
