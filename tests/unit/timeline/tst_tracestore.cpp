// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/tracestore.h>

#include <QTest>

#include <latch>
#include <thread>

using namespace heddle;
using trace::SchedulingState;

class TestTraceStore : public QObject
{
    Q_OBJECT

    static std::size_t addThread(TraceStore::Writer &writer, const char *name = "worker")
    {
        return writer.addThread(writer.addProcess(10, QStringLiteral("program")), 11,
                                QLatin1String(name), 0);
    }

private Q_SLOTS:
    void noThreadStaysOnAProcessorAfterItsEnd()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t process = writer.addProcess(1, QStringLiteral("program"));
        const std::size_t first = writer.addThread(process, 11, QStringLiteral("first"), 0);
        const std::size_t second = writer.addThread(process, 12, QStringLiteral("second"), 0);
        writer.scheduled(first, 10, 0, SchedulingState::Running);
        writer.endThread(first, 50); // and nobody tells that it left the processor
        writer.scheduled(second, 900, 0, SchedulingState::Running);
        QCOMPARE(store.cpu(0).at(0).durationNs, std::int64_t{40});

        writer.scheduled(second, 950, 0, SchedulingState::Ended);
        QCOMPARE(store.cpu(0).at(1).durationNs, std::int64_t{50});
        QCOMPARE(store.scheduling(second).size(), std::size_t{1});
        QCOMPARE(store.scheduling(second).at(0).durationNs, std::int64_t{50});
        QCOMPARE(store.counts().scheduling, std::uint64_t{2});
    }

    void aDamagedDepthCannotFillTheMemory()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t process = writer.addProcess(1, {});
        for (int k = 0; k < 300; ++k) {
            const std::size_t thread = writer.addThread(process, k, {}, 0);
            writer.lost(thread, 10, 1, 0xffffff);
            writer.beginSlice(thread, 20, writer.intern(u"too deep"), {});
            writer.endSlice(thread, 30);
            writer.lost(thread, 40, 1, 0); // all have ended
            writer.beginSlice(thread, 50, writer.intern(u"work"), {});
            writer.endSlice(thread, 60);
            QVERIFY(store.depthCount(thread) <= 64);
            const Interval last = store.slices(thread, 0).at(1);
            QCOMPARE(last.startNs, std::int64_t{50});
            QCOMPARE(last.durationNs, std::int64_t{10});
        }
    }

    void aFlowCanBeReadInPart()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = writer.addThread(writer.addProcess(1, {}), 1, {}, 0);
        writer.flowPoint(thread, 0, 7, FlowKind::Message, FlowPhase::Begin);
        for (int k = 1; k < 100; ++k)
            writer.flowPoint(thread, k, 7, FlowKind::Message, FlowPhase::Step);
        QVERIFY(store.hasFlow(7));
        QVERIFY(!store.hasFlow(8));
        QCOMPARE(store.flow(7).size(), std::size_t{100});
        QCOMPARE(store.flow(7, 3).size(), std::size_t{3});
        QCOMPARE(store.flow(7, 3).front().phase, FlowPhase::Begin);
    }

    void anEmptyStoreHoldsNothing()
    {
        const TraceStore store;
        QCOMPARE(store.threadCount(), std::size_t{0});
        QCOMPARE(store.endNs(), std::int64_t{0});
        QVERIFY(!store.isComplete());
        QVERIFY(store.flow(1).empty());
        QCOMPARE(store.name(0), QString());
        QCOMPARE(store.name(99), QString());
    }

    void aNameIsInternedOnce()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::uint32_t id = writer.intern(u"decode");
        QCOMPARE(writer.intern(u"decode"), id);
        QVERIFY(writer.intern(u"encode") != id);
        QCOMPARE(writer.intern(u""), 0u);
        QCOMPARE(store.name(id), QStringLiteral("decode"));
    }

    void slicesNest()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        const std::uint32_t outer = writer.intern(u"outer");
        const std::uint32_t inner = writer.intern(u"inner");
        writer.beginSlice(thread, 10, outer);
        writer.beginSlice(thread, 20, inner, {{QStringLiteral("frame"), 7}});
        writer.endSlice(thread, 30);
        writer.beginSlice(thread, 40, inner);
        writer.endSlice(thread, 50);
        writer.endSlice(thread, 60);
        writer.endSlice(thread, 70); // begun before the recording

        QCOMPARE(store.depthCount(thread), std::size_t{2});
        QCOMPARE(store.slices(thread, 0).size(), std::size_t{1});
        QCOMPARE(store.slices(thread, 0).at(0).durationNs, std::int64_t{50});
        QCOMPARE(store.slices(thread, 1).size(), std::size_t{2});
        QCOMPARE(store.counts().slices, std::uint64_t{3});
        QCOMPARE(store.sliceAt(thread, 25), std::optional<SliceRef>({thread, 1, 0}));
        QCOMPARE(store.sliceAt(thread, 35), std::optional<SliceRef>({thread, 0, 0}));
        QVERIFY(!store.sliceAt(thread, 65));
        const auto arguments = store.arguments({thread, 1, 0});
        QCOMPARE(arguments.size(), std::size_t{1});
        QCOMPARE(arguments[0].key, QStringLiteral("frame"));
        QCOMPARE(arguments[0].value.toInt(), 7);
        QVERIFY(store.arguments({thread, 1, 1}).empty());
        QCOMPARE(store.endNs(), std::int64_t{60});
    }

    void unfinishedSlicesStayUnfinished()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        writer.beginSlice(thread, 10, writer.intern(u"never ends"));
        writer.complete();
        QVERIFY(store.isComplete());
        QCOMPARE(store.slices(thread, 0).at(0).durationNs, Interval::Unfinished);
        QVERIFY(store.sliceAt(thread, 1'000'000).has_value());
    }

    void slicesTooDeepAreCountedAsLost()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        constexpr int depth = 5000;
        for (int k = 0; k < depth; ++k)
            writer.beginSlice(thread, k, 0);
        for (int k = 0; k < depth; ++k)
            writer.endSlice(thread, depth + k);
        writer.beginSlice(thread, 3 * depth, 0);
        QCOMPARE(store.depthCount(thread), std::size_t{4096});
        QCOMPARE(store.counts().lost, std::uint64_t{depth - 4096});
        QCOMPARE(store.threads()[thread].lost, std::uint64_t{depth - 4096});
        QCOMPARE(store.slices(thread, 0).size(), std::size_t{2});
        QCOMPARE(store.slices(thread, 0).at(0).durationNs, std::int64_t{2 * depth - 1});
    }

    void neighboursHaveTheSameName()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        const std::uint32_t a = writer.intern(u"a");
        const std::uint32_t b = writer.intern(u"b");
        for (int k = 0; k < 4; ++k) {
            writer.beginSlice(thread, k * 100, k % 2 ? b : a);
            writer.beginSlice(thread, k * 100 + 10, k % 2 ? a : b);
            writer.endSlice(thread, k * 100 + 20);
            writer.endSlice(thread, k * 100 + 50);
        }
        // "a" begins at 0 (outer), 110 (inner), 200 (outer), 310 (inner).
        const SliceRef first{thread, 0, 0};
        const auto second = store.neighbour(first, true);
        QCOMPARE(second, std::optional<SliceRef>({thread, 1, 1}));
        const auto third = store.neighbour(*second, true);
        QCOMPARE(third, std::optional<SliceRef>({thread, 0, 2}));
        QCOMPARE(store.neighbour(*third, false), second);
        QCOMPARE(store.neighbour(*second, false), std::optional<SliceRef>(first));
        QVERIFY(!store.neighbour(first, false));
        QVERIFY(!store.neighbour({thread, 1, 3}, true));
    }

    void aWaitTellsItsObjectWakerAndOutcome()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        ObjectInfo info;
        info.kind = ObjectKind::Queue;
        info.name = QStringLiteral("items");
        const std::size_t queue = writer.addObject(info);
        writer.beginWait(thread, 10, queue, WaitReason::QueueEmpty);
        QCOMPARE(store.wait(thread, 0).durationNs, Interval::Unfinished);
        QVERIFY(!store.wait(thread, 0).waker);
        writer.endWait(thread, 30);
        writer.describeWait(thread, 0, std::size_t{3}, WaitOutcome::TimedOut);
        const WaitInfo wait = store.wait(thread, 0);
        QCOMPARE(wait.durationNs, std::int64_t{20});
        QCOMPARE(wait.object, std::optional(queue));
        QCOMPARE(wait.waker, std::optional<std::size_t>(3));
        QCOMPARE(wait.reason, WaitReason::QueueEmpty);
        QCOMPARE(wait.outcome, WaitOutcome::TimedOut);
        writer.beginWait(thread, 40, std::nullopt, WaitReason::Sleep);
        QVERIFY(!store.wait(thread, 1).object);
    }

    void flowsAreFoundByNumberAndBySlice()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t from = addThread(writer, "producer");
        const std::size_t to = addThread(writer, "consumer");
        // The consumer's records may be read before the producer's.
        writer.beginSlice(to, 50, writer.intern(u"get"));
        writer.flowPoint(to, 60, 77, FlowKind::QueueItem, FlowPhase::End);
        writer.endSlice(to, 70);
        QCOMPARE(store.counts().completeFlows, std::uint64_t{0});
        writer.beginSlice(from, 10, writer.intern(u"put"));
        writer.flowPoint(from, 20, 77, FlowKind::QueueItem, FlowPhase::Begin);
        writer.beginSlice(from, 22, writer.intern(u"inner"));
        writer.flowPoint(from, 23, 78, FlowKind::Task, FlowPhase::Begin);
        writer.endSlice(from, 25);
        writer.endSlice(from, 30);

        const auto points = store.flow(77);
        QCOMPARE(points.size(), std::size_t{2});
        QCOMPARE(points[0].thread, static_cast<std::uint32_t>(from));
        QCOMPARE(points[0].phase, FlowPhase::Begin);
        QCOMPARE(points[1].ns, std::int64_t{60});
        QCOMPARE(store.counts().flows, std::uint64_t{2});
        QCOMPARE(store.counts().completeFlows, std::uint64_t{1});
        const auto ofPut = store.flowsOf({from, 0, 0});
        QCOMPARE(ofPut.size(), std::size_t{1}); // not the one of its child
        QCOMPARE(ofPut[0].flow, std::uint64_t{77});
        QCOMPARE(store.flowsOf({from, 1, 0}).size(), std::size_t{1});
        QVERIFY(store.flowsOf({from, 0, 0}, 0).empty());
    }

    void processorsShowTheirThreads()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t a = addThread(writer, "a");
        const std::size_t b = addThread(writer, "b");
        writer.scheduled(a, 10, 1, SchedulingState::Running);
        writer.scheduled(a, 30, 1, SchedulingState::Preempted);
        writer.scheduled(b, 30, 1, SchedulingState::Running);
        writer.scheduled(b, 50, 1, SchedulingState::Blocked);
        writer.scheduled(a, 60, 0, SchedulingState::Running);
        writer.endThread(a, 80);
        writer.complete();

        QCOMPARE(store.cpuCount(), std::size_t{2});
        QCOMPARE(store.cpu(1).size(), std::size_t{2});
        QCOMPARE(store.cpu(1).at(0).value, static_cast<std::uint32_t>(a));
        QCOMPARE(store.cpu(1).at(0).durationNs, std::int64_t{20});
        QCOMPARE(store.cpu(1).at(1).value, static_cast<std::uint32_t>(b));
        QCOMPARE(store.cpu(1).at(1).durationNs, std::int64_t{20});
        QCOMPARE(store.cpu(0).at(0).durationNs, std::int64_t{20}); // until the thread ended
        const IntervalTrack &track = store.scheduling(a);
        QCOMPARE(track.size(), std::size_t{3});
        QCOMPARE(SchedulingValue::unpack(track.at(1).value).state, SchedulingState::Preempted);
        QCOMPARE(track.at(1).durationNs, std::int64_t{30});
        QCOMPARE(SchedulingValue::unpack(track.at(2).value).cpu, 0u);
    }

    void aLossEndsWhatMustHaveEnded()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        writer.beginSlice(thread, 10, writer.intern(u"outer"));
        writer.beginSlice(thread, 20, writer.intern(u"inner"));
        writer.lost(thread, 100, 12, 1);
        writer.endSlice(thread, 150);
        QCOMPARE(store.slices(thread, 1).at(0).durationNs, std::int64_t{80});
        QCOMPARE(store.slices(thread, 0).at(0).durationNs, std::int64_t{140});
        QCOMPARE(store.counts().lost, std::uint64_t{12});
        QCOMPARE(store.threads()[thread].lost, std::uint64_t{12});
        QCOMPARE(store.instants(thread).size(), std::size_t{1});
        QCOMPARE(store.name(store.instants(thread).at(0).name), QStringLiteral("records lost"));
        QCOMPARE(store.instantArguments(thread, 0)[0].value.toInt(), 12);
    }

    void aLossBeginsWhatMustHaveBegun()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = addThread(writer);
        writer.lost(thread, 100, 5, 2);
        writer.endSlice(thread, 120);
        writer.endSlice(thread, 130);
        QCOMPARE(store.counts().slices, std::uint64_t{2});
        QCOMPARE(store.name(store.slices(thread, 0).at(0).value), QStringLiteral("(lost)"));
        QCOMPARE(store.slices(thread, 0).at(0).durationNs, std::int64_t{30});
    }

    void everyPublishIsANewRevision()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::uint64_t before = store.revision();
        writer.publish();
        QVERIFY(store.revision() > before);
    }

    void readersMayLookWhileTheWriterAppends()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t first = addThread(writer);
        std::latch ready(3);
        std::atomic<bool> done{false};
        std::atomic<int> wrong{0};
        const auto read = [&] {
            ready.arrive_and_wait();
            std::vector<IntervalRun> runs;
            while (!done) {
                const std::size_t threads = store.threadCount();
                wrong += store.threads().size() < threads;
                for (std::size_t thread = 0; thread < threads; ++thread) {
                    for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                        const IntervalTrack &track = store.slices(thread, depth);
                        track.collect({0, 1 << 30, 1 << 10}, store.endNs(), runs);
                        if (const std::size_t count = track.size()) {
                            wrong += store.name(track.at(count - 1).value).isEmpty();
                            wrong += store.arguments({thread, depth, count - 1}).size() > 1;
                        }
                    }
                    for (std::size_t k = store.waits(thread).size(); k > 0; k /= 2) {
                        const WaitInfo wait = store.wait(thread, k - 1);
                        wrong += wait.waker && *wait.waker != 0;
                    }
                    if (const std::size_t points = store.flowPoints(thread).size())
                        wrong += store.flow(store.flowPoints(thread).at(points - 1).flow).empty();
                    (void)store.sliceAt(thread, store.endNs() / 2);
                }
                (void)store.counts();
                (void)store.attributes();
            }
        };
        std::thread a(read);
        std::thread b(read);
        ready.arrive_and_wait();
        for (int k = 0; k < 20'000; ++k) {
            const std::int64_t ns = k * 100;
            if (k % 500 == 0)
                (void)addThread(writer);
            const std::size_t thread = static_cast<std::size_t>(k) % store.threadCount();
            writer.beginSlice(thread, ns, writer.intern(QStringLiteral("name %1").arg(k % 1000)));
            writer.beginSlice(thread, ns + 10, writer.intern(u"inner"), {{QStringLiteral("k"), k}});
            writer.endSlice(thread, ns + 20);
            writer.beginWait(thread, ns + 30, std::nullopt, WaitReason::Lock);
            writer.endWait(thread, ns + 40);
            writer.describeWait(thread, store.waits(thread).size() - 1, first, WaitOutcome::Woken);
            writer.flowPoint(thread, ns + 50, static_cast<std::uint64_t>(k / 2 + 1), FlowKind::Task,
                             k % 2 ? FlowPhase::End : FlowPhase::Begin);
            writer.endSlice(thread, ns + 60);
            writer.publish();
        }
        done = true;
        a.join();
        b.join();
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(store.counts().completeFlows, std::uint64_t{10'000});
    }
};

QTEST_APPLESS_MAIN(TestTraceStore)
#include "tst_tracestore.moc"
