// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/tasks/group.h>

#include <QTest>

#include <stdexcept>
#include <thread>

using namespace heddle;

class TestGroupConformance : public QObject
{
    Q_OBJECT

    static void kinds()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("threads");
        const std::pair<const char *, ExecutorKind> kinds[] = {
                {"threads", ExecutorKind::Threads},
                {"thread pool", ExecutorKind::ThreadPool},
                {"QtConcurrent", ExecutorKind::Concurrent},
                {"event loop", ExecutorKind::EventLoop},
                {"work stealing", ExecutorKind::WorkStealing},
        };
        for (const auto &[name, kind] : kinds) {
            for (const int threads : {1, 3})
                QTest::addRow("%s, %d", name, threads) << int(kind) << threads;
        }
    }
    static std::unique_ptr<Executor> make()
    {
        QFETCH(int, kind);
        QFETCH(int, threads);
        return makeExecutor(static_cast<ExecutorKind>(kind), "x", threads);
    }
    static long fibonacci(Executor &executor, int n)
    {
        if (n < 2)
            return n;
        long first = 0;
        Group group(executor);
        group.run([&] { first = fibonacci(executor, n - 1); });
        const long second = fibonacci(executor, n - 2);
        group.wait();
        return first + second;
    }

private Q_SLOTS:
    void s27_waitReturnsWhenAllChildrenHaveEnded_data() { kinds(); }
    void s27_waitReturnsWhenAllChildrenHaveEnded()
    {
        const auto executor = make();
        std::atomic<int> ended{0};
        Group group(*executor);
        for (int round = 1; round <= 3; ++round) { // it can be used again
            for (int k = 0; k < 100; ++k)
                group.run([&] { ++ended; });
            QCOMPARE(group.wait(), Outcome::Done);
            QCOMPARE(ended.load(), round * 100);
        }
        QCOMPARE(group.wait(), Outcome::Done); // none is left
    }

    void s27_theEndOfItsScopeWaitsToo_data() { kinds(); }
    void s27_theEndOfItsScopeWaitsToo()
    {
        const auto executor = make();
        std::atomic<int> ended{0};
        {
            Group group(*executor);
            for (int k = 0; k < 100; ++k)
                group.run([&] { ++ended; });
        }
        QCOMPARE(ended.load(), 100);
    }

    void s27_aChildMayStartSiblings_data() { kinds(); }
    void s27_aChildMayStartSiblings()
    {
        const auto executor = make();
        std::atomic<int> ended{0};
        Group group(*executor);
        std::function<void(int)> child = [&](int depth) {
            ++ended;
            for (int k = 0; depth > 0 && k < 2; ++k)
                group.run([&child, depth] { child(depth - 1); });
        };
        group.run([&] { child(7); });
        group.wait();
        QCOMPARE(ended.load(), 255);
    }

    void s27_aGroupWithinATaskDoesNotWaitForItself_data() { kinds(); }
    void s27_aGroupWithinATaskDoesNotWaitForItself()
    {
        const auto executor = make();
        QFuture<long> result = executor->submit([&] { return fibonacci(*executor, 16); });
        QCOMPARE(result.result(), 987L);
    }

    void s27_theFirstFailureIsThrownAndTheOthersAreAttached_data() { kinds(); }
    void s27_theFirstFailureIsThrownAndTheOthersAreAttached()
    {
        const auto executor = make();
        Group group(*executor);
        std::atomic<int> begun{0};
        Event bothRun("both run");
        const bool together = executor->concurrency() > 1;
        // Two fail at once where two can run at once: neither is kept from failing by the other.
        for (int k = 0; k < 2; ++k) {
            group.run([&] {
                if (++begun == 2 || !together)
                    bothRun.set();
                bothRun.wait();
                throw std::out_of_range("no");
            });
        }
        QVERIFY_THROWS_EXCEPTION(std::out_of_range, group.wait());
        QCOMPARE(group.failures().size(), std::size_t(together ? 2 : 1));
        QVERIFY(!group.isCancelled());
        group.run([] {});
        QCOMPARE(group.wait(), Outcome::Done); // as new
        QVERIFY(group.failures().empty());
    }

    void s27_aFailureCancelsTheSiblings_data() { kinds(); }
    void s27_aFailureCancelsTheSiblings()
    {
        const auto executor = make();
        Event siblingRuns("sibling runs");
        Event never("never");
        std::atomic<bool> wasStopped{false};
        std::atomic<int> started{0};
        Group group(*executor);
        if (executor->concurrency() > 1) {
            group.run([&](std::stop_token stop) {
                siblingRuns.set();
                wasStopped = !never.wait(stop);
            });
            siblingRuns.wait();
        } else {
            wasStopped = true;
        }
        group.run([&] {
            // Started by the one that fails, so after its failure where there is one thread.
            for (int k = 0; k < 10; ++k)
                group.run([&] { started += group.isCancelled(); });
            throw std::runtime_error("no");
        });
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, group.wait());
        QVERIFY(wasStopped);
        QCOMPARE(started.load(), 0);
    }

    void s27_cancelledChildrenDoNotStartAndAreNoFailures_data() { kinds(); }
    void s27_cancelledChildrenDoNotStartAndAreNoFailures()
    {
        const auto executor = make();
        Group group(*executor);
        std::atomic<int> ran{0};
        group.cancel();
        for (int k = 0; k < 10; ++k)
            group.run([&] { ++ran; });
        QCOMPARE(group.wait(), Outcome::Cancelled);
        QCOMPARE(ran.load(), 0);
        group.run([] { throw Stopped(QStringLiteral("obeyed"), QStringLiteral("test")); });
        group.run([] { throw Cancelled(QStringLiteral("obeyed"), QStringLiteral("test")); });
        QCOMPARE(group.wait(), Outcome::Done);
    }

    void s27_theFailureOfANestedGroupFailsTheOuterOne_data() { kinds(); }
    void s27_theFailureOfANestedGroupFailsTheOuterOne()
    {
        const auto executor = make();
        Group outer(*executor);
        outer.run([&] {
            Group inner(*executor);
            inner.run([&] {
                Group innermost(*executor);
                innermost.run([] { throw std::domain_error("deep"); });
                innermost.wait();
            });
            inner.wait();
        });
        QVERIFY_THROWS_EXCEPTION(std::domain_error, outer.wait());
    }

    void s27_cancellingTheOuterGroupCancelsTheNestedOnes_data() { kinds(); }
    void s27_cancellingTheOuterGroupCancelsTheNestedOnes()
    {
        const auto executor = make();
        std::atomic<int> ran{0};
        std::atomic<bool> nestedCancelled{false};
        std::atomic<bool> tokenRaised{false};
        Group outer(*executor);
        outer.run([&] {
            Group inner(*executor);
            const std::stop_token token = inner.stopToken();
            outer.cancel();
            tokenRaised = token.stop_requested();
            for (int k = 0; k < 10; ++k)
                inner.run([&] { ++ran; });
            nestedCancelled = inner.wait() == Outcome::Cancelled;
        });
        QCOMPARE(outer.wait(), Outcome::Cancelled);
        QVERIFY(tokenRaised);
        QVERIFY(nestedCancelled);
        QCOMPARE(ran.load(), 0);
    }

    void s27_anExceptionOnItsWayCancelsWhatItLeaves_data() { kinds(); }
    void s27_anExceptionOnItsWayCancelsWhatItLeaves()
    {
        const auto executor = make();
        Event runs("runs");
        Event never("never");
        try {
            Group group(*executor);
            group.run([&](std::stop_token stop) {
                runs.set();
                never.wait(stop);
            });
            runs.wait();
            throw std::runtime_error("leave"); // and the child's stop token is raised
        } catch (const std::runtime_error &) {
        }
    }

    void s27_aFailureThatNobodyWaitedForIsReported_data() { kinds(); }
    void s27_aFailureThatNobodyWaitedForIsReported()
    {
        const auto executor = make();
        std::atomic<int> reported{0};
        executor->setErrorHandler([&](const Executor &, std::exception_ptr) { ++reported; });
        {
            Group group(*executor);
            group.run([] { throw std::runtime_error("no"); });
        }
        QCOMPARE(reported.load(), 1);
    }

    void s27_onlyItsOwnThreadWaitsForAGroup()
    {
        const auto executor = makeExecutor(ExecutorKind::WorkStealing, "x", 1);
        Group group(*executor);
        std::thread([&] { QVERIFY_THROWS_EXCEPTION(Misuse, group.wait()); }).join();
    }

    void s27_aGroupOfAnExecutorThatIsShutDownTakesNoChildren_data() { kinds(); }
    void s27_aGroupOfAnExecutorThatIsShutDownTakesNoChildren()
    {
        const auto executor = make();
        executor->shutDown();
        Group group(*executor);
        QVERIFY_THROWS_EXCEPTION(ShutDown, group.run([] {}));
        QCOMPARE(group.wait(), Outcome::Done);
    }

    void s27_butATaskThatRunsMayStillDivideItsWork_data() { kinds(); }
    void s27_butATaskThatRunsMayStillDivideItsWork()
    {
        const auto executor = make();
        Event runs("runs");
        Event go("go");
        QFuture<long> result = executor->submit([&] {
            runs.set();
            go.wait();
            return fibonacci(*executor, 10);
        });
        runs.wait();
        executor->shutDown(PendingTasks::Run, false);
        go.set();
        QCOMPARE(result.result(), 55L);
    }

    void s27_childrenOfAPendingShutDownAreNotForgotten_data() { kinds(); }
    void s27_childrenOfAPendingShutDownAreNotForgotten()
    {
        const auto executor = make();
        std::atomic<int> ran{0};
        Event never("never");
        Group group(*executor);
        for (int k = 0; k < 100; ++k)
            group.run([&] { ++ran; });
        std::thread canceller([&] { executor->shutDown(PendingTasks::Cancel); });
        group.wait(); // ends, whatever was cancelled
        canceller.join();
        QVERIFY(ran <= 100);
    }
};

QTEST_GUILESS_MAIN(TestGroupConformance)
#include "tst_group.moc"
