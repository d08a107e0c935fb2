// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/tasks/executor.h>

#include <QTest>

using namespace heddle;

class TestExecutorConformance : public QObject
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
    static std::unique_ptr<Executor> make()
    {
        QFETCH(int, kind);
        return makeExecutor(
                static_cast<ExecutorKind>(kind), "x",
                ExecutorOptions{.threads = 1, .blockedWorkers = BlockedWorkerPolicy::Ignore});
    }

private Q_SLOTS:
    void s21_submitGivesTheResultOrTheException_data() { kinds(); }
    void s21_submitGivesTheResultOrTheException()
    {
        const auto executor = make();
        QCOMPARE(executor->submit([] { return 42; }).result(), 42);
        QFuture<int> failing = executor->submit([]() -> int { throw std::runtime_error("no"); });
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(failing.result()));
        std::atomic<bool> ran{false};
        executor->submit([&] { ran = true; }).waitForFinished();
        QVERIFY(ran);
    }

    void s21_mapKeepsTheOrderAndReportsTheFirstException_data() { kinds(); }
    void s21_mapKeepsTheOrderAndReportsTheFirstException()
    {
        const auto executor = make();
        auto futures = executor->map(std::vector<int>{1, 2, 3}, [](int k) {
            if (k == 2)
                throw std::runtime_error("two");
            return k * 10;
        });
        QCOMPARE(futures[0].result(), 10);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(futures[1].result()));
        QCOMPARE(futures[2].result(), 30);
    }

    void s21_shutDownRunsOrCancelsWhatIsPending_data() { kinds(); }
    void s21_shutDownRunsOrCancelsWhatIsPending()
    {
        for (const PendingTasks pending : {PendingTasks::Run, PendingTasks::Cancel}) {
            const auto executor = make();
            Event started("started");
            Event go("go");
            std::atomic<int> ran{0};
            executor->post([&] {
                started.set();
                go.wait();
            });
            started.wait();
            QFuture<void> second = executor->submit([&] { ++ran; });
            QCOMPARE(executor->pending(), 1);
            executor->shutDown(pending, false);
            QVERIFY_THROWS_EXCEPTION(ShutDown, executor->post([] {}));
            go.set();
            executor->shutDown(pending, true);
            QCOMPARE(ran.load(), pending == PendingTasks::Run ? 1 : 0);
            QVERIFY(second.isFinished());
            QCOMPARE(second.isCanceled(), pending == PendingTasks::Cancel);
        }
    }

    void s21_whatAShutDownCancelsIsCancelledAtOnce_data() { kinds(); }
    void s21_whatAShutDownCancelsIsCancelledAtOnce()
    {
        const auto executor = make();
        Event started("started");
        Event go("go");
        executor->post([&] {
            started.set();
            go.wait();
        });
        started.wait();
        const auto captured = std::make_shared<int>(1);
        QFuture<int> pending = executor->submit([captured] { return *captured; });
        executor->post([captured] {});
        executor->shutDown(PendingTasks::Cancel, false);
        const bool isFinished = pending.isFinished(); // behind one that runs on
        const bool isCanceled = pending.isCanceled();
        const qsizetype left = executor->pending();
        const long references = captured.use_count();
        go.set();
        executor->shutDown();
        QVERIFY(isFinished);
        QVERIFY(isCanceled);
        QCOMPARE(left, 0);
        QCOMPARE(references, 1L);
    }

    void s22_cancellingAPendingTaskPreventsItsRun_data() { kinds(); }
    void s22_cancellingAPendingTaskPreventsItsRun()
    {
        const auto executor = make();
        Event started("started");
        Event go("go");
        executor->post([&] {
            started.set();
            go.wait();
        });
        started.wait();
        std::atomic<bool> ran{false};
        QFuture<void> future = executor->submit([&] { ran = true; });
        future.cancel();
        go.set();
        executor->shutDown();
        QVERIFY(!ran);
        QVERIFY(future.isCanceled());
    }

    void s22_cancellingARunningTaskRaisesItsStopToken_data() { kinds(); }
    void s22_cancellingARunningTaskRaisesItsStopToken()
    {
        const auto executor = make();
        Event started("started");
        Event never("never");
        std::atomic<bool> obeyed{false};
        QFuture<void> future = executor->submit([&](std::stop_token stop) {
            started.set();
            obeyed = !never.wait(stop);
        });
        started.wait();
        future.cancel();
        executor->shutDown();
        QVERIFY(obeyed);
        QVERIFY(future.isCanceled());
    }
};

QTEST_GUILESS_MAIN(TestExecutorConformance)
#include "tst_executor.moc"
