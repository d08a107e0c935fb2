// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/tasks/executor.h>

#include <QTest>

#include <algorithm>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

// What may be said about a task when it is submitted: stops, deadlines, priorities.
class TestTaskOptionsConformance : public QObject
{
    Q_OBJECT

    using Clock = std::chrono::steady_clock;

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

    /// Keeps the only thread of an executor busy until it is let go.
    struct Plug
    {
        explicit Plug(Executor &executor)
        {
            executor.post([this] {
                started.set();
                go.wait();
            });
            started.wait();
        }
        ~Plug() { go.set(); }
        Event started{"started"};
        Event go{"go"};
    };

private Q_SLOTS:
    void s22_aStopPreventsAPendingTaskAtOnce_data() { kinds(); }
    void s22_aStopPreventsAPendingTaskAtOnce()
    {
        const auto executor = make();
        std::stop_source source;
        std::atomic<int> ran{0};
        QFuture<void> future;
        bool wasFinished = false;
        {
            Plug plug(*executor);
            future = executor->submit([&] { ++ran; }, {.stop = source.get_token()});
            executor->post([&] { ++ran; }, {.stop = source.get_token()});
            source.request_stop();
            wasFinished = future.isFinished(); // although its turn has not come
            plug.go.set();
            executor->shutDown();
        }
        QVERIFY(wasFinished);
        QVERIFY(future.isCanceled());
        QCOMPARE(ran.load(), 0);
    }

    void s22_aTaskWhoseStopWasRequestedBeforeDoesNotStart_data() { kinds(); }
    void s22_aTaskWhoseStopWasRequestedBeforeDoesNotStart()
    {
        const auto executor = make();
        std::stop_source source;
        source.request_stop();
        std::atomic<int> ran{0};
        QFuture<void> future;
        {
            Plug plug(*executor);
            future = executor->submit([&] { ++ran; }, {.stop = source.get_token()});
            plug.go.set();
            executor->shutDown();
        }
        QVERIFY(future.isCanceled());
        QCOMPARE(ran.load(), 0);
    }

    void s22_aStopRaisesTheTokenOfARunningTask_data() { kinds(); }
    void s22_aStopRaisesTheTokenOfARunningTask()
    {
        const auto executor = make();
        std::stop_source source;
        Event started("started");
        Event never("never");
        std::atomic<int> stopped{0};
        QFuture<int> future = executor->submit(
                [&](std::stop_token stop) {
                    started.set();
                    stopped += !never.wait(stop);
                    return 7;
                },
                {.stop = source.get_token()});
        started.wait();
        source.request_stop();
        QCOMPARE(future.result(), 7); // it did not throw, so it was not cancelled
        QVERIFY(!future.isCanceled());
        QCOMPARE(stopped.load(), 1);
    }

    void s22_aPostedTaskMayTakeAStopTokenToo_data() { kinds(); }
    void s22_aPostedTaskMayTakeAStopTokenToo()
    {
        const auto executor = make();
        std::stop_source source;
        Event started("started");
        Event never("never");
        executor->post(
                [&](std::stop_token stop) {
                    started.set();
                    never.wait(stop);
                },
                {.stop = source.get_token()});
        started.wait();
        source.request_stop();
        executor->shutDown(); // ends only if the task has
        QCOMPARE(executor->failureCount(), 0);
    }

    void s22_theFutureEndsCancelledOnlyIfTheTaskObeyed_data() { kinds(); }
    void s22_theFutureEndsCancelledOnlyIfTheTaskObeyed()
    {
        for (const bool obeys : {true, false}) {
            const auto executor = make();
            std::stop_source source;
            Event started("started");
            Event never("never");
            QFuture<void> future = executor->submit(
                    [&](std::stop_token stop) {
                        started.set();
                        never.wait(stop);
                        if (obeys)
                            throw Stopped(QStringLiteral("stopped"), QStringLiteral("test"));
                    },
                    {.stop = source.get_token()});
            started.wait();
            source.request_stop();
            executor->shutDown();
            QVERIFY(future.isFinished());
            QCOMPARE(future.isCanceled(), obeys);
        }
    }

    void s23_aTaskThatHasNotStartedByItsDeadlineDoesNotStart_data() { kinds(); }
    void s23_aTaskThatHasNotStartedByItsDeadlineDoesNotStart()
    {
        const auto executor = make();
        std::atomic<int> ran{0};
        {
            Plug plug(*executor);
            QFuture<int> future = executor->submit(
                    [&] {
                        ++ran;
                        return 1;
                    },
                    {.deadline = Clock::now() + 10ms});
            // Although its turn has not come.
            QVERIFY_THROWS_EXCEPTION(TimedOut, static_cast<void>(future.result()));
            plug.go.set();
            executor->shutDown();
        }
        QCOMPARE(ran.load(), 0);
    }

    void s23_aDeadlineInThePastPreventsTheStart_data() { kinds(); }
    void s23_aDeadlineInThePastPreventsTheStart()
    {
        const auto executor = make();
        std::atomic<int> ran{0};
        QFuture<void> future = executor->submit([&] { ++ran; }, {.deadline = Clock::now() - 1ms});
        QVERIFY_THROWS_EXCEPTION(TimedOut, future.waitForFinished());
        executor->shutDown();
        QCOMPARE(ran.load(), 0);
    }

    void s23_theDeadlineRaisesTheTokenOfARunningTask_data() { kinds(); }
    void s23_theDeadlineRaisesTheTokenOfARunningTask()
    {
        const auto executor = make();
        Event never("never");
        const auto deadline = Clock::now() + 50ms;
        QFuture<bool> future = executor->submit(
                [&](std::stop_token stop) {
                    never.wait(stop);
                    return Clock::now() >= deadline;
                },
                {.deadline = deadline});
        // It may have come too late to start, on a machine that is very busy.
        try {
            QVERIFY(future.result());
        } catch (const TimedOut &) {
            QSKIP("The task did not start within 50 ms");
        }
    }

    void s23_aTaskInTimeEndsAsIfItHadNoDeadline_data() { kinds(); }
    void s23_aTaskInTimeEndsAsIfItHadNoDeadline()
    {
        const auto executor = make();
        QCOMPARE(executor->submit([] { return 5; }, {.deadline = Clock::now() + 1h}).result(), 5);
        QCOMPARE(
                executor->submit([](std::stop_token) { return 6; }, {.deadline = Clock::now() + 1h})
                        .result(),
                6);
    }

    void s24_prioritiesOrderWhatHasNotStarted_data() { kinds(); }
    void s24_prioritiesOrderWhatHasNotStarted()
    {
        const auto executor = make();
        std::vector<int> order;
        {
            Plug plug(*executor);
            const auto add = [&](int number, Priority priority) {
                executor->post([&order, number] { order.push_back(number); },
                               {.priority = priority});
            };
            add(5, Priority::Lowest);
            add(4, Priority::Low);
            add(3, Priority::Normal);
            add(2, Priority::High);
            add(1, Priority::Highest);
            plug.go.set();
            executor->shutDown();
        }
        QCOMPARE(order, (std::vector<int>{1, 2, 3, 4, 5}));
    }

    void s24_aTaskOfHigherPriorityOvertakesThoseThatWait_data() { kinds(); }
    void s24_aTaskOfHigherPriorityOvertakesThoseThatWait()
    {
        const auto executor = make();
        std::vector<int> order;
        {
            Plug plug(*executor);
            executor->post([&] {
                order.push_back(1);
                executor->post([&] { order.push_back(2); }, {.priority = Priority::High});
            });
            for (int k = 0; k < 20; ++k)
                executor->post([&order] { order.push_back(3); });
            plug.go.set();
            // What comes in meanwhile is also part of what is run before the shut-down.
            executor->submit([] {}, {.priority = Priority::Lowest}).waitForFinished();
            executor->shutDown();
        }
        QCOMPARE(order.size(), std::size_t{22});
        QCOMPARE(order[0], 1);
        QCOMPARE(order[1], 2);
    }

    void s24_equalPrioritiesStartInTheOrderOfTheirSubmission_data() { kinds(); }
    void s24_equalPrioritiesStartInTheOrderOfTheirSubmission()
    {
        for (const Priority priority : {Priority::Low, Priority::Normal, Priority::High}) {
            const auto executor = make();
            std::vector<int> order;
            std::vector<int> expected;
            {
                Plug plug(*executor);
                for (int k = 0; k < 3000; ++k) {
                    executor->post([&order, k] { order.push_back(k); }, {.priority = priority});
                    expected.push_back(k);
                }
                plug.go.set();
                executor->shutDown();
            }
            QCOMPARE(order, expected);
        }
    }

    void s24_eachSubmittersTasksStartInItsOrder_data() { kinds(); }
    void s24_eachSubmittersTasksStartInItsOrder()
    {
        constexpr int submitters = 3;
        constexpr int tasks = 2000;
        const auto executor = make();
        std::vector<std::vector<int>> order(submitters);
        std::vector<std::thread> threads;
        for (int submitter = 0; submitter < submitters; ++submitter) {
            threads.emplace_back([&, submitter] {
                std::vector<int> &mine = order[static_cast<std::size_t>(submitter)];
                for (int k = 0; k < tasks; ++k)
                    executor->post([&mine, k] { mine.push_back(k); });
            });
        }
        for (std::thread &thread : threads)
            thread.join();
        executor->shutDown();
        for (const std::vector<int> &mine : order) {
            QCOMPARE(mine.size(), std::size_t{tasks});
            QVERIFY(std::is_sorted(mine.begin(), mine.end()));
        }
    }
};

QTEST_GUILESS_MAIN(TestTaskOptionsConformance)
#include "tst_taskoptions.moc"
