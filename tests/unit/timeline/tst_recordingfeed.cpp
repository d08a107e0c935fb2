// SPDX-License-Identifier: Apache-2.0
#include "handmaderecording.h"

#include <QTest>

#include <bit>

class TestRecordingFeed : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void threadsAreStartedNamedAndEnded()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 10, 4711)});
        QCOMPARE(made.store.threads()[0].name, QStringLiteral("thread 4711"));
        made.give(1, {HandMade::record(RecordType::ThreadNamed, 20, 4),
                      HandMade::record(RecordType::ThreadEnded, 90)});
        const std::vector<ThreadInfo> threads = made.store.threads();
        QCOMPARE(threads.size(), std::size_t{1});
        QCOMPARE(threads[0].name, QStringLiteral("worker one"));
        QCOMPARE(threads[0].tid, std::int64_t{4711});
        QCOMPARE(threads[0].startNs, std::int64_t{10});
        QCOMPARE(threads[0].endNs, std::int64_t{90});
        QCOMPARE(made.store.processes()[threads[0].process].pid, std::int64_t{42});
    }

    void whatALossHidesEndsAnOpenWait()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 0, 1),
                      HandMade::record(RecordType::WaitBegin, 10,
                                       HandMade::waitBegin(0, WaitReason::Lock)),
                      HandMade::record(RecordType::Lost, 40, 5),
                      HandMade::record(RecordType::WaitBegin, 70,
                                       HandMade::waitBegin(0, WaitReason::Lock)),
                      HandMade::record(RecordType::WaitEnd, 80,
                                       HandMade::waitEnd(0, 0, WaitOutcome::TimedOut))});
        const IntervalTrack &waits = made.store.waits(0);
        QCOMPARE(waits.size(), std::size_t{2});
        QCOMPARE(waits.at(0).durationNs, std::int64_t{30});
        QCOMPARE(waits.at(1).durationNs, std::int64_t{10});
        QCOMPARE(made.store.wait(0, 1).outcome, WaitOutcome::TimedOut);
    }

    void aThreadWhoseWholeLifeTheKernelToldFirstIsOneThread()
    {
        HandMade made;
        made.feed.scheduling(std::vector<trace::SchedulingRecord>{
                {HandMade::StartNs + 5, 4711, 0, SchedulingState::Running},
                {HandMade::StartNs + 90, 4711, 0, SchedulingState::Ended}});
        made.feed.flush(); // its records have not been read yet
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 10, 4711),
                      HandMade::record(RecordType::ThreadEnded, 80)});
        made.feed.finish();
        QCOMPARE(made.store.threadCount(), std::size_t{1});
        QCOMPARE(made.store.scheduling(0).size(), std::size_t{1});
        QCOMPARE(made.store.scheduling(0).at(0).durationNs, std::int64_t{85});
    }

    void aNumberThatIsUsedAgainIsAnotherThread()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 10, 4711)});
        const auto at = [](std::int64_t ns, SchedulingState state) {
            return trace::SchedulingRecord{HandMade::StartNs + ns, 4711, 0, state};
        };
        // The kernel tells of the second thread before its first record is read.
        made.feed.scheduling(std::vector{at(20, SchedulingState::Running),
                                         at(30, SchedulingState::Ended),
                                         at(50, SchedulingState::Running)});
        made.give(2, {HandMade::record(RecordType::ThreadStarted, 60, 4711)});
        made.feed.finish();
        QCOMPARE(made.store.threadCount(), std::size_t{2});
        QCOMPARE(made.store.scheduling(0).size(), std::size_t{1});
        QCOMPARE(made.store.scheduling(0).at(0).durationNs, std::int64_t{10});
        QCOMPARE(made.store.scheduling(1).at(0).startNs, std::int64_t{50});
    }

    void theKernelsLastWordOfAThreadIsNotTheNextOnes()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 10, 4711),
                      HandMade::record(RecordType::ThreadEnded, 80)});
        made.give(2, {HandMade::record(RecordType::ThreadStarted, 160, 4711)});
        const auto at = [](std::int64_t ns, SchedulingState state) {
            return trace::SchedulingRecord{HandMade::StartNs + ns, 4711, 0, state};
        };
        // It runs on after the recorder has seen its end.
        made.feed.scheduling(
                std::vector{at(20, SchedulingState::Running), at(90, SchedulingState::Ended),
                            at(150, SchedulingState::Running), at(170, SchedulingState::Blocked)});
        made.feed.finish();
        QCOMPARE(made.store.threadCount(), std::size_t{2});
        QCOMPARE(made.store.scheduling(0).at(0).durationNs, std::int64_t{70});
        QCOMPARE(made.store.scheduling(1).at(0).startNs, std::int64_t{150});
    }

    void slicesCarryTheirArguments()
    {
        HandMade made;
        made.give(1,
                  {HandMade::record(RecordType::ThreadStarted, 0, 1),
                   HandMade::record(RecordType::SliceBegin, 10, Record::pair(1, 5)),
                   HandMade::argument(2, trace::ArgumentType::Int, static_cast<std::uint64_t>(-3)),
                   HandMade::argument(2, trace::ArgumentType::UInt, ~std::uint64_t{0}),
                   HandMade::argument(2, trace::ArgumentType::Double,
                                      std::bit_cast<std::uint64_t>(0.5)),
                   HandMade::argument(2, trace::ArgumentType::Bool, 1),
                   HandMade::argument(2, trace::ArgumentType::Name, 4),
                   HandMade::record(RecordType::Instant, 15, Record::pair(1, 1)),
                   HandMade::argument(2, trace::ArgumentType::Int, 9),
                   HandMade::record(RecordType::SliceEnd, 20)});
        QCOMPARE(made.store.counts().slices, std::uint64_t{1});
        QCOMPARE(made.store.slices(0, 0).at(0).startNs, std::int64_t{10});
        QCOMPARE(made.store.slices(0, 0).at(0).durationNs, std::int64_t{10});
        const auto arguments = made.store.arguments({0, 0, 0});
        QCOMPARE(arguments.size(), std::size_t{5});
        QCOMPARE(arguments[0].key, QStringLiteral("key"));
        QCOMPARE(arguments[0].value, QVariant::fromValue<qint64>(-3));
        QCOMPARE(arguments[1].value, QVariant::fromValue(~quint64{0}));
        QCOMPARE(arguments[2].value, QVariant(0.5));
        QCOMPARE(arguments[3].value, QVariant(true));
        QCOMPARE(arguments[4].value, QVariant(QStringLiteral("worker one")));
        QCOMPARE(made.store.instantArguments(0, 0)[0].value, QVariant::fromValue<qint64>(9));
    }

    void anObjectMentionedBeforeItIsDescribedIsOne()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 0, 1),
                      HandMade::record(RecordType::WaitBegin, 5,
                                       HandMade::waitBegin(9, WaitReason::QueueEmpty))});
        QCOMPARE(made.store.objects()[0].kind, ObjectKind::Unknown);
        made.give(2, HandMade::created(9, 2, ObjectKind::Queue, 16));
        made.give(2, {HandMade::record(RecordType::ObjectDestroyed, 80, 9)});
        const std::vector<ObjectInfo> objects = made.store.objects();
        QCOMPARE(objects.size(), std::size_t{1});
        QCOMPARE(objects[0].kind, ObjectKind::Queue);
        QCOMPARE(objects[0].name, QStringLiteral("queue"));
        QCOMPARE(objects[0].capacity, std::int64_t{16});
        QCOMPARE(objects[0].createdNs, std::int64_t{2});
        QCOMPARE(objects[0].destroyedNs, std::int64_t{80});
        QCOMPARE(made.store.wait(0, 0).object, std::optional<std::size_t>(0));
    }

    void aWakerWhoseRecordsComeLaterIsFound()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 0, 100),
                      HandMade::record(RecordType::WaitBegin, 5,
                                       HandMade::waitBegin(1, WaitReason::Lock)),
                      HandMade::record(RecordType::WaitEnd, 50,
                                       HandMade::waitEnd(1, 2, WaitOutcome::Woken))});
        made.feed.flush();
        QVERIFY(!made.store.wait(0, 0).waker);
        made.give(2, {HandMade::record(RecordType::ThreadStarted, 1, 101)});
        made.feed.flush();
        QCOMPARE(made.store.wait(0, 0).waker, std::optional<std::size_t>(1));
        QCOMPARE(made.store.threads()[1].tid, std::int64_t{101});
    }

    void anEndWhoseBeginWasLostLeavesTheWaitBeforeAlone()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 0, 100),
                      HandMade::record(RecordType::WaitEnd, 2,
                                       HandMade::waitEnd(1, 0, WaitOutcome::Stopped)),
                      HandMade::record(RecordType::WaitBegin, 5,
                                       HandMade::waitBegin(1, WaitReason::Lock)),
                      HandMade::record(RecordType::WaitEnd, 9,
                                       HandMade::waitEnd(1, 0, WaitOutcome::TimedOut)),
                      HandMade::record(RecordType::WaitEnd, 20,
                                       HandMade::waitEnd(1, 0, WaitOutcome::ShutDown))});
        QCOMPARE(made.store.waits(0).size(), std::size_t{1});
        QCOMPARE(made.store.wait(0, 0).durationNs, std::int64_t{4});
        QCOMPARE(made.store.wait(0, 0).outcome, WaitOutcome::TimedOut);
    }

    void samplesOfSeveralThreadsComeInOrderOfTime()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        std::vector<Record> odd;
        std::vector<Record> even;
        for (std::uint64_t k = 0; k < 100; ++k)
            (k % 2 ? odd : even)
                    .push_back(HandMade::record(RecordType::Counter, 10 + k,
                                                Record::pair(1, static_cast<std::uint32_t>(k))));
        made.give(1, odd);
        made.give(2, even);
        made.feed.finish();
        const CounterTrack &track = made.store.counter(0);
        QCOMPARE(track.size(), std::size_t{100});
        for (std::size_t k = 0; k < 100; ++k)
            QCOMPARE(track.at(k).value, static_cast<std::int64_t>(k));
    }

    void countersMayBeNegativeOrWide()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Counter, 0));
        made.give(1, {HandMade::record(RecordType::Counter, 10,
                                       Record::pair(1, static_cast<std::uint32_t>(-5))),
                      HandMade::record(RecordType::CounterWide, 20, 1),
                      {Record::makeHead(RecordType::Value, 0), std::uint64_t{1} << 40}});
        made.feed.finish();
        QCOMPARE(made.store.counter(0).at(0).value, std::int64_t{-5});
        QCOMPARE(made.store.counter(0).at(1).value, std::int64_t{1} << 40);
    }

    void flowsAndTaskStatesKeepTheirKind()
    {
        HandMade made;
        const auto flow = [](std::uint64_t id, FlowKind kind) {
            return Record::tagged(id, static_cast<std::uint8_t>(kind));
        };
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 0, 1),
                      HandMade::record(RecordType::FlowBegin, 5, flow(77, FlowKind::Task)),
                      HandMade::record(
                              RecordType::TaskStateChanged, 6,
                              Record::tagged(77, static_cast<std::uint8_t>(TaskState::Ready)))});
        made.give(2, {HandMade::record(RecordType::FlowStep, 10, flow(77, FlowKind::Task)),
                      HandMade::record(RecordType::FlowEnd, 20, flow(77, FlowKind::Task))});
        made.feed.finish();
        const auto points = made.store.flow(77);
        QCOMPARE(points.size(), std::size_t{3});
        QCOMPARE(points[0].kind, FlowKind::Task);
        QCOMPARE(points[1].phase, FlowPhase::Step);
        QCOMPARE(points[2].phase, FlowPhase::End);
        QCOMPARE(made.store.taskStates(0).at(0).state, TaskState::Ready);
        QCOMPARE(made.store.taskStates(0).at(0).flow, std::uint64_t{77});
    }

    void aThreadSeenFirstByTheKernelIsTheRecordersThread()
    {
        HandMade made;
        const std::int64_t start = HandMade::StartNs;
        const std::vector<trace::SchedulingRecord> early{
                {start - 5, 500, 0, SchedulingState::Running},
                {start + 10, 500, 0, SchedulingState::Blocked},
                {start + 20, 501, 0, SchedulingState::Running}};
        made.feed.scheduling(early);
        made.feed.flush(); // what is older than this one …
        made.feed.flush(); // … has arrived by the next
        QCOMPARE(made.store.threadCount(), std::size_t{2});
        QCOMPARE(made.store.threads()[0].name, QStringLiteral("thread 500"));
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 30, 501),
                      HandMade::record(RecordType::ThreadNamed, 31, 4)});
        made.feed.scheduling(std::vector<trace::SchedulingRecord>{
                {start + 40, 501, 0, SchedulingState::Preempted}});
        made.feed.finish();
        QCOMPARE(made.store.threadCount(), std::size_t{2});
        QCOMPARE(made.store.threads()[1].name, QStringLiteral("worker one"));
        QCOMPARE(made.store.scheduling(1).size(), std::size_t{2});
        QCOMPARE(made.store.scheduling(1).at(0).durationNs, std::int64_t{20});
        QCOMPARE(made.store.scheduling(0).size(),
                 std::size_t{1}); // what was before the start is not known
    }

    void aNumberGivenTwiceIsTwoThreads()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 10, 500),
                      HandMade::record(RecordType::ThreadEnded, 20)});
        made.give(2, {HandMade::record(RecordType::ThreadStarted, 30, 500)});
        QCOMPARE(made.store.threadCount(), std::size_t{2});
        made.feed.scheduling(std::vector<trace::SchedulingRecord>{
                {HandMade::StartNs + 40, 500, 0, SchedulingState::Running}});
        made.feed.finish();
        QCOMPARE(made.store.scheduling(1).size(), std::size_t{1});
    }

    void aLossIsCountedAndTheNestingRepaired()
    {
        HandMade made;
        made.give(1, {HandMade::record(RecordType::ThreadStarted, 0, 1),
                      HandMade::record(RecordType::SliceBegin, 10, 1),
                      HandMade::record(RecordType::SliceBegin, 11, 1),
                      HandMade::record(RecordType::Lost, 50, 33 | (std::uint64_t{1} << 40)),
                      HandMade::record(RecordType::SliceEnd, 60)});
        QCOMPARE(made.store.counts().lost, std::uint64_t{33});
        QCOMPARE(made.store.slices(0, 1).at(0).durationNs, std::int64_t{39});
        QCOMPARE(made.store.slices(0, 0).at(0).durationNs, std::int64_t{50});
    }

    void unknownThreadsAndNamesAreShownNevertheless()
    {
        HandMade made;
        made.give(7, {HandMade::record(RecordType::SliceBegin, 10, 99)});
        QCOMPARE(made.store.threads()[0].name, QStringLiteral("thread #7"));
        QCOMPARE(made.store.name(made.store.slices(0, 0).at(0).value), QStringLiteral("name 99"));
    }
};

QTEST_APPLESS_MAIN(TestRecordingFeed)
#include "tst_recordingfeed.moc"
