// SPDX-License-Identifier: Apache-2.0
#include "handmaderecording.h"

#include <QTest>

#include <random>
#include <set>

// What the reader makes of the lives of tasks and coroutines.
class TestRecordedTasks : public QObject
{
    Q_OBJECT

    static std::vector<std::int64_t> samples(const TraceStore &store, std::size_t object)
    {
        std::vector<std::int64_t> values;
        for (std::size_t k = 0; k < store.counter(object).size(); ++k)
            values.push_back(store.counter(object).at(k).value);
        return values;
    }
    using Values = std::vector<std::int64_t>;

private Q_SLOTS:
    void aTaskIsFollowedFromItsSubmissionToItsEnd()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Ready, 1, 1));
        made.give(2, {HandMade::taskState(7, 30, TaskState::Running, true),
                      HandMade::taskState(7, 50, TaskState::Finished, true)});
        made.feed.finish();
        QCOMPARE(made.store.counts().tasks, std::uint64_t{1});
        QCOMPARE(made.store.counts().coroutines, std::uint64_t{0});
        const auto row = made.store.taskWithId(7);
        QVERIFY(row);
        const TaskInfo task = made.store.task(*row);
        QCOMPARE(made.store.name(task.name), QStringLiteral("work"));
        QCOMPARE(task.kind, TaskKind::Ready);
        QCOMPARE(task.state, TaskState::Finished);
        QCOMPARE(task.executor, std::optional<std::size_t>(0));
        QCOMPARE(task.creator, std::size_t{0});
        QCOMPARE(task.thread, std::optional<std::size_t>(1));
        QVERIFY(!task.coroutine);
        QCOMPARE(task.createdNs, std::int64_t{10});
        QCOMPARE(task.readyNs, std::int64_t{10});
        QCOMPARE(task.runningNs, std::int64_t{30});
        QCOMPARE(task.endedNs, std::int64_t{50});
        QCOMPARE(made.store.tasksOf(0).size(), std::size_t{1});
        QCOMPARE(made.store.tasksOf(0).at(0), static_cast<std::uint32_t>(*row));
        // its slice
        const Interval slice = made.store.slices(1, 0).at(0);
        QCOMPARE(made.store.name(slice.value), QStringLiteral("work"));
        QCOMPARE(slice.startNs, std::int64_t{30});
        QCOMPARE(slice.durationNs, std::int64_t{20});
        // its flow
        const std::vector<FlowPoint> flow = made.store.flow(7);
        QCOMPARE(flow.size(), std::size_t{2});
        QCOMPARE(flow[0].kind, FlowKind::Task);
        QCOMPARE(flow[0].phase, FlowPhase::Begin);
        QCOMPARE(flow[0].thread, 0u);
        QCOMPARE(flow[0].ns, std::int64_t{10});
        QCOMPARE(flow[1].phase, FlowPhase::End);
        QCOMPARE(flow[1].thread, 1u);
        QCOMPARE(flow[1].ns, std::int64_t{30});
        // what was pending
        QCOMPARE(samples(made.store, 0), (Values{1, 0}));
        QCOMPARE(made.store.taskStates(0).size(), std::size_t{1});
        QVERIFY(made.store.taskStates(0).at(0).isCreation);
        QCOMPARE(made.store.taskStates(1).size(), std::size_t{2});
    }

    void aDeferredTaskIsReadyWhenItIsMadeSo()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Deferred, 1, 1));
        made.give(3, {HandMade::taskState(7, 20, TaskState::Ready)});
        made.give(2, {HandMade::taskState(7, 30, TaskState::Running, true),
                      HandMade::taskState(7, 50, TaskState::Failed, true)});
        made.feed.finish();
        const TaskInfo task = made.store.task(0);
        QCOMPARE(task.createdNs, std::int64_t{10});
        QCOMPARE(task.readyNs, std::int64_t{20});
        QCOMPARE(task.state, TaskState::Failed);
        const std::vector<FlowPoint> flow = made.store.flow(7);
        QCOMPARE(flow.size(), std::size_t{2});
        QCOMPARE(flow[0].ns, std::int64_t{20});
        QCOMPARE(made.store.threads()[flow[0].thread].name, QStringLiteral("thread #3"));
    }

    void aTaskCancelledBeforeItsRunIsNoLongerPending()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Ready, 1, 1));
        made.give(1, {HandMade::taskState(7, 20, TaskState::Cancelled)});
        made.feed.finish();
        QCOMPARE(samples(made.store, 0), (Values{1, 0}));
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{1});
        QCOMPARE(made.store.task(0).state, TaskState::Cancelled);
        QCOMPARE(made.store.task(0).runningNs, std::int64_t{Interval::Unfinished});
        QCOMPARE(made.store.counts().slices, std::uint64_t{0});
    }

    void aSliceIsNamedWhenTheCreationIsReadLater()
    {
        HandMade made;
        made.give(2, {HandMade::taskState(7, 30, TaskState::Running, true)});
        made.feed.flush();
        QCOMPARE(made.store.name(made.store.slices(0, 0).at(0).value), QStringLiteral("task"));
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Ready, 1, 0));
        made.give(2, {HandMade::taskState(7, 50, TaskState::Finished, true)});
        made.feed.finish();
        QCOMPARE(made.store.name(made.store.slices(0, 0).at(0).value), QStringLiteral("work"));
        QCOMPARE(made.store.slices(0, 0).at(0).durationNs, std::int64_t{20});
    }

    void slicesOfTasksNestWithOthers()
    {
        HandMade made;
        made.give(1, HandMade::taskCreated(7, 1, TaskKind::Ready, 1, 0));
        made.give(1, HandMade::taskCreated(8, 2, TaskKind::Ready, 4, 0));
        made.give(1, {HandMade::taskState(7, 10, TaskState::Running, true),
                      HandMade::record(RecordType::SliceBegin, 20, 3),
                      HandMade::taskState(8, 30, TaskState::Running, true),
                      HandMade::taskState(7, 35, TaskState::Ready), // by mistake; ends nothing
                      HandMade::taskState(8, 40, TaskState::Finished, true),
                      HandMade::record(RecordType::SliceEnd, 50),
                      HandMade::taskState(7, 60, TaskState::Finished, true)});
        made.feed.finish();
        QCOMPARE(made.store.slices(0, 0).at(0).durationNs, std::int64_t{50});
        QCOMPARE(made.store.slices(0, 1).at(0).durationNs, std::int64_t{30});
        QCOMPARE(made.store.slices(0, 2).at(0).durationNs, std::int64_t{10});
    }

    void aCoroutineHasATrackOfItsOwn()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        made.give(1, HandMade::created(2, 2, ObjectKind::Event, 0));
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Coroutine, 4, 1));
        made.give(1, {HandMade::taskState(7, 20, TaskState::Ready),
                      HandMade::taskState(7, 30, TaskState::Running, true)});
        made.give(1, HandMade::taskWaits(7, 40, 2, WaitReason::Event));
        made.give(3, {HandMade::taskState(7, 60, TaskState::Ready)});
        made.give(2, {HandMade::taskState(7, 70, TaskState::Running, true),
                      HandMade::taskState(7, 80, TaskState::Finished, true)});
        made.feed.finish();
        QCOMPARE(made.store.counts().tasks, std::uint64_t{0});
        QCOMPARE(made.store.counts().coroutines, std::uint64_t{1});
        const TaskInfo info = made.store.task(made.store.taskOfCoroutine(0));
        QCOMPARE(info.coroutine, std::optional<std::size_t>(0));
        QCOMPARE(made.store.name(info.name), QStringLiteral("worker one"));
        const CoroutineTrack &track = made.store.coroutine(0);
        using enum TaskState;
        const std::vector<std::pair<TaskState, std::int64_t>> expected{
                {Created, 10}, {Ready, 20},   {Running, 30}, {Waiting, 40},
                {Ready, 60},   {Running, 70}, {Finished, 80}};
        QCOMPARE(track.size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k) {
            QCOMPARE(track.at(k).state, expected[k].first);
            QCOMPARE(track.at(k).startNs, expected[k].second);
        }
        QCOMPARE(track.at(3).object, std::optional<std::size_t>(1));
        QCOMPARE(track.at(3).reason, WaitReason::Event);
        QCOMPARE(track.at(3).endNs, std::int64_t{60});
        const auto waker = track.wakerOf(3);
        QVERIFY(waker);
        QCOMPARE(made.store.threads()[*waker].name, QStringLiteral("thread #3"));
        QCOMPARE(made.store.threads()[*track.at(5).thread].name, QStringLiteral("thread #2"));
        QCOMPARE(track.indexAt(45), std::size_t{3});
        QCOMPARE(track.indexAt(9), track.size());
        QCOMPARE(track.indexAt(85), track.size());
        // One flow to each run; a slice for each stretch on a thread.
        QCOMPARE(made.store.counts().flows, std::uint64_t{2});
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{2});
        QCOMPARE(made.store.counts().slices, std::uint64_t{2});
        QCOMPARE(samples(made.store, 0), (Values{1, 0, 1, 0}));
        const AppendColumn<FlowPoint> &points = made.store.flowPoints(*waker);
        QCOMPARE(points.size(), std::size_t{1});
        QCOMPARE(points.at(0).kind, FlowKind::Await);
    }

    void aWakeUpThatOvertakesTheWaitIsNotLost()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Coroutine, 4, 1));
        made.give(1, {HandMade::taskState(7, 20, TaskState::Ready),
                      HandMade::taskState(7, 30, TaskState::Running, true)});
        made.give(2, {HandMade::taskState(7, 39, TaskState::Ready)});
        made.give(1, HandMade::taskWaits(7, 40, 0, WaitReason::Future));
        made.give(2, {HandMade::taskState(7, 50, TaskState::Running, true),
                      HandMade::taskState(7, 60, TaskState::Cancelled, true)});
        made.feed.finish();
        const CoroutineTrack &track = made.store.coroutine(0);
        using enum TaskState;
        const std::vector<TaskState> expected{Created, Ready,   Running,  Waiting,
                                              Ready,   Running, Cancelled};
        QCOMPARE(track.size(), expected.size());
        for (std::size_t k = 0; k < expected.size(); ++k)
            QCOMPARE(track.at(k).state, expected[k]);
        QVERIFY(track.wakerOf(3));
        QCOMPARE(samples(made.store, 0), (Values{1, 0, 1, 0}));
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{2});
    }

    void aYieldingCoroutineIsReadyAtOnce()
    {
        HandMade made;
        made.give(1, HandMade::taskCreated(7, 10, TaskKind::Coroutine, 4, 0));
        made.give(1, {HandMade::taskState(7, 30, TaskState::Running, true),
                      HandMade::taskState(7, 40, TaskState::Ready, true),
                      HandMade::taskState(7, 50, TaskState::Running, true),
                      HandMade::taskState(7, 60, TaskState::Finished, true)});
        made.feed.finish();
        const CoroutineTrack &track = made.store.coroutine(0);
        QCOMPARE(track.size(), std::size_t{5});
        QCOMPARE(track.at(2).state, TaskState::Ready);
        QCOMPARE(made.store.slices(0, 0).size(), std::size_t{2});
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{1});
    }

    void aRunThatSeemsOlderThanItsCauseHasItsFlow()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        made.give(1, HandMade::taskCreated(7, 130, TaskKind::Ready, 1, 1));
        made.give(2, {HandMade::taskState(7, 100, TaskState::Running, true),
                      HandMade::taskState(7, 120, TaskState::Finished, true)});
        made.give(1, HandMade::taskCreated(8, 230, TaskKind::Deferred, 1, 1));
        made.give(1, {HandMade::taskState(8, 245, TaskState::Ready)});
        made.give(2, {HandMade::taskState(8, 240, TaskState::Running, true),
                      HandMade::taskState(8, 320, TaskState::Finished, true)});
        made.feed.finish();
        QCOMPARE(made.store.task(*made.store.taskWithId(7)).state, TaskState::Finished);
        QCOMPARE(made.store.counts().tasks, std::uint64_t{2});
        const std::vector<FlowPoint> flow = made.store.flow(8);
        QCOMPARE(flow.size(), std::size_t{2});
        QCOMPARE(flow[0].phase, FlowPhase::Begin);
        QCOMPARE(flow[1].phase, FlowPhase::End);
        for (const std::int64_t value : samples(made.store, 0))
            QVERIFY(value >= 0);
        if (const auto values = samples(made.store, 0); !values.empty())
            QCOMPARE(values.back(), std::int64_t{0});
    }

    void statesWithoutACreationMakeATaskWithoutAName()
    {
        HandMade made;
        made.give(1,
                  {HandMade::record(RecordType::FlowBegin, 5,
                                    Record::tagged(7, static_cast<std::uint8_t>(FlowKind::Task))),
                   HandMade::taskState(7, 10, TaskState::Ready)});
        made.give(2, {HandMade::taskState(7, 30, TaskState::Running),
                      HandMade::taskState(7, 50, TaskState::Finished)});
        made.feed.finish();
        const TaskInfo task = made.store.task(0);
        QCOMPARE(task.name, 0u);
        QCOMPARE(task.readyNs, std::int64_t{10});
        QCOMPARE(task.endedNs, std::int64_t{50});
        // Who tells of states alone writes flows and slices by itself.
        QCOMPARE(made.store.counts().flows, std::uint64_t{1});
        QCOMPARE(made.store.counts().slices, std::uint64_t{0});
    }

    void aTaskWhoseBeginWasLostEndsItsNamelessSlice()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::SliceBegin, 10, 1),
                      HandMade::record(RecordType::Lost, 50, 33 | (std::uint64_t{2} << 40)),
                      HandMade::taskState(7, 60, TaskState::Finished, true),
                      HandMade::record(RecordType::SliceEnd, 70)});
        made.feed.finish();
        QCOMPARE(made.store.slices(0, 1).at(0).durationNs, std::int64_t{10});
        QCOMPARE(made.store.slices(0, 0).at(0).durationNs, std::int64_t{60});
    }

    // Tasks are submitted, run and cancelled by many threads; the records arrive in any order.
    void manyTasksInAnyOrderGiveTheTrueNumbers_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 10; ++seed)
            QTest::addRow("seed %u", seed) << seed;
    }
    void manyTasksInAnyOrderGiveTheTrueNumbers()
    {
        QFETCH(const unsigned, seed);
        std::mt19937_64 random(seed);
        constexpr std::size_t threads = 5;
        constexpr int tasks = 3000;
        std::array<std::vector<Record>, threads + 1> records;
        std::array<trace::FlowId, threads + 1> running{};
        std::vector<trace::FlowId> ready;
        std::vector<trace::FlowId> waiting;
        std::uint64_t tick = 1000;
        std::uint64_t wakes = 0;
        trace::FlowId next = 1;
        std::set<trace::FlowId> coroutines;
        const auto add = [&](std::size_t thread, const std::vector<Record> &more) {
            records[thread].insert(records[thread].end(), more.begin(), more.end());
        };
        while (next <= tasks || !ready.empty() || !waiting.empty()) {
            tick += 100 + random() % 100;
            const std::size_t thread = 1 + random() % threads;
            const std::uint64_t stamp = tick + (thread % 2) * 30;
            if (running[thread]) {
                const trace::FlowId id = std::exchange(running[thread], 0);
                if (coroutines.contains(id) && random() % 3) {
                    add(thread, HandMade::taskWaits(id, stamp, 0, WaitReason::Event));
                    waiting.push_back(id);
                } else {
                    add(thread, {HandMade::taskState(id, stamp, TaskState::Finished, true)});
                }
            } else if (next <= tasks && random() % 3 == 0) {
                const bool isCoroutine = random() % 2;
                add(thread, HandMade::taskCreated(
                                    next, stamp,
                                    isCoroutine ? TaskKind::Coroutine : TaskKind::Ready, 1, 1));
                (isCoroutine ? waiting : ready).push_back(next);
                if (isCoroutine)
                    coroutines.insert(next);
                else
                    ++wakes;
                ++next;
            } else if (!waiting.empty() && random() % 2) {
                const std::size_t which = random() % waiting.size();
                add(thread, {HandMade::taskState(waiting[which], stamp, TaskState::Ready)});
                ready.push_back(waiting[which]);
                waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(which));
                ++wakes;
            } else if (!ready.empty()) {
                running[thread] = ready.front();
                ready.erase(ready.begin());
                add(thread,
                    {HandMade::taskState(running[thread], stamp, TaskState::Running, true)});
            }
        }
        for (std::size_t thread = 1; thread <= threads; ++thread) {
            if (running[thread]) {
                add(thread,
                    {HandMade::taskState(running[thread], tick + 100, TaskState::Finished, true)});
            }
        }
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        // A record and its continuation are never separated.
        std::array<std::size_t, threads + 1> given{};
        for (bool isMore = true; isMore;) {
            isMore = false;
            for (std::size_t thread = threads; thread > 0; --thread) {
                const auto &own = records[thread];
                std::size_t end = std::min<std::size_t>(given[thread] + random() % 400, own.size());
                while (end < own.size() && own[end].type() == RecordType::Value)
                    ++end;
                made.give(static_cast<trace::ThreadIndex>(thread),
                          {own.begin() + static_cast<std::ptrdiff_t>(given[thread]),
                           own.begin() + static_cast<std::ptrdiff_t>(end)});
                given[thread] = end;
                isMore |= end < own.size();
            }
        }
        made.feed.finish();
        const TraceCounts counts = made.store.counts();
        QCOMPARE(counts.tasks + counts.coroutines, std::uint64_t{tasks});
        QCOMPARE(counts.coroutines, std::uint64_t{coroutines.size()});
        QCOMPARE(counts.flows, wakes);
        QCOMPARE(counts.completeFlows, wakes);
        const std::vector<std::int64_t> pending = samples(made.store, 0);
        for (const std::int64_t value : pending)
            QVERIFY(value >= 0);
        QCOMPARE(pending.back(), std::int64_t{0});
        QCOMPARE(made.store.tasksOf(0).size(), std::size_t{tasks});
        for (std::size_t k = 0; k < made.store.taskCount(); ++k) {
            const TaskInfo info = made.store.task(k);
            QCOMPARE(info.state, TaskState::Finished);
            QVERIFY(info.createdNs <= info.readyNs && info.readyNs <= info.runningNs
                    && info.runningNs <= info.endedNs);
            QCOMPARE(made.store.name(info.name), QStringLiteral("work"));
        }
        for (std::size_t thread = 0; thread < made.store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < made.store.depthCount(thread); ++depth) {
                const IntervalTrack &track = made.store.slices(thread, depth);
                for (std::size_t k = 0; k < track.size(); ++k) {
                    QVERIFY(track.at(k).durationNs != Interval::Unfinished);
                    QCOMPARE(made.store.name(track.at(k).value), QStringLiteral("work"));
                }
            }
        }
    }

    void aHundredThousandCoroutinesTakeLittleMemory()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Executor, 0));
        constexpr std::uint64_t many = 100'000;
        std::vector<Record> records;
        for (std::uint64_t k = 1; k <= many; ++k) {
            for (const Record &record : HandMade::taskCreated(k, k, TaskKind::Coroutine, 4, 1))
                records.push_back(record);
            records.push_back(HandMade::taskState(k, k, TaskState::Running, true));
            for (const Record &record : HandMade::taskWaits(k, k, 0, WaitReason::Sleep))
                records.push_back(record);
        }
        made.give(1, records);
        made.feed.finish();
        const std::size_t before = made.store.memoryBytes();
        QCOMPARE(made.store.counts().coroutines, many);
        const std::size_t perCoroutine = before / many;
        QVERIFY2(perCoroutine < 800, qPrintable(QString::number(perCoroutine)));
    }

    void nonsenseIsReadWithoutHarm()
    {
        for (unsigned seed = 1; seed <= 40; ++seed) {
            std::mt19937_64 random(seed);
            HandMade made;
            for (int k = 0; k < 2000; ++k) {
                const std::uint64_t id = random() % 20;
                const std::uint64_t tick = random() % 100'000;
                std::vector<Record> records;
                switch (random() % 5) {
                case 0:
                    records = HandMade::taskCreated(id, tick, static_cast<TaskKind>(random() % 200),
                                                    static_cast<trace::NameId>(random() % 9),
                                                    static_cast<trace::ObjectId>(random() % 3));
                    break;
                case 1:
                    records = HandMade::taskWaits(id, tick, static_cast<trace::ObjectId>(random()),
                                                  static_cast<WaitReason>(random() % 256));
                    break;
                case 2:
                    records = {HandMade::record(RecordType::Lost, tick,
                                                random() % 5 | (random() % 6) << 40)};
                    break;
                default:
                    records = {HandMade::record(
                            RecordType::TaskStateChanged, tick,
                            Record::tagged(id, random() % 2 ? random() % 256 : random() % 7))};
                }
                if (random() % 20 == 0)
                    records.resize(1); // its continuation is missing
                made.give(static_cast<trace::ThreadIndex>(1 + random() % 3), records);
                if (random() % 100 == 0)
                    made.feed.flush();
            }
            made.feed.finish();
            for (std::size_t object = 0; object < made.store.objectCount(); ++object) {
                for (const std::int64_t value : samples(made.store, object))
                    QVERIFY(value >= 0);
            }
            for (std::size_t k = 0; k < made.store.taskCount(); ++k)
                static_cast<void>(made.store.task(k));
        }
    }
};

QTEST_APPLESS_MAIN(TestRecordedTasks)
#include "tst_recordedtasks.moc"
