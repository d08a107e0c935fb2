// SPDX-License-Identifier: Apache-2.0
#include "../trace/recordedtrace.h"

#include <heddle/core/event.h>
#include <heddle/tasks/executor.h>
#include <heddle/trace/slice.h>

#include <QRegularExpression>
#include <QTest>

#include <set>
#include <stdexcept>

using namespace heddle;

using Values = std::vector<qint64>;
using States = std::vector<TaskState>;

// What engine/tasks/executors/executor.h promises under "Trace:", for every mechanism.
class TestExecutorTrace : public QObject
{
    Q_OBJECT

    static void kinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("threads") << int(ExecutorKind::Threads);
        QTest::newRow("thread pool") << int(ExecutorKind::ThreadPool);
        QTest::newRow("QtConcurrent") << int(ExecutorKind::Concurrent);
        QTest::newRow("event loop") << int(ExecutorKind::EventLoop);
        QTest::newRow("work stealing") << int(ExecutorKind::WorkStealing);
    }
    static std::unique_ptr<Executor> make(int threads = 1)
    {
        QFETCH(int, kind);
        return makeExecutor(
                static_cast<ExecutorKind>(kind), "workers",
                ExecutorOptions{.threads = threads, .blockedWorkers = BlockedWorkerPolicy::Ignore});
    }

    // The states that the task behind \a flow went through, in order of time.
    static States statesOf(const RecordedTrace &trace, std::uint64_t flow)
    {
        std::multimap<std::int64_t, TaskState> found;
        for (std::size_t thread = 0; thread < trace.store.threadCount(); ++thread) {
            const auto &changes = trace.store.taskStates(thread);
            for (std::size_t k = 0; k < changes.size(); ++k) {
                if (changes.at(k).flow == flow)
                    found.emplace(changes.at(k).ns, changes.at(k).state);
            }
        }
        States states;
        for (const auto &[ns, state] : found)
            states.push_back(state);
        return states;
    }
    // All slices called as the executor, by thread.
    static std::multimap<std::size_t, Interval> slicesOf(const RecordedTrace &trace)
    {
        std::multimap<std::size_t, Interval> found;
        for (std::size_t thread = 0; thread < trace.store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < trace.store.depthCount(thread); ++depth) {
                const IntervalTrack &slices = trace.store.slices(thread, depth);
                for (std::size_t k = 0; k < slices.size(); ++k) {
                    if (trace.store.name(slices.at(k).value) == QLatin1String("workers"))
                        found.emplace(thread, slices.at(k));
                }
            }
        }
        return found;
    }
    // Has the only task of an executor end as \a task does; returns its states.
    template <typename Task>
    static States statesOfTheOnly(Task task)
    {
        RecordedTrace trace;
        const auto executor = make();
        executor->submit(task);
        executor->shutDown();
        trace.end();
        return statesOf(trace, trace.flowsFrom("main", FlowKind::Task).at(0));
    }

private Q_SLOTS:
    void anExecutorIsAnObjectOfItsKind_data() { kinds(); }
    void anExecutorIsAnObjectOfItsKind()
    {
        RecordedTrace trace;
        make().reset();
        trace.end();
        QCOMPARE(trace.objectInfo("workers").kind, ObjectKind::Executor);
        QVERIFY(trace.objectInfo("workers").destroyedNs != Interval::Unfinished);
    }

    void aTaskFlowsFromItsSubmissionToItsRun_data() { kinds(); }
    void aTaskFlowsFromItsSubmissionToItsRun()
    {
        RecordedTrace trace;
        const auto executor = make();
        for (int k = 0; k < 3; ++k)
            executor->post([] {});
        executor->shutDown();
        trace.end();
        const std::vector<std::uint64_t> flows = trace.flowsFrom("main", FlowKind::Task);
        QCOMPARE(flows.size(), std::size_t{3});
        QCOMPARE(std::set(flows.begin(), flows.end()).size(), std::size_t{3});
        for (const std::uint64_t flow : flows) {
            const std::vector<FlowPoint> points = trace.store.flow(flow);
            QCOMPARE(points.size(), std::size_t{2});
            QCOMPARE(points[0].kind, FlowKind::Task);
            QCOMPARE(points[1].phase, FlowPhase::End);
            QVERIFY(points[1].thread != points[0].thread);
        }
    }

    void everyWayToSubmitGivesATaskAFlow_data() { kinds(); }
    void everyWayToSubmitGivesATaskAFlow()
    {
        RecordedTrace trace;
        const auto executor = make();
        executor->post([] {});
        executor->submit([] { return 1; });
        executor->submit([](std::stop_token) {});
        executor->map(std::vector<int>{1, 2}, [](int) {});
        executor->shutDown();
        trace.end();
        QCOMPARE(trace.store.counts().flows, std::uint64_t{5});
        QCOMPARE(trace.store.counts().completeFlows, std::uint64_t{5});
    }

    void aTaskIsASliceInWhichItsFlowEnds_data() { kinds(); }
    void aTaskIsASliceInWhichItsFlowEnds()
    {
        RecordedTrace trace;
        const auto executor = make();
        executor->post([] { trace::instant(trace::Name("within")); });
        executor->shutDown();
        trace.end();
        const auto slices = slicesOf(trace);
        QCOMPARE(slices.size(), std::size_t{1});
        const auto &[thread, slice] = *slices.begin();
        const std::int64_t end = slice.startNs + slice.durationNs;
        const std::int64_t within = trace.store.instants(thread).at(0).ns;
        QVERIFY(within >= slice.startNs && within <= end);
        const FlowPoint run =
                trace.store.flow(trace.flowsFrom("main", FlowKind::Task).at(0)).back();
        QCOMPARE(std::size_t{run.thread}, thread);
        QVERIFY(run.ns >= slice.startNs && run.ns <= within);
    }

    void theThreadsThatRunTasksBearTheExecutorsName_data() { kinds(); }
    void theThreadsThatRunTasksBearTheExecutorsName()
    {
        RecordedTrace trace;
        const auto executor = make();
        executor->post([] {});
        executor->shutDown();
        trace.end();
        const QString name = trace.store.threads()[slicesOf(trace).begin()->first].name;
        QVERIFY2(name.startsWith(QLatin1String("workers")), qPrintable(name));
    }

    void aTaskThatReturnsIsReadyThenRunningThenFinished_data() { kinds(); }
    void aTaskThatReturnsIsReadyThenRunningThenFinished()
    {
        QCOMPARE(statesOfTheOnly([] {}),
                 (States{TaskState::Ready, TaskState::Running, TaskState::Finished}));
    }

    void aTaskThatThrowsHasFailed_data() { kinds(); }
    void aTaskThatThrowsHasFailed()
    {
        QCOMPARE(statesOfTheOnly([] { throw std::runtime_error("no"); }),
                 (States{TaskState::Ready, TaskState::Running, TaskState::Failed}));
    }

    void aPostedTaskThatThrowsHasFailed_data() { kinds(); }
    void aPostedTaskThatThrowsHasFailed()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("failed: no")));
        RecordedTrace trace;
        const auto executor = make();
        executor->post([] { throw std::runtime_error("no"); });
        executor->shutDown();
        trace.end();
        QCOMPARE(statesOf(trace, trace.flowsFrom("main", FlowKind::Task).at(0)),
                 (States{TaskState::Ready, TaskState::Running, TaskState::Failed}));
    }

    void aTaskThatObeysAStopIsCancelled_data() { kinds(); }
    void aTaskThatObeysAStopIsCancelled()
    {
        RecordedTrace trace;
        const auto executor = make();
        Event started("started");
        Event never("never");
        QFuture<void> future = executor->submit([&](std::stop_token stop) {
            started.set();
            if (!never.wait(stop))
                throw Stopped(QStringLiteral("stopped"), QStringLiteral("test"));
        });
        started.wait();
        future.cancel();
        executor->shutDown();
        trace.end();
        QCOMPARE(statesOf(trace, trace.flowsFrom("main", FlowKind::Task).at(0)),
                 (States{TaskState::Ready, TaskState::Running, TaskState::Cancelled}));
    }

    void aTaskThatIsCancelledBeforeItsTurnNeverRuns_data() { kinds(); }
    void aTaskThatIsCancelledBeforeItsTurnNeverRuns()
    {
        RecordedTrace trace;
        const auto executor = make();
        Event started("started");
        Event go("go");
        executor->post([&] {
            started.set();
            go.wait();
        });
        started.wait();
        executor->post([] {});
        executor->shutDown(PendingTasks::Cancel, false);
        go.set();
        executor->shutDown(PendingTasks::Cancel, true);
        trace.end();
        QCOMPARE(statesOf(trace, trace.flowsFrom("main", FlowKind::Task).at(1)),
                 (States{TaskState::Ready, TaskState::Cancelled}));
        QCOMPARE(slicesOf(trace).size(), std::size_t{1});
        for (const std::uint64_t flow : trace.flowsFrom("main", FlowKind::Task))
            QCOMPARE(trace.store.flow(flow).back().phase, FlowPhase::End); // as far as it went
    }

    void theCounterIsTheTasksThatHaveNotStarted_data() { kinds(); }
    void theCounterIsTheTasksThatHaveNotStarted()
    {
        RecordedTrace trace;
        const auto executor = make();
        Event started("started");
        Event go("go");
        executor->post([&] {
            started.set();
            go.wait();
        });
        started.wait();
        executor->post([] {});
        executor->post([] {});
        go.set();
        executor->shutDown();
        trace.end();
        QCOMPARE(trace.counter("workers"), (Values{1, 0, 1, 2, 1, 0}));
    }

    void noTaskSeemsToRunBeforeItsSubmission_data() { kinds(); }
    void noTaskSeemsToRunBeforeItsSubmission()
    {
        RecordedTrace trace;
        const auto executor = make(4);
        for (int k = 0; k < 20'000; ++k)
            executor->post([] {});
        executor->shutDown();
        trace.end();
        for (const std::uint64_t flow : trace.flowsFrom("main", FlowKind::Task))
            QCOMPARE(trace.store.flow(flow).at(0).phase, FlowPhase::Begin);
    }

    void theCounterTellsEveryChangeInOrder_data() { kinds(); }
    void theCounterTellsEveryChangeInOrder()
    {
        constexpr int tasks = 20'000;
        RecordedTrace trace;
        const auto executor = make(4);
        for (int k = 0; k < tasks; ++k)
            executor->post([] {});
        executor->shutDown();
        trace.end();
        const Values values = trace.counter("workers");
        QCOMPARE(values.size(), std::size_t{2 * tasks});
        qint64 before = 0;
        for (const qint64 value : values) {
            QCOMPARE(std::abs(value - before), qint64{1});
            before = value;
        }
        QCOMPARE(before, qint64{0});
    }
};

QTEST_GUILESS_MAIN(TestExecutorTrace)
#include "tst_executortrace.moc"
