// SPDX-License-Identifier: Apache-2.0
#include "../unit/trace/recordedtrace.h"

#include <heddle/core/barrier.h>
#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <atomic>
#include <memory>
#include <set>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestBarrierConformance : public QObject
{
    Q_OBJECT

    static void untilArrived(const Barrier &barrier, int threads)
    {
        while (barrier.arrivedCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s13_theLastArrivalReleasesAll()
    {
        Barrier barrier("b", 3);
        std::atomic<int> through{0};
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 2; ++k) {
            threads.push_back(std::make_unique<Thread>("party", [&] {
                QVERIFY(barrier.wait());
                ++through;
            }));
        }
        untilArrived(barrier, 2);
        QCOMPARE(through.load(), 0);
        QVERIFY(barrier.wait());
        threads.clear();
        QCOMPARE(through.load(), 2);
        QCOMPARE(barrier.arrivedCount(), 0);
    }

    void s13_eachGetsAnIndexOfItsOwnRoundAfterRound()
    {
        constexpr int parties = 4;
        constexpr int rounds = 300;
        Barrier barrier("b", parties);
        std::vector<std::vector<int>> indexes(rounds, std::vector<int>(parties, -1));
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < parties; ++k) {
            threads.push_back(std::make_unique<Thread>("party", [&, k] {
                for (int round = 0; round < rounds; ++round) {
                    const Barrier::Arrival arrival = barrier.wait();
                    indexes[std::size_t(round)][std::size_t(k)] = arrival.index;
                }
            }));
        }
        threads.clear();
        for (const std::vector<int> &round : indexes)
            QCOMPARE(std::set<int>(round.begin(), round.end()), (std::set<int>{0, 1, 2, 3}));
    }

    void s13_nobodyGoesOnBeforeTheOthersHaveArrived()
    {
        constexpr int parties = 3;
        Barrier barrier("b", parties);
        int phases[parties] = {}; // not atomic: the barrier must order them
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < parties; ++k) {
            threads.push_back(std::make_unique<Thread>("party", [&, k] {
                for (int round = 0; round < 300; ++round) {
                    phases[k] = round;
                    QVERIFY(barrier.wait());
                    for (const int phase : phases)
                        QCOMPARE(phase, round);
                    QVERIFY(barrier.wait());
                }
            }));
        }
        for (auto &thread : threads)
            thread->joinAndRethrow();
    }

    void s13_aTimeOutBreaksItForPresentAndFutureWaitersUntilReset()
    {
        Barrier barrier("b", 3);
        Outcome present = Outcome::Done;
        Thread waiter("waiter", [&] { present = barrier.wait().outcome; });
        untilArrived(barrier, 1);
        const auto begin = std::chrono::steady_clock::now();
        const Barrier::Arrival late = barrier.waitFor(20ms);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        QVERIFY(late.outcome == Outcome::TimedOut);
        QCOMPARE(late.index, -1);
        waiter.joinAndRethrow();
        QVERIFY(present == Outcome::Broken);
        QVERIFY(barrier.isBroken());
        QVERIFY(barrier.wait().outcome == Outcome::Broken);
        QVERIFY(barrier.waitFor(1h).outcome == Outcome::Broken);
        QCOMPARE(barrier.arrivedCount(), 0);

        barrier.reset();
        QVERIFY(!barrier.isBroken());
        Thread one("one", [&] { QVERIFY(barrier.wait()); });
        Thread other("other", [&] { QVERIFY(barrier.wait()); });
        QVERIFY(barrier.wait());
        one.joinAndRethrow();
        other.joinAndRethrow();
    }

    void s13_abortBreaksIt()
    {
        Barrier barrier("b", 3);
        Outcome outcomes[2] = {Outcome::Done, Outcome::Done};
        Thread one("one", [&] { outcomes[0] = barrier.wait().outcome; });
        Thread other("other", [&] { outcomes[1] = barrier.waitFor(1h).outcome; });
        untilArrived(barrier, 2);
        barrier.abort();
        barrier.abort(); // as once
        one.joinAndRethrow();
        other.joinAndRethrow();
        QVERIFY(outcomes[0] == Outcome::Broken);
        QVERIFY(outcomes[1] == Outcome::Broken);
        QVERIFY(barrier.wait().outcome == Outcome::Broken);
    }

    void s13_resetTellsPresentWaitersThatItIsBrokenAndNoOthers()
    {
        Barrier barrier("b", 2);
        for (int round = 0; round < 100; ++round) {
            Outcome present = Outcome::Done;
            Thread waiter("waiter", [&] { present = barrier.wait().outcome; });
            untilArrived(barrier, 1);
            barrier.reset();
            // A round at once, before the waiter has seen anything.
            Thread partner("partner", [&] { QVERIFY(barrier.wait()); });
            QVERIFY(barrier.wait());
            partner.joinAndRethrow();
            waiter.joinAndRethrow();
            QVERIFY(present == Outcome::Broken);
        }
    }

    void s13_theCompletionFunctionRunsOnceARoundBeforeAnybodyGoesOn()
    {
        constexpr int parties = 3;
        int completed = 0; // not atomic: the barrier must order it
        Barrier barrier("b", parties, [&] { ++completed; });
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < parties; ++k) {
            threads.push_back(std::make_unique<Thread>("party", [&] {
                for (int round = 1; round <= 200; ++round) {
                    QVERIFY(barrier.wait());
                    QVERIFY(completed >= round); // the next round needs this thread too
                    QVERIFY(completed <= round);
                }
            }));
        }
        for (auto &thread : threads)
            thread->joinAndRethrow();
        QCOMPARE(completed, 200);
    }

    void s13_aCompletionFunctionThatThrowsBreaksIt()
    {
        Barrier barrier("b", 2, [] { throw std::runtime_error("no"); });
        Outcome outcome = Outcome::Done;
        Thread waiter("waiter", [&] { outcome = barrier.wait().outcome; });
        untilArrived(barrier, 1);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, barrier.wait());
        waiter.joinAndRethrow();
        QVERIFY(outcome == Outcome::Broken);
        QVERIFY(barrier.isBroken());
    }

    void s13_theCompletionFunctionMayUseTheBarrier()
    {
        Barrier *pointer = nullptr;
        Barrier barrier("b", 1, [&] {
            QCOMPARE(pointer->arrivedCount(), 1);
            pointer->abort();
        });
        pointer = &barrier;
        QVERIFY(barrier.wait().outcome == Outcome::Broken);
    }

    void s13_theCompletionFunctionCannotWaitForItsOwnBarrier()
    {
        Barrier *pointer = nullptr;
        Barrier barrier("b", 1, [&] { pointer->wait(); });
        pointer = &barrier;
        QVERIFY_THROWS_EXCEPTION(Misuse, barrier.wait());
        QVERIFY(barrier.isBroken());
    }

    void s13_whoComesWhileTheCompletionFunctionRunsBelongsToTheNextRound()
    {
        Event begun("begun");
        Event mayEnd("may end");
        std::atomic<int> completed{0};
        Barrier barrier("b", 1, [&] {
            if (completed == 0) {
                begun.set();
                mayEnd.wait();
            }
            ++completed;
        });
        Thread first("first", [&] { QCOMPARE(barrier.wait().index, 0); });
        begun.wait();
        Thread second("second", [&] {
            QCOMPARE(barrier.wait().index, 0);
            QCOMPARE(completed.load(), 2);
        });
        mayEnd.set();
        first.joinAndRethrow();
        second.joinAndRethrow();
    }

    void s13_misuseIsTold()
    {
        QVERIFY_THROWS_EXCEPTION(Misuse, Barrier("b", 0));
        Barrier barrier("b", 1);
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)barrier.waitFor(-1ns));
        QCOMPARE(barrier.wait().index, 0);
    }

    void theLastToArriveIsTheWakerInTheTrace()
    {
        RecordedTrace trace;
        Barrier barrier("b", 2);
        Thread waiter("waiter", [&] { barrier.wait(); });
        trace.untilWaiting("waiter");
        Thread("last", [&] { barrier.wait(); }).join();
        waiter.join();
        trace.end();
        const WaitInfo wait = trace.store.wait(trace.thread("waiter"), 0);
        QCOMPARE(wait.reason, WaitReason::Barrier);
        QCOMPARE(wait.outcome, WaitOutcome::Woken);
        QCOMPARE(wait.waker, std::optional(trace.thread("last")));
        QCOMPARE(trace.flowsFrom("last", FlowKind::Wake).size(), std::size_t{1});
        QCOMPARE(trace.counter("b"), (std::vector<qint64>{1, 2, 0}));
    }

    void s09_aStopTokenEndsTheWaitAndBreaksTheBarrier()
    {
        Barrier barrier("b", 3);
        std::stop_source stop;
        Outcome outcomes[2] = {Outcome::Done, Outcome::Done};
        Thread one("one", [&] { outcomes[0] = barrier.wait().outcome; });
        Thread other("other", [&] { outcomes[1] = barrier.wait(stop.get_token()).outcome; });
        untilArrived(barrier, 2);
        stop.request_stop();
        one.joinAndRethrow();
        other.joinAndRethrow();
        QVERIFY(outcomes[0] == Outcome::Broken);
        QVERIFY(outcomes[1] == Outcome::Stopped);
    }
};

QTEST_GUILESS_MAIN(TestBarrierConformance)
#include "tst_barrier.moc"
