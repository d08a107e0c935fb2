// SPDX-License-Identifier: Apache-2.0
#include "../unit/trace/recordedtrace.h"

#include <heddle/core/condition.h>
#include <heddle/core/error.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestConditionConformance : public QObject
{
    Q_OBJECT

    static void untilWaiting(const Condition &condition, int threads)
    {
        while (condition.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s14_aNotificationUnderTheMutexIsNeverMissed()
    {
        Mutex mutex("m");
        Condition condition("c");
        for (int round = 0; round < 500; ++round) {
            bool isInside = false;
            Outcome outcome = Outcome::TimedOut;
            Thread waiter("waiter", [&] {
                std::unique_lock lock(mutex);
                isInside = true;
                outcome = condition.wait(lock); // no predicate: one miss and it waits for ever
            });
            // Once the mutex can be had and the waiter has been inside, it waits.
            while (true) {
                const std::lock_guard lock(mutex);
                if (isInside) {
                    condition.notifyOne();
                    break;
                }
            }
            waiter.joinAndRethrow();
            QVERIFY(outcome == Outcome::Done);
        }
    }

    void s14_aNotificationAfterTheMutexIsNeverMissedEither()
    {
        Mutex mutex("m");
        Condition condition("c");
        int turn = 0;
        const auto play = [&](int self) {
            for (int round = 0; round < 1000; ++round) {
                {
                    std::unique_lock lock(mutex);
                    condition.waitUntil(lock, [&] { return turn == self; });
                    turn = 1 - self;
                }
                condition.notifyOne();
            }
        };
        Thread one("one", [&] { play(0); });
        Thread other("other", [&] { play(1); });
        one.joinAndRethrow();
        other.joinAndRethrow();
        QCOMPARE(turn, 0);
    }

    void s14_theMutexIsFreeDuringTheWaitAndHeldAfterIt()
    {
        Mutex mutex("m");
        Condition condition("c");
        std::stop_source stop;
        std::vector<Outcome> outcomes;
        Thread waiter("waiter", [&] {
            std::unique_lock lock(mutex);
            outcomes.push_back(condition.wait(lock));
            QVERIFY(mutex.isHeldByCurrentThread());
            outcomes.push_back(condition.waitFor(lock, 1ms));
            QVERIFY(mutex.isHeldByCurrentThread());
            outcomes.push_back(condition.wait(lock, stop.get_token()));
            QVERIFY(mutex.isHeldByCurrentThread());
            QVERIFY(lock.owns_lock());
        });
        untilWaiting(condition, 1);
        {
            const std::lock_guard lock(mutex);
            condition.notifyAll();
            stop.request_stop();
        }
        waiter.joinAndRethrow();
        QCOMPARE(outcomes,
                 (std::vector<Outcome>{Outcome::Done, Outcome::TimedOut, Outcome::Stopped}));
    }

    void s14_waitForAPredicateIsImmuneToSpuriousWakeUps()
    {
        Mutex mutex("m");
        Condition condition("c");
        bool isTrue = false;
        int asked = 0;
        Outcome outcome = Outcome::TimedOut;
        Thread waiter("waiter", [&] {
            std::unique_lock lock(mutex);
            outcome = condition.waitFor(lock, 10min, [&] {
                ++asked;
                return isTrue;
            });
            QVERIFY(isTrue);
        });
        for (int round = 0; round < 20; ++round) {
            untilWaiting(condition, 1);
            const std::lock_guard lock(mutex);
            condition.notifyOne(); // for no reason
        }
        {
            const std::lock_guard lock(mutex);
            isTrue = true;
            condition.notifyOne();
        }
        waiter.joinAndRethrow();
        QVERIFY(outcome == Outcome::Done);
        QVERIFY(asked >= 2);
    }

    void s14_waitForAPredicateTellsOfTheTimeOutUnlessItHolds()
    {
        Mutex mutex("m");
        Condition condition("c");
        std::unique_lock lock(mutex);
        const auto begin = std::chrono::steady_clock::now();
        QVERIFY(condition.waitFor(lock, 20ms, [] { return false; }) == Outcome::TimedOut);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        QVERIFY(condition.waitFor(lock, 0ns, [] { return true; }) == Outcome::Done);
        QVERIFY(condition.waitUntil(lock, [] { return true; }) == Outcome::Done);
        int asked = 0; // it comes true without a notification
        QVERIFY(condition.waitFor(lock, 1ms, [&] { return ++asked > 1; }) == Outcome::Done);
        QVERIFY(mutex.isHeldByCurrentThread());
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)condition.waitFor(lock, -1ns));
    }

    void s14_oneNotificationWakesOneAndNotifyAllTheOthers()
    {
        Mutex mutex("m");
        Condition condition("c");
        int woken = 0;
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 4; ++k) {
            threads.push_back(std::make_unique<Thread>("waiter", [&] {
                std::unique_lock lock(mutex);
                condition.wait(lock);
                ++woken;
            }));
        }
        untilWaiting(condition, 4);
        condition.notifyOne();
        untilWaiting(condition, 3);
        condition.notifyAll();
        threads.clear();
        QCOMPARE(woken, 4);
    }

    void s14_aNotificationIsNotKeptForLaterWaits()
    {
        Mutex mutex("m");
        Condition condition("c");
        condition.notifyAll();
        condition.notifyOne();
        std::unique_lock lock(mutex);
        QVERIFY(condition.waitFor(lock, 1ms) == Outcome::TimedOut);
    }

    void s14_whoGivesUpTakesNoNotificationAlong()
    {
        Mutex mutex("m");
        Condition condition("c");
        for (int round = 0; round < 100; ++round) {
            std::stop_source stop;
            Outcome first = Outcome::Done;
            Thread stopped("stopped", [&] {
                std::unique_lock lock(mutex);
                first = condition.wait(lock, stop.get_token());
            });
            untilWaiting(condition, 1);
            Outcome second = Outcome::TimedOut;
            Thread waiter("waiter", [&] {
                std::unique_lock lock(mutex);
                second = condition.wait(lock);
            });
            untilWaiting(condition, 2);
            Thread stopper("stopper", [&] { stop.request_stop(); });
            condition.notifyOne(); // to either of them
            stopped.joinAndRethrow();
            if (first == Outcome::Done)
                condition.notifyOne();
            waiter.joinAndRethrow();
            QVERIFY(second == Outcome::Done);
        }
    }

    void s14_withoutTheMutexIsAnError()
    {
        Mutex mutex("m");
        Condition condition("c");
        std::unique_lock lock(mutex, std::defer_lock);
        QVERIFY_THROWS_EXCEPTION(Misuse, condition.wait(lock));
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)condition.waitFor(lock, 1ms));
        QCOMPARE(condition.waiterCount(), 0);
    }

    void whoNotifiesIsTheWakerInTheTrace()
    {
        RecordedTrace trace;
        Mutex mutex("m");
        Condition condition("c");
        Thread waiter("waiter", [&] {
            std::unique_lock lock(mutex);
            condition.wait(lock);
        });
        trace.untilWaiting("waiter");
        Thread("notifier", [&] {
            const std::lock_guard lock(mutex);
            condition.notifyOne();
        }).join();
        waiter.join();
        trace.end();
        const WaitInfo wait = trace.store.wait(trace.thread("waiter"), 0);
        QCOMPARE(wait.reason, WaitReason::Condition);
        QCOMPARE(wait.object, std::optional(trace.object("c")));
        QCOMPARE(wait.waker, std::optional(trace.thread("notifier")));
        QCOMPARE(trace.objectInfo("c").kind, ObjectKind::Condition);
    }

    void s09_aStopTokenEndsTheWait()
    {
        Mutex mutex("m");
        Condition condition("c");
        std::stop_source stop;
        Outcome outcome = Outcome::Done;
        Thread waiter("waiter", [&] {
            std::unique_lock lock(mutex);
            outcome = condition.waitUntil(
                    lock, [] { return false; }, stop.get_token());
        });
        untilWaiting(condition, 1);
        stop.request_stop();
        waiter.joinAndRethrow();
        QVERIFY(outcome == Outcome::Stopped);
    }
};

QTEST_GUILESS_MAIN(TestConditionConformance)
#include "tst_condition.moc"
