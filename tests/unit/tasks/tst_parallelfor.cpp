// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/tasks/parallelfor.h>
#include <heddle/tasks/threadexecutor.h>

#include <QTest>

#include <latch>
#include <numeric>
#include <stdexcept>

using namespace heddle;

// What engine/tasks/parallelfor.h promises, for every mechanism.
class TestParallelFor : public QObject
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
        return makeExecutor(static_cast<ExecutorKind>(kind), "x", 2);
    }

private Q_SLOTS:
    void everyIndexIsDoneOnce_data() { kinds(); }
    void everyIndexIsDoneOnce()
    {
        const auto executor = make();
        for (const int count : {0, 1, 2, 3, 1000, 100'000}) {
            for (const qint64 grain : {0, 1, 7, 1'000'000}) {
                if (grain == 1 && count > 1000)
                    continue;
                std::vector<std::atomic<int>> times(static_cast<std::size_t>(count));
                const Outcome outcome = parallelFor(
                        *executor, 0, count,
                        [&](int index) { ++times[static_cast<std::size_t>(index)]; },
                        {.grain = grain});
                QCOMPARE(outcome, Outcome::Done);
                for (const std::atomic<int> &each : times)
                    QCOMPARE(each.load(), 1);
            }
        }
    }

    void aRangeMayBeWiderThanItsType()
    {
        const auto executor = makeExecutor(ExecutorKind::WorkStealing, "loop", 2);
        std::atomic<bool> isLowDone{false};
        std::atomic<bool> isHighDone{false};
        std::stop_source stop;
        // Four thousand million indices of an int; stopped when both halves have begun.
        const Outcome outcome = parallelFor(*executor, -2'000'000'000, 2'000'000'000,
                                            [&](int index) {
                                                (index < 0 ? isLowDone : isHighDone) = true;
                                                if (isLowDone && isHighDone)
                                                    stop.request_stop();
                                            },
                                            {.stop = stop.get_token()});
        QCOMPARE(outcome, Outcome::Stopped);

        std::atomic<int> times{0};
        QCOMPARE(parallelFor(*executor, qint8{-128}, qint8{127}, [&](qint8) { ++times; }),
                 Outcome::Done);
        QCOMPARE(times.load(), 255);
    }

    void aShutDownThatLeavesItemsOutIsTold()
    {
        ThreadExecutor executor("loop", 2);
        Event isBusy("busy");
        Event mayEnd("may end");
        for (int k = 0; k < 2; ++k) {
            executor.post([&] {
                isBusy.set();
                mayEnd.wait();
            });
        }
        isBusy.wait();
        std::atomic<int> times{0};
        bool isTold = false;
        try {
            const Outcome outcome = parallelFor(executor, 0, 1000, [&](int) {
                if (++times == 1)
                    executor.shutDown(PendingTasks::Cancel, false);
            });
            isTold = outcome == Outcome::Cancelled;
        } catch (const ShutDown &) {
            isTold = true; // it wanted to give something away afterwards
        }
        mayEnd.set();
        QCOMPARE(isTold, times < 1000);
    }

    void aBusyPoolOfOneDoesNotHoldTheCallerUp()
    {
        for (const ExecutorKind kind : {ExecutorKind::Threads, ExecutorKind::WorkStealing}) {
            const auto executor = makeExecutor(kind, "loop", 1);
            std::latch isBusy(1);
            std::latch loopIsDone(1); // which the executor does not see
            executor->post([&] {
                isBusy.count_down();
                loopIsDone.wait();
            });
            isBusy.wait();
            std::atomic<int> times{0};
            parallelFor(*executor, 0, 100, [&](int) { ++times; });
            QCOMPARE(times.load(), 100);
            loopIsDone.count_down();
        }
    }

    void anEmptyOrBackwardRangeDoesNothing()
    {
        const auto executor = makeExecutor(ExecutorKind::WorkStealing, "x", 2);
        parallelFor(*executor, 5, 5, [](int) { QFAIL("no index"); });
        parallelFor(*executor, 5, -5, [](int) { QFAIL("no index"); });
    }

    void smallAndUnsignedIndicesWork()
    {
        const auto executor = makeExecutor(ExecutorKind::WorkStealing, "x", 2);
        std::atomic<int> sum{0};
        parallelFor(*executor, qint8{-100}, qint8{100}, [&](qint8 index) { sum += index; });
        QCOMPARE(sum.load(), -100);
        sum = 0;
        parallelFor(*executor, quint8{0}, quint8{255}, [&](quint8 index) { sum += index; });
        QCOMPARE(sum.load(), 254 * 255 / 2);
    }

    void theElementsOfARangeAreReached_data() { kinds(); }
    void theElementsOfARangeAreReached()
    {
        const auto executor = make();
        std::vector<int> numbers(10'000);
        std::iota(numbers.begin(), numbers.end(), 0);
        parallelFor(*executor, numbers, [](int &number) { number *= 2; });
        for (std::size_t k = 0; k < numbers.size(); ++k)
            QCOMPARE(numbers[k], static_cast<int>(2 * k));
    }

    void theFirstExceptionEndsTheLoop_data() { kinds(); }
    void theFirstExceptionEndsTheLoop()
    {
        const auto executor = make();
        std::atomic<int> done{0};
        const auto body = [&](int index) {
            if (index == 10)
                throw std::out_of_range("ten");
            ++done;
        };
        QVERIFY_THROWS_EXCEPTION(std::out_of_range,
                                 parallelFor(*executor, 0, 1'000'000, body, {.grain = 1}));
        QVERIFY(done < 1'000'000 - 1);
        QCOMPARE(executor->failureCount(), qint64{0}); // it has been thrown
    }

    void aStopLeavesOutTheRest_data() { kinds(); }
    void aStopLeavesOutTheRest()
    {
        const auto executor = make();
        std::stop_source source;
        std::atomic<int> done{0};
        const Outcome outcome = parallelFor(*executor, 0, 1'000'000,
                                            [&](int index) {
                                                if (index == 0)
                                                    source.request_stop();
                                                ++done;
                                            },
                                            {.grain = 1, .stop = source.get_token()});
        QCOMPARE(outcome, Outcome::Stopped);
        QVERIFY(done < 1'000'000);
    }

    void loopsNestWithinTasksAndLoops_data() { kinds(); }
    void loopsNestWithinTasksAndLoops()
    {
        const auto executor = make();
        std::atomic<int> done{0};
        const auto nested = [&] {
            parallelFor(*executor, 0, 20, [&](int) {
                parallelFor(*executor, 0, 20, [&](int) { ++done; }, {.grain = 1});
            });
        };
        nested();
        QCOMPARE(done.load(), 400);
        executor->submit(nested).waitForFinished();
        QCOMPARE(done.load(), 800);
    }
};

QTEST_GUILESS_MAIN(TestParallelFor)
#include "tst_parallelfor.moc"
