// SPDX-License-Identifier: Apache-2.0
#include "coroutinecheck.h"

#include <heddle/core/error.h>
#include <heddle/core/thread.h>
#include <heddle/coroutines/coroutinereport.h>
#include <heddle/coroutines/gather.h>
#include <heddle/coroutines/shield.h>
#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>
#include <heddle/coroutines/taskgroup.h>
#include <heddle/coroutines/waitfor.h>

#include <QElapsedTimer>
#include <QTest>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

Coroutine<int> noted(Log &log, std::string name, int result, int turns)
{
    log.push_back(name + " begins");
    for (int k = 0; k < turns; ++k)
        co_await sleep(0ns);
    log.push_back(name + " ends");
    co_return result;
}

Coroutine<> failing(int turns)
{
    for (int k = 0; k < turns; ++k)
        co_await sleep(0ns);
    throw std::runtime_error("failed");
}

// Waits until it is cancelled, and says what it saw.
Coroutine<> untilCancelled(Log &log, std::string name)
{
    try {
        co_await sleep(24h);
    } catch (const Cancelled &) {
        log.push_back(name + " cancelled");
        throw;
    }
}

} // namespace

class TestCoroutineConformance : public QObject
{
    Q_OBJECT

    static qint64 millisecondsOf(Coroutine<> coroutine)
    {
        QElapsedTimer timer;
        timer.start();
        runCoroutine(std::move(coroutine));
        return timer.elapsed();
    }

private Q_SLOTS:
    void s31_callingACoroutineRunsNothing()
    {
        const Reports reports;
        Log log;
        {
            auto coroutine = noted(log, "a", 1, 0);
            QVERIFY(log.empty());
            runCoroutine([](Coroutine<int> inner) -> Coroutine<> {
                co_await std::move(inner);
            }(std::move(coroutine)));
        }
        QCOMPARE(log, (Log{"a begins", "a ends"}));
        QVERIFY(reports.seen.empty());
    }

    void s31_anAwaitedCoroutineRunsInlineUntilItsFirstRealSuspension()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            const auto other = createTask(noted(l, "other", 0, 0));
            // Nothing suspends here, so the other task has no turn.
            for (const char *name : {"a", "b", "c"})
                co_await noted(l, name, 0, 0);
            l.push_back("awaiter goes on");
            co_await noted(l, "d", 0, 1);
            co_await other;
        }(log));
        QCOMPARE(log, (Log{"a begins", "a ends", "b begins", "b ends", "c begins", "c ends",
                           "awaiter goes on", "d begins", "other begins", "other ends", "d ends"}));
    }

    void s31_theResultOrTheExceptionArrivesAtTheAwaiter()
    {
        QCOMPARE(runCoroutine([]() -> Coroutine<int> {
                     Log log;
                     const int sum = co_await noted(log, "a", 3, 0)
                                     + co_await noted(log, "b", 4, 2);
                     int caught = 0;
                     for (const int turns : {0, 3}) {
                         try {
                             co_await failing(turns);
                         } catch (const std::runtime_error &) {
                             ++caught;
                         }
                     }
                     co_return caught == 2 ? sum : -1;
                 }()),
                 7);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, runCoroutine(failing(1)));
    }

    void s31_moveOnlyResultsAndReferencesArrive()
    {
        int place = 5;
        runCoroutine([](int &target) -> Coroutine<> {
            const auto pointer = co_await []() -> Coroutine<std::unique_ptr<int>> {
                co_return std::make_unique<int>(7);
            }();
            int &reference = co_await [](int &x) -> Coroutine<int &> { co_return x; }(target);
            reference = *pointer;
        }(place));
        QCOMPARE(place, 7);
    }

    void s32_createTaskSchedulesTheFirstStepInTheNextTurnAndItsCreatorGoesOnFirst()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            const auto task = createTask(noted(l, "task", 9, 0));
            l.push_back("creator goes on");
            CO_VERIFY(!task.isDone());
            const int result = co_await task;
            l.push_back("creator has " + std::to_string(result));
        }(log));
        QCOMPARE(log, (Log{"creator goes on", "task begins", "task ends", "creator has 9"}));
    }

    void s32_awaitingAFinishedTaskGoesOnWithoutLosingItsResult()
    {
        runCoroutine([]() -> Coroutine<> {
            Log log;
            const auto task = createTask(noted(log, "task", 9, 0));
            while (!task.isDone())
                co_await sleep(0ns);
            CO_COMPARE(co_await task, 9);
            CO_COMPARE(co_await task, 9);
            CO_COMPARE(task.result(), 9);
        }());
    }

    void s32_manyMayAwaitOneTask()
    {
        int sum = 0;
        runCoroutine([](int &total) -> Coroutine<> {
            Log log;
            const auto task = createTask(noted(log, "task", 2, 3));
            std::vector<CoroutineTask<>> awaiters;
            for (int k = 0; k < 10; ++k) {
                awaiters.push_back(
                        createTask([](CoroutineTask<int> awaited, int &t) -> Coroutine<> {
                            t += co_await awaited;
                        }(task, total)));
            }
            for (const auto &awaiter : awaiters)
                co_await awaiter;
        }(sum));
        QCOMPARE(sum, 20);
    }

    void s32_manyAwaitersOfAFailedTaskAllGetItsException()
    {
        const Reports reports;
        runCoroutine([]() -> Coroutine<> {
            const auto task = createTask(failing(1));
            int caught = 0;
            for (int k = 0; k < 3; ++k) {
                try {
                    co_await task;
                } catch (const std::runtime_error &) {
                    ++caught;
                }
            }
            CO_COMPARE(caught, 3);
            CO_VERIFY(task.exception());
        }());
        QVERIFY(reports.seen.empty());
    }

    // With steps of 20 ms in place of 1 s; lower bounds only, and an order of events.
    void s33_awaitingThreeCoroutinesInTurnTakesTheSumOfTheirTimes()
    {
        Log log;
        const qint64 elapsed = millisecondsOf([](Log &l) -> Coroutine<> {
            for (const char *name : {"a", "b", "c"}) {
                l.push_back(std::string(name) + " begins");
                co_await sleep(20ms);
                l.push_back(std::string(name) + " ends");
            }
        }(log));
        QVERIFY(elapsed >= 60);
        QCOMPARE(log, (Log{"a begins", "a ends", "b begins", "b ends", "c begins", "c ends"}));
    }

    void s33_threeTasksCreatedAndThenAwaitedOverlap()
    {
        Log log;
        const qint64 elapsed = millisecondsOf([](Log &l) -> Coroutine<> {
            const auto step = [](Log &lines, std::string name) -> Coroutine<> {
                lines.push_back(name + " begins");
                co_await sleep(20ms);
                lines.push_back(name + " ends");
            };
            const auto a = createTask(step(l, "a"));
            const auto b = createTask(step(l, "b"));
            const auto c = createTask(step(l, "c"));
            l.push_back("all created");
            co_await a;
            co_await b;
            co_await c;
        }(log));
        QVERIFY(elapsed >= 20);
        QCOMPARE(log, (Log{"all created", "a begins", "b begins", "c begins", "a ends", "b ends",
                           "c ends"}));
    }

    void s35_gatherGivesResultsInTheOrderOfItsArguments()
    {
        runCoroutine([]() -> Coroutine<> {
            Log log;
            const auto [slow, fast, nothing, text] = co_await gather(
                    noted(log, "slow", 1, 5), noted(log, "fast", 2, 0),
                    []() -> Coroutine<> { co_return; }(),
                    createTask([]() -> Coroutine<std::string> { co_return "text"; }()));
            static_cast<void>(nothing);
            CO_COMPARE(slow, 1);
            CO_COMPARE(fast, 2);
            CO_COMPARE(text, std::string("text"));
            CO_COMPARE(log, (Log{"slow begins", "fast begins", "fast ends", "slow ends"}));

            std::vector<Coroutine<int>> many;
            for (int k = 0; k < 100; ++k)
                many.push_back(noted(log, "", k, 100 - k));
            const std::vector<int> results = co_await gather(std::move(many));
            for (int k = 0; k < 100; ++k)
                CO_COMPARE(results[static_cast<std::size_t>(k)], k);
            CO_VERIFY((co_await gather(std::vector<Coroutine<int>>())).empty());
        }());
    }

    void s35_theFirstExceptionGoesToTheAwaiterAndTheOthersGoOn()
    {
        const Reports reports;
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            const auto other = createTask(noted(l, "other", 0, 5));
            bool caught = false;
            try {
                co_await gather(other, failing(1), failing(3));
            } catch (const std::runtime_error &) {
                caught = true;
                l.push_back("caught");
            }
            CO_VERIFY(caught);
            CO_VERIFY(!other.isDone());
            co_await other;
        }(log));
        QCOMPARE(log, (Log{"other begins", "caught", "other ends"}));
        QVERIFY(reports.seen.empty()); // that of the second counts as taken
    }

    void s35_resultsCarryExceptionsWhenAsked()
    {
        runCoroutine([]() -> Coroutine<> {
            Log log;
            const auto [good, bad] = co_await gatherWithExceptions(noted(log, "good", 4, 3),
                                                                   failing(1));
            CO_COMPARE(good.result(), 4);
            CO_VERIFY(bad.exception());
        }());
    }

    void s35_cancellingTheGatherCancelsItsChildren()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            auto gathering = createTask([](Log &lines) -> Coroutine<> {
                co_await gather(untilCancelled(lines, "a"), untilCancelled(lines, "b"));
            }(l));
            co_await sleep(0ns);
            co_await sleep(0ns);
            gathering.cancel();
            bool caught = false;
            try {
                co_await gathering;
            } catch (const Cancelled &) {
                caught = true;
            }
            CO_VERIFY(caught);
            CO_VERIFY(gathering.isCancelled());
        }(log));
        QCOMPARE(log, (Log{"a cancelled", "b cancelled"}));
    }

    void s36_theInnerTaskIsCancelledAtTheDeadlineAndCleansUpBeforeTheTimeoutIsReported()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            const auto inner = [](Log &lines) -> Coroutine<> {
                bool isCancelled = false;
                try {
                    co_await sleep(24h);
                } catch (const Cancelled &) {
                    isCancelled = true;
                }
                CO_VERIFY(isCancelled);
                for (int k = 0; k < 3; ++k) // clean-up may await too
                    co_await sleep(0ns);
                lines.push_back("cleaned up");
                throw Cancelled(QStringLiteral("again"), {});
            };
            try {
                co_await waitFor(inner(l), 5ms);
            } catch (const TimedOut &) {
                l.push_back("timed out");
            }
        }(log));
        QCOMPARE(log, (Log{"cleaned up", "timed out"}));
    }

    void s36_whatEndsInTimeGivesItsResult()
    {
        runCoroutine([]() -> Coroutine<> {
            Log log;
            CO_COMPARE(co_await waitFor(noted(log, "a", 6, 3), 24h), 6);
            bool failed = false;
            try {
                co_await waitFor(failing(2), 24h);
            } catch (const std::runtime_error &) {
                failed = true;
            }
            CO_VERIFY(failed);
            bool timedOut = false;
            try {
                co_await waitFor(noted(log, "never", 6, 3), 0ns);
            } catch (const TimedOut &) {
                timedOut = true;
            }
            CO_VERIFY(timedOut);
            CO_COMPARE(log, (Log{"a begins", "a ends"}));
        }());
    }

    void s36_aTaskThatEndsOtherwiseAfterItsTimeCounts()
    {
        runCoroutine([]() -> Coroutine<> {
            const auto stubborn = []() -> Coroutine<int> {
                try {
                    co_await sleep(24h);
                } catch (const Cancelled &) { // and goes on
                }
                co_return 8;
            };
            CO_COMPARE(co_await waitFor(stubborn(), 1ms), 8);
        }());
    }

    void s36_cancellationIsDeliveredAtTheNextSuspensionAsAnExceptionThatCleanUpSees()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            struct Guard
            {
                Log &lines;
                ~Guard() { lines.push_back("guard"); }
            };
            CoroutineTask<> self;
            self = createTask([](Log &lines, CoroutineTask<> &me) -> Coroutine<> {
                const Guard guard{lines};
                me.cancel(); // itself, so it is running
                lines.push_back("goes on");
                co_await noted(lines, "inline", 0, 0); // suspends nothing
                try {
                    co_await sleep(0ns);
                    lines.push_back("not reached");
                } catch (const Cancelled &) {
                    lines.push_back("sees it");
                    throw;
                }
            }(l, self));
            bool caught = false;
            try {
                co_await self;
            } catch (const Cancelled &) {
                caught = true;
            }
            CO_VERIFY(caught);
            CO_VERIFY(self.isCancelled());
            CO_VERIFY(!self.cancel());
        }(log));
        QCOMPARE(log, (Log{"goes on", "inline begins", "inline ends", "sees it", "guard"}));
    }

    void s36_aTaskCancelledBeforeItStartsRunsNothing()
    {
        const Reports reports;
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            auto task = createTask(noted(l, "task", 0, 0));
            CO_VERIFY(task.cancel());
            bool caught = false;
            try {
                co_await task;
            } catch (const Cancelled &) {
                caught = true;
            }
            CO_VERIFY(caught);
        }(log));
        QVERIFY(log.empty());
        QVERIFY(reports.seen.empty());
    }

    void s36_cancellingATaskThatAwaitsAnotherCancelsThatOneFirst()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            auto inner = createTask(untilCancelled(l, "inner"));
            auto outer = createTask([](Log &lines, CoroutineTask<> awaited) -> Coroutine<> {
                try {
                    co_await awaited;
                } catch (const Cancelled &) {
                    lines.push_back("outer cancelled");
                    throw;
                }
            }(l, inner));
            co_await sleep(0ns);
            co_await sleep(0ns);
            outer.cancel();
            co_await gatherWithExceptions(inner, outer);
            CO_VERIFY(inner.isCancelled());
            CO_VERIFY(outer.isCancelled());
        }(log));
        QCOMPARE(log, (Log{"inner cancelled", "outer cancelled"}));
    }

    void s36_aShieldKeepsACancellationFromATask()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            const auto inner = createTask(noted(l, "inner", 3, 6));
            auto outer = createTask([](CoroutineTask<int> awaited) -> Coroutine<> {
                co_await shield(awaited);
            }(inner));
            co_await sleep(0ns);
            co_await sleep(0ns);
            outer.cancel();
            bool caught = false;
            try {
                co_await outer;
            } catch (const Cancelled &) {
                caught = true;
            }
            CO_VERIFY(caught);
            CO_VERIFY(!inner.isDone());
            CO_COMPARE(co_await inner, 3);
        }(log));
        QCOMPARE(log, (Log{"inner begins", "inner ends"}));
    }

    void s37_theFirstFailureCancelsSiblingsAllAreAwaitedAndErrorsAreGrouped()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            std::size_t errors = 0;
            try {
                co_await withTaskGroup([&l](TaskGroup &group) -> Coroutine<> {
                    group.createTask(failing(1));
                    group.createTask(untilCancelled(l, "sibling"));
                    group.createTask([](Log &lines) -> Coroutine<> {
                        try {
                            co_await sleep(24h);
                        } catch (const Cancelled &) { // clean-up that fails
                        }
                        lines.push_back("fails too");
                        throw std::logic_error("in clean-up");
                    }(l));
                    co_return;
                });
            } catch (const ErrorGroup &group) {
                errors = group.errors().size();
            }
            l.push_back("group ended");
            CO_COMPARE(errors, std::size_t(2));
        }(log));
        QCOMPARE(log.size(), std::size_t(3));
        QCOMPARE(log.back(), std::string("group ended"));
    }

    void s37_aGroupWithoutFailuresGivesTheResultOfItsBody()
    {
        Log log;
        QCOMPARE(runCoroutine([](Log &l) -> Coroutine<int> {
                     co_return co_await withTaskGroup([&l](TaskGroup &group) -> Coroutine<int> {
                         group.createTask(noted(l, "a", 0, 5));
                         const auto b = group.createTask(noted(l, "b", 2, 1));
                         co_return co_await b + 1;
                     });
                 }(log)),
                 3);
        QCOMPARE(log, (Log{"a begins", "b begins", "b ends", "a ends"}));
    }

    void s37_cancellingWhoAwaitsAGroupCancelsItsTasks()
    {
        Log log;
        runCoroutine([](Log &l) -> Coroutine<> {
            auto task = createTask([](Log &lines) -> Coroutine<> {
                TaskGroup group;
                group.createTask(untilCancelled(lines, "a"));
                group.createTask(untilCancelled(lines, "b"));
                co_await group.wait();
            }(l));
            co_await sleep(0ns);
            co_await sleep(0ns);
            task.cancel();
            co_await gatherWithExceptions(task);
            CO_VERIFY(task.isCancelled());
        }(log));
        QCOMPARE(log.size(), std::size_t(2));
    }

    void s38_anExceptionThatNobodyTookIsReportedWhenTheTaskDies()
    {
        const Reports reports;
        runCoroutine([](const Reports &r) -> Coroutine<> {
            auto task = createTask(failing(0), "unloved");
            while (!task.isDone())
                co_await sleep(0ns);
            CO_VERIFY(r.seen.empty());
            task = {};
            CO_COMPARE(r.count(CoroutineReport::Kind::ExceptionNeverTaken), 1);
            CO_COMPARE(r.seen[0].name, QStringLiteral("unloved"));
            CO_VERIFY(r.seen[0].error);
            CO_VERIFY(r.seen[0].text().contains(QLatin1String("failed")));
        }(reports));
        QCOMPARE(reports.seen.size(), std::size_t(1));
    }

    void s38_aCoroutineNeverAwaitedIsReportedWithItsName()
    {
        const Reports reports;
        {
            Log log;
            const auto dropped = noted(log, "a", 0, 0);
        }
        QCOMPARE(reports.count(CoroutineReport::Kind::NeverAwaited), 1);
        QVERIFY(reports.seen[0].name.contains(QLatin1String("noted")));
    }

    void s42_aMillionNestedAwaitsThatFinishAtOnceDoNotOverflowTheStack()
    {
        struct Chain
        {
            static Coroutine<int> deep(int levels)
            {
                if (levels == 0)
                    co_return 0;
                co_return co_await deep(levels - 1) + 1;
            }
            static Coroutine<int> wide(int times)
            {
                int sum = 0;
                for (int k = 0; k < times; ++k)
                    sum += co_await deep(0) + 1;
                co_return sum;
            }
        };
        QCOMPARE(runCoroutine(Chain::deep(1'000'000)), 1'000'000);
        QCOMPARE(runCoroutine(Chain::wide(1'000'000)), 1'000'000);
    }

    void s42_aDeepChainThatSuspendsAtItsEndUnwindsWithItsExceptionToo()
    {
        struct Chain
        {
            static Coroutine<int> deep(int levels)
            {
                if (levels > 0) {
                    const int below = co_await deep(levels - 1);
                    co_return below + 1;
                }
                co_await sleep(0ns);
                co_return 0;
            }
            static Coroutine<> throwing(int levels)
            {
                if (levels > 0)
                    co_await throwing(levels - 1);
                co_await sleep(0ns);
                throw std::runtime_error("deep");
            }
        };
        QCOMPARE(runCoroutine(Chain::deep(1'000'000)), 1'000'000);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, runCoroutine(Chain::throwing(10'000)));
    }
};

QTEST_GUILESS_MAIN(TestCoroutineConformance)
#include "tst_coroutine.moc"
