// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/tasks/blockingscope.h>
#include <heddle/tasks/executor.h>

#include <QRegularExpression>
#include <QTest>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>

using namespace heddle;
using namespace std::chrono_literals;

// Initialisers, tasks that wait within their own executor, errors of posted tasks.
class TestWorkersConformance : public QObject
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
    static void kindsAndPolicies()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("policy");
        const std::pair<const char *, ExecutorKind> kinds[] = {
                {"threads", ExecutorKind::Threads},
                {"thread pool", ExecutorKind::ThreadPool},
                {"QtConcurrent", ExecutorKind::Concurrent},
                {"event loop", ExecutorKind::EventLoop},
                {"work stealing", ExecutorKind::WorkStealing},
        };
        for (const auto &[name, kind] : kinds) {
            QTest::addRow("%s, help", name) << int(kind) << int(BlockedWorkerPolicy::Help);
            QTest::addRow("%s, grow", name) << int(kind) << int(BlockedWorkerPolicy::Grow);
        }
    }
    static std::unique_ptr<Executor> make(const ExecutorOptions &options)
    {
        QFETCH(int, kind);
        return makeExecutor(static_cast<ExecutorKind>(kind), "x", options);
    }
    static BlockedWorkerPolicy policy()
    {
        QFETCH(int, policy);
        return static_cast<BlockedWorkerPolicy>(policy);
    }
    static bool isEventLoop()
    {
        QFETCH(int, kind);
        return static_cast<ExecutorKind>(kind) == ExecutorKind::EventLoop;
    }

private Q_SLOTS:
    void s25_theInitialiserRunsOnceInEachThreadBeforeItsFirstTask_data() { kinds(); }
    void s25_theInitialiserRunsOnceInEachThreadBeforeItsFirstTask()
    {
        std::mutex mutex;
        std::multiset<Qt::HANDLE> initialised;
        std::set<Qt::HANDLE> worked;
        bool wasFirst = true;
        const auto executor = make({.threads = 3, .initialiser = [&] {
                                        const std::lock_guard lock(mutex);
                                        initialised.insert(QThread::currentThreadId());
                                    }});
        for (int k = 0; k < 200; ++k) {
            executor->post([&] {
                const std::lock_guard lock(mutex);
                wasFirst = wasFirst && initialised.count(QThread::currentThreadId()) == 1;
                worked.insert(QThread::currentThreadId());
            });
        }
        executor->shutDown();
        QVERIFY(wasFirst);
        for (const Qt::HANDLE thread : worked)
            QCOMPARE(initialised.count(thread), std::size_t{1});
    }

    void s25_anInitialiserThatThrowsBreaksTheExecutorForEveryWaiter_data() { kinds(); }
    void s25_anInitialiserThatThrowsBreaksTheExecutorForEveryWaiter()
    {
        Event go("go");
        const auto executor = make({.threads = 2, .initialiser = [&] {
                                        go.wait();
                                        throw std::runtime_error("no licence");
                                    }});
        std::atomic<int> ran{0};
        std::vector<QFuture<void>> futures;
        for (int k = 0; k < 3; ++k)
            futures.push_back(executor->submit([&] { ++ran; }));
        go.set();
        for (QFuture<void> &future : futures)
            QVERIFY_THROWS_EXCEPTION(Broken, future.waitForFinished());
        try {
            // Another worker may just be about to fail, but one has: the futures tell.
            executor->post([&] { ++ran; });
            QFAIL("A broken executor has taken a task");
        } catch (const Broken &broken) {
            QVERIFY2(QString::fromUtf8(broken.what()).contains(QLatin1String("no licence")),
                     broken.what());
        }
        executor->shutDown();
        QCOMPARE(ran.load(), 0);
    }

    void s26_aTaskMayWaitForATaskOfItsOwnPoolOfOne_data() { kindsAndPolicies(); }
    void s26_aTaskMayWaitForATaskOfItsOwnPoolOfOne()
    {
        const auto executor = make({.threads = 1, .blockedWorkers = policy()});
        QFuture<int> outer = executor->submit([&] {
            QFuture<int> inner = executor->submit([] { return 20; });
            return executor->result(inner) + 1;
        });
        QCOMPARE(outer.result(), 21);
    }

    void s26_soMayTasksDeepWithinEachOther_data() { kindsAndPolicies(); }
    void s26_soMayTasksDeepWithinEachOther()
    {
        const auto executor = make({.threads = 1, .blockedWorkers = policy()});
        std::function<int(int)> depth = [&](int n) {
            if (n == 0)
                return 0;
            QFuture<int> inner = executor->submit([&depth, n] { return depth(n - 1); });
            return executor->result(inner) + 1;
        };
        QCOMPARE(executor->submit([&] { return depth(20); }).result(), 20);
    }

    void s26_aTaskMayWaitForWhatIsSubmittedLater_data() { kindsAndPolicies(); }
    void s26_aTaskMayWaitForWhatIsSubmittedLater()
    {
        QPromise<int> promise; // outlives the task that finishes it
        promise.start();
        Event waits("waits");
        const auto executor = make({.threads = 1, .blockedWorkers = policy()});
        QFuture<int> outer = executor->submit([&] {
            waits.set();
            return executor->result(promise.future());
        });
        waits.wait();
        executor->post([&] {
            promise.addResult(3);
            promise.finish();
        });
        QCOMPARE(outer.result(), 3);
    }

    void s26_whatTheTaskThrewArrivesAtTheOneThatWaits_data() { kindsAndPolicies(); }
    void s26_whatTheTaskThrewArrivesAtTheOneThatWaits()
    {
        const auto executor = make({.threads = 1, .blockedWorkers = policy()});
        QFuture<bool> outer = executor->submit([&] {
            QFuture<int> inner = executor->submit([]() -> int { throw std::out_of_range("no"); });
            executor->wait(inner); // does not throw what the task has thrown
            try {
                executor->result(inner);
            } catch (const std::out_of_range &) {
                return true;
            }
            return false;
        });
        QVERIFY(outer.result());
    }

    void s26_theWaitIsRefusedIfThePolicySaysSo_data() { kinds(); }
    void s26_theWaitIsRefusedIfThePolicySaysSo()
    {
        const auto executor = make({.threads = 1, .blockedWorkers = BlockedWorkerPolicy::Refuse});
        QFuture<bool> outer = executor->submit([&] {
            QFuture<int> inner = executor->submit([] { return 1; });
            try {
                executor->result(inner);
            } catch (const Misuse &) {
                return true;
            }
            return false;
        });
        QVERIFY(outer.result());
        // Whoever is not one of its tasks may wait, and a finished future is no wait.
        QCOMPARE(executor->result(executor->submit([] { return 2; })), 2);
    }

    void s26_aTaskThatBlocksOnAPrimitiveDoesNotStarveItsPool_data() { kindsAndPolicies(); }
    void s26_aTaskThatBlocksOnAPrimitiveDoesNotStarveItsPool()
    {
        if (isEventLoop())
            QSKIP("A blocked loop cannot be replaced");
        const auto executor = make({.threads = 1, .blockedWorkers = policy()});
        Event event("event");
        QFuture<void> waits = executor->submit([&] { event.wait(); });
        executor->post([&] { event.set(); });
        waits.waitForFinished();
        // Also when what it waits for was there first, and several times over.
        Event one("one");
        Event two("two");
        Event three("three");
        QFuture<void> first = executor->submit([&] {
            executor->post([&] {
                executor->post([&] { three.set(); });
                three.wait();
                two.set();
            });
            two.wait();
            one.set();
        });
        one.wait();
        first.waitForFinished();
    }

    void s26_codeThatBlocksElsewhereCanSaySo_data() { kindsAndPolicies(); }
    void s26_codeThatBlocksElsewhereCanSaySo()
    {
        if (isEventLoop())
            QSKIP("A blocked loop cannot be replaced");
        const auto executor = make({.threads = 1, .blockedWorkers = policy()});
        std::mutex mutex;
        std::condition_variable condition;
        bool isSet = false;
        QFuture<void> waits = executor->submit([&] {
            const BlockingScope blocking;
            const BlockingScope nested; // they nest
            std::unique_lock lock(mutex);
            condition.wait(lock, [&] { return isSet; });
        });
        executor->post([&] {
            const std::lock_guard lock(mutex);
            isSet = true;
            condition.notify_all();
        });
        waits.waitForFinished();
    }

    void s26_noMoreTasksRunAtOnceThanTheExecutorHasThreads_data() { kinds(); }
    void s26_noMoreTasksRunAtOnceThanTheExecutorHasThreads()
    {
        const auto executor = make({.threads = 2});
        const int most = executor->concurrency();
        std::atomic<int> running{0};
        std::atomic<int> mostRunning{0};
        Event event("event");
        for (int round = 0; round < 4 && !isEventLoop(); ++round)
            executor->post([&] { event.wait(); }); // makes it grow
        executor->post([&] { event.set(); });
        event.wait();
        for (int k = 0; k < 300; ++k) {
            executor->post([&] {
                const int now = ++running;
                int seen = mostRunning;
                while (seen < now && !mostRunning.compare_exchange_weak(seen, now)) {
                }
                for (int turn = 0; turn < 20; ++turn)
                    std::this_thread::yield();
                --running;
            });
        }
        executor->shutDown();
        // One that was blocked may still be on its way to sleep: it ends a task, it begins none.
        QVERIFY2(mostRunning <= most + 4, qPrintable(QString::number(mostRunning)));
    }

    void s21_anErrorOfAPostedTaskGoesToTheHandlerAndIsCounted_data() { kinds(); }
    void s21_anErrorOfAPostedTaskGoesToTheHandlerAndIsCounted()
    {
        const auto executor = make({});
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(QStringLiteral("Executor x: .* failed: first")));
        executor->submit([] {}).waitForFinished();
        executor->post([] { throw std::runtime_error("first"); });
        executor->submit([] {}).waitForFinished();
        QString handled;
        executor->setErrorHandler([&](const Executor &, std::exception_ptr failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception &exception) {
                handled = QString::fromUtf8(exception.what());
            }
        });
        executor->post([] { throw std::runtime_error("second"); });
        QCOMPARE(executor->submit([] { return 1; }).result(), 1);
        QCOMPARE(handled, QStringLiteral("second"));
        QCOMPARE(executor->failureCount(), qint64{2});
    }

    void s21_aTaskThatWaitsForItsExecutorsEndIsToldSo_data() { kinds(); }
    void s21_aTaskThatWaitsForItsExecutorsEndIsToldSo()
    {
        const auto executor = make({});
        QFuture<bool> told = executor->submit([&] {
            try {
                executor->shutDown();
            } catch (const Misuse &) {
                return true;
            }
            return false;
        });
        QVERIFY(told.result());
        QCOMPARE(executor->submit([] { return 1; }).result(), 1); // nothing has changed
        executor->submit([&] { executor->shutDown(PendingTasks::Run, false); }).waitForFinished();
        QVERIFY_THROWS_EXCEPTION(ShutDown, executor->post([] {}));
    }
};

QTEST_GUILESS_MAIN(TestWorkersConformance)
#include "tst_workers.moc"
