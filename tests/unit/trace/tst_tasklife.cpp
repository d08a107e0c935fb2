// SPDX-License-Identifier: Apache-2.0
#include "collectedrecords.h"

#include <heddle/trace/object.h>
#include <heddle/trace/slice.h>
#include <heddle/trace/task.h>

#include <QTest>

#include <set>
#include <thread>

using namespace heddle::trace;

class TestTaskLife : public QObject
{
    Q_OBJECT

    // What was recorded, without what each thread tells of itself and without slices' names.
    static CollectedRecords read(const TemporaryRecording &recording)
    {
        RecordingReader reader;
        if (const RecordingError error = reader.open(recording.path))
            qFatal("%s", error.what.c_str());
        CollectedRecords found;
        reader.drain(found);
        return found;
    }
    static std::vector<Record> only(const CollectedRecords &found, ThreadIndex thread,
                                    const std::set<RecordType> &types)
    {
        std::vector<Record> records;
        const auto entries = found.threads.find(thread);
        if (entries == found.threads.end())
            return records;
        for (const auto &entry : entries->second) {
            if (types.contains(entry.record.type()))
                records.push_back(entry.record);
        }
        return records;
    }
    static const std::set<RecordType> &taskRecords()
    {
        static const std::set<RecordType> types{
                RecordType::TaskCreated, RecordType::TaskStateChanged, RecordType::TaskWaiting};
        return types;
    }
    static TaskState stateOf(const Record &record) { return TaskStateByte::state(record.top()); }
    static bool hasSlice(const Record &record) { return TaskStateByte::hasSlice(record.top()); }

private Q_SLOTS:
    void anEmptyTaskIsAsLargeAsAPointerAndDoesNothing()
    {
        static_assert(sizeof(Task) == sizeof(void *));
        constexpr Task empty;
        static_assert(!empty);
        const Task task = Task::ready(1, Name("off"));
        QVERIFY(!task);
        QCOMPARE(task.id(), FlowId{0});
        task.running();
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        task.ready();
        task.running();
        task.waits(1, WaitReason::Event);
        task.ended(TaskState::Finished);
        Recorder::stop();
        const CollectedRecords found = read(recording);
        QCOMPARE(found.count(RecordType::TaskStateChanged), std::size_t{0});
        QCOMPARE(found.count(RecordType::TaskWaiting), std::size_t{0});
    }

    void aTaskCostsThreeRecords()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        const Object executor(ObjectKind::Executor, "pool");
        const Task task = Task::ready(executor.id(), Name("work"));
        task.running();
        task.ended(TaskState::Finished);
        Recorder::stop();
        const CollectedRecords found = read(recording);
        const std::vector<Record> records = only(found, 1, taskRecords());
        QCOMPARE(records.size(), std::size_t{3});
        QCOMPARE(records[0].type(), RecordType::TaskCreated);
        QCOMPARE(static_cast<TaskKind>(records[0].top()), TaskKind::Ready);
        QCOMPARE(stateOf(records[1]), TaskState::Running);
        QVERIFY(hasSlice(records[1]));
        QCOMPARE(stateOf(records[2]), TaskState::Finished);
        QVERIFY(hasSlice(records[2]));
        for (const Record &record : records)
            QCOMPARE(record.flow(), task.id());
    }

    void aCreationTellsKindNameAndExecutor()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        const Object loop(ObjectKind::Executor, "loop");
        static_cast<void>(Task::ready(loop.id(), Name("one")));
        static_cast<void>(Task::created(loop.id(), Name("two")));
        static_cast<void>(Task::coroutine(loop.id(), Name("three")));
        Recorder::stop();
        CollectedRecords found = read(recording);
        std::vector<std::pair<Record, Record>> created;
        const auto &entries = found.threads[1];
        for (std::size_t k = 0; k + 1 < entries.size(); ++k) {
            if (entries[k].record.type() == RecordType::TaskCreated)
                created.emplace_back(entries[k].record, entries[k + 1].record);
        }
        QCOMPARE(created.size(), std::size_t{3});
        const std::array kinds{TaskKind::Ready, TaskKind::Deferred, TaskKind::Coroutine};
        const std::array names{"one", "two", "three"};
        std::set<FlowId> ids;
        for (std::size_t k = 0; k < created.size(); ++k) {
            const auto &[record, value] = created[k];
            QCOMPARE(static_cast<TaskKind>(record.top()), kinds[k]);
            QCOMPARE(value.type(), RecordType::Value);
            QCOMPARE(found.names[value.low()], std::string(names[k]));
            QCOMPARE(value.high(), loop.id());
            ids.insert(record.flow());
        }
        QCOMPARE(ids.size(), std::size_t{3});
        QVERIFY(!ids.contains(0));
    }

    void whoeverMakesACoroutineReadyIsNotTheOneItRanOn()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        const Object event(ObjectKind::Event, "go");
        const Task coroutine = Task::coroutine(0, Name("c"));
        coroutine.ready();
        coroutine.running();
        coroutine.waits(event.id(), WaitReason::Event);
        std::thread([&] { coroutine.ready(); }).join();
        std::thread([&] {
            coroutine.running();
            coroutine.ended(TaskState::Failed);
        }).join();
        Recorder::stop();
        CollectedRecords found = read(recording);
        const std::vector<Record> first = only(found, 1, taskRecords());
        QCOMPARE(first.size(), std::size_t{4});
        QVERIFY(!hasSlice(first[1]));
        QCOMPARE(first[3].type(), RecordType::TaskWaiting);
        QCOMPARE(stateOf(first[3]), TaskState::Waiting);
        QVERIFY(hasSlice(first[3]));
        for (const auto &entry : found.threads[1]) {
            if (entry.record.type() == RecordType::Value
                && entry.record.high() == static_cast<std::uint32_t>(WaitReason::Event)) {
                QCOMPARE(entry.record.low(), event.id());
            }
        }
        const std::vector<Record> waker = only(found, 2, taskRecords());
        QCOMPARE(waker.size(), std::size_t{1});
        QCOMPARE(stateOf(waker[0]), TaskState::Ready);
        QVERIFY(!hasSlice(waker[0]));
        const std::vector<Record> last = only(found, 3, taskRecords());
        QCOMPARE(last.size(), std::size_t{2});
        QCOMPARE(stateOf(last[1]), TaskState::Failed);
        QVERIFY(hasSlice(last[1]));
    }

    void aCoroutineThatYieldsEndsItsStretch()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        const Task other = Task::coroutine(0, Name("other"));
        const Task task = Task::coroutine(0, Name("c"));
        task.running();
        other.ready(); // it runs nowhere: ends nothing
        task.ready();
        task.running();
        task.ended(TaskState::Finished);
        Recorder::stop();
        const std::vector<Record> records = only(read(recording), 1,
                                                 {RecordType::TaskStateChanged});
        QCOMPARE(records.size(), std::size_t{5});
        const std::array slices{true, false, true, true, true};
        for (std::size_t k = 0; k < slices.size(); ++k)
            QCOMPARE(hasSlice(records[k]), slices[k]);
    }

    void tasksNestAsDeepAsTheyLike()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        constexpr std::size_t depth = 500;
        std::vector<Task> tasks;
        for (std::size_t k = 0; k < depth; ++k) {
            tasks.push_back(Task::ready(0, Name("nested")));
            tasks.back().running();
        }
        const Task never = Task::ready(0, Name("never"));
        never.ended(TaskState::Cancelled); // did not run here, however deep we are
        for (std::size_t k = depth; k-- > 0;)
            tasks[k].ended(TaskState::Finished);
        Recorder::stop();
        std::size_t begun = 0;
        std::size_t ended = 0;
        for (const Record &record : only(read(recording), 1, {RecordType::TaskStateChanged})) {
            if (record.flow() == never.id()) {
                QVERIFY(!hasSlice(record));
                continue;
            }
            QVERIFY(hasSlice(record));
            (stateOf(record) == TaskState::Running ? begun : ended)++;
        }
        QCOMPARE(begun, depth);
        QCOMPARE(ended, depth);
    }

    void aTaskOfOneRecordingIsSilentInTheNext()
    {
        Task task;
        {
            TemporaryRecording first;
            QVERIFY(!Recorder::start(first.path));
            task = Task::ready(0, Name("old"));
            task.running();
            QVERIFY(task);
            Recorder::stop();
            task.waits(0, WaitReason::Sleep); // too late, and no harm
        }
        TemporaryRecording second;
        QVERIFY(!Recorder::start(second.path));
        task.ready();
        task.running();
        task.waits(0, WaitReason::Sleep);
        task.ended(TaskState::Finished);
        const Task fresh = Task::ready(0, Name("new"));
        QVERIFY(fresh.id() != task.id());
        fresh.running();
        fresh.ended(TaskState::Finished);
        Recorder::stop();
        const std::vector<Record> records = only(read(second), 1, taskRecords());
        QCOMPARE(records.size(), std::size_t{3});
        for (const Record &record : records)
            QCOMPARE(record.flow(), fresh.id());
    }

    void afterALossTheSlicesOfTasksAreCountedAmongTheOpenOnes()
    {
        TemporaryRecording recording({.capacityBytes = 16 << 10, .chunkBytes = 4096});
        QVERIFY(!Recorder::start(recording.path));
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        const Name name("x");
        const Task outer = Task::ready(0, name);
        outer.running();
        const auto lose = [&] {
            const std::uint64_t before = reader.lost();
            for (int k = 0; k < 5'000; ++k)
                instant(name);
            return reader.lost() - before;
        };
        QVERIFY(lose() > 0);
        // Begins while nothing can be kept, and so do its creation and an end of another.
        const Task lost = Task::ready(0, name);
        lost.running();
        const Task over = Task::ready(0, name);
        over.running();
        over.ended(TaskState::Finished);
        reader.drain(found);          // makes room
        for (int k = 0; k < 300; ++k) // one in 256 looks for room again
            instant(name);
        lost.ended(TaskState::Finished);
        outer.ended(TaskState::Finished);
        Recorder::stop();
        reader.drain(found);
        QCOMPARE(found.count(RecordType::Lost), std::size_t{1});
        for (const Record &record : only(found, 1, {RecordType::Lost}))
            QCOMPARE(record.payload >> 40, std::uint64_t{2});
        const std::vector<Record> changes = only(found, 1, {RecordType::TaskStateChanged});
        QCOMPARE(changes.size(), std::size_t{3});
        QCOMPARE(changes[0].flow(), outer.id());
        QCOMPARE(changes[1].flow(), lost.id());
        QVERIFY(hasSlice(changes[1]));
        QCOMPARE(changes[2].flow(), outer.id());
        QVERIFY(hasSlice(changes[2]));
    }

    void anItemCostsTwoRecords()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        const Object queue(ObjectKind::Queue, "items", 8);
        queue.itemPut(0);
        queue.itemPut(1, Stamp::Ordered);
        queue.itemPut(2, Stamp::Plain, Item::Marks);
        queue.itemTaken(0);
        queue.itemDropped(1);
        queue.itemTaken(2, Item::Marks);
        queue.itemPut((std::uint64_t{1} << 40) + 3); // its number wraps round
        queue.itemDropped(4, Item::Marks);
        Recorder::stop();
        using enum RecordType;
        const std::vector<Record> records = only(
                read(recording), 1,
                {ItemPut, ItemTaken, ItemDropped, MarkerPut, MarkerTaken, MarkerDropped});
        const std::vector<std::pair<RecordType, std::uint64_t>> expected{
                {ItemPut, 0},     {ItemPut, 1},     {MarkerPut, 2}, {ItemTaken, 0},
                {ItemDropped, 1}, {MarkerTaken, 2}, {ItemPut, 3},   {MarkerDropped, 4}};
        QCOMPARE(records.size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k) {
            QCOMPARE(records[k].type(), expected[k].first);
            QCOMPARE(ItemPayload::object(records[k].payload), queue.id());
            QCOMPARE(ItemPayload::position(records[k].payload), expected[k].second);
        }
    }
};

QTEST_GUILESS_MAIN(TestTaskLife)
#include "tst_tasklife.moc"
