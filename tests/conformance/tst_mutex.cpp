// SPDX-License-Identifier: Apache-2.0
#include "../unit/trace/recordedtrace.h"

#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/mutex.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <memory>
#include <mutex>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestMutexConformance : public QObject
{
    Q_OBJECT

    static void untilWaiting(const Mutex &mutex, int threads)
    {
        while (mutex.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s15_oneThreadHoldsItAtATime()
    {
        Mutex mutex("m");
        int count = 0; // not atomic: the mutex must do
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 4; ++k) {
            threads.push_back(std::make_unique<Thread>("adder", [&] {
                for (int round = 0; round < 5000; ++round) {
                    const std::lock_guard lock(mutex);
                    ++count;
                }
            }));
        }
        threads.clear();
        QCOMPARE(count, 20000);
    }

    void s15_itIsNotRecursive()
    {
        Mutex mutex("m");
        mutex.lock();
        QVERIFY(mutex.isHeldByCurrentThread());
        QVERIFY_THROWS_EXCEPTION(Misuse, mutex.lock());
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)mutex.tryLock());
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)mutex.lockFor(1s));
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)mutex.lock(std::stop_source().get_token()));
        mutex.unlock(); // once is enough
        QVERIFY(!mutex.isHeldByCurrentThread());
        QVERIFY(mutex.tryLock());
        mutex.unlock();
    }

    void s15_unlockingByAThreadThatDoesNotHoldItIsAnError()
    {
        Mutex mutex("m");
        QVERIFY_THROWS_EXCEPTION(Misuse, mutex.unlock());
        mutex.lock();
        Thread stranger("stranger", [&] { mutex.unlock(); });
        QVERIFY_THROWS_EXCEPTION(Misuse, stranger.joinAndRethrow());
        QVERIFY(mutex.isHeldByCurrentThread());
        mutex.unlock();
        QVERIFY_THROWS_EXCEPTION(Misuse, mutex.unlock());
    }

    void s15_unlockingByAStrangerIsAnErrorWhileOthersWaitToo()
    {
        Mutex mutex("m");
        mutex.lock();
        Thread waiter("waiter", [&] { const std::lock_guard lock(mutex); });
        untilWaiting(mutex, 1);
        Thread stranger("stranger", [&] { mutex.unlock(); });
        QVERIFY_THROWS_EXCEPTION(Misuse, stranger.joinAndRethrow());
        QCOMPARE(mutex.waiterCount(), 1);
        mutex.unlock();
        waiter.joinAndRethrow();
    }

    void s15_theOwnerIsVisibleInTheTrace()
    {
        RecordedTrace trace;
        Mutex mutex("m");
        mutex.lock();
        Thread second("second", [&] { const std::lock_guard lock(mutex); });
        trace.untilWaiting("second");
        mutex.unlock();
        second.join();
        trace.end();
        QCOMPARE(trace.objectInfo("m").kind, ObjectKind::Mutex);
        const std::vector<qint64> holders = trace.counter("m");
        QCOMPARE(holders.size(), std::size_t{4});
        const qint64 first = holders[0];
        QVERIFY(first > 0);
        QCOMPARE(holders[1], qint64{0});
        QVERIFY(holders[2] > 0 && holders[2] != first);
        QCOMPARE(holders[3], qint64{0});
        const WaitInfo wait = trace.store.wait(trace.thread("second"), 0);
        QCOMPARE(wait.reason, WaitReason::Lock);
        QCOMPARE(wait.outcome, WaitOutcome::Woken);
        QCOMPARE(wait.waker, std::optional(trace.thread("main")));
    }

    void s15_theStandardsLocksWorkOnIt()
    {
        Mutex one("one");
        Mutex other("other");
        {
            const std::lock_guard lock(one);
            std::unique_lock attempt(other, std::try_to_lock);
            QVERIFY(attempt.owns_lock());
            Thread("stranger", [&] {
                QVERIFY(!std::unique_lock(one, std::try_to_lock).owns_lock());
            }).joinAndRethrow();
        }
        // In opposite orders, which scoped_lock makes safe.
        int count = 0;
        const auto add = [&count](Mutex &first, Mutex &second) {
            for (int round = 0; round < 2000; ++round) {
                const std::scoped_lock lock(first, second);
                ++count;
            }
        };
        Thread forth("forth", [&] { add(one, other); });
        Thread back("back", [&] { add(other, one); });
        forth.joinAndRethrow();
        back.joinAndRethrow();
        QCOMPARE(count, 4000);
    }

    void s15_whoWaitsGetsItThoughAnotherKeepsTakingIt()
    {
        Mutex mutex("m");
        std::atomic<bool> isEnough{false};
        std::vector<std::unique_ptr<Thread>> hogs;
        for (int k = 0; k < 2; ++k) {
            hogs.push_back(std::make_unique<Thread>("hog", [&] {
                while (!isEnough) {
                    const std::lock_guard lock(mutex);
                }
            }));
        }
        for (int round = 0; round < 200; ++round)
            const std::lock_guard lock(mutex); // for ever, if it were overtaken for ever
        isEnough = true;
        hogs.clear();
        QCOMPARE(mutex.waiterCount(), 0);
    }

    void s15_aTimeOutLeavesItWithItsHolder()
    {
        Mutex mutex("m");
        mutex.lock();
        Thread("waiter", [&] {
            const auto begin = std::chrono::steady_clock::now();
            QVERIFY(mutex.lockFor(20ms) == Outcome::TimedOut);
            QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
            QVERIFY(mutex.lockFor(0ns) == Outcome::TimedOut);
            QVERIFY(!mutex.tryLock());
            QVERIFY_THROWS_EXCEPTION(Misuse, (void)mutex.lockFor(-1ns));
            QVERIFY_THROWS_EXCEPTION(Misuse, mutex.unlock());
        }).joinAndRethrow();
        QVERIFY(mutex.isHeldByCurrentThread());
        mutex.unlock();
        QVERIFY(mutex.lockFor(0ns) == Outcome::Done);
        mutex.unlock();
    }

    void s09_aStopTokenEndsTheWait()
    {
        Mutex mutex("m");
        mutex.lock();
        std::stop_source stop;
        Outcome outcome = Outcome::Done;
        Thread waiter("waiter", [&] { outcome = mutex.lock(stop.get_token()); });
        untilWaiting(mutex, 1);
        stop.request_stop();
        waiter.joinAndRethrow();
        QVERIFY(outcome == Outcome::Stopped);
        QVERIFY(mutex.isHeldByCurrentThread());
        mutex.unlock();
        // What can be had at once is had, stop or not.
        QVERIFY(mutex.lock(stop.get_token()) == Outcome::Done);
        mutex.unlock();
    }

    void whoHasLockedItMayDestroyItThoughTheUnlockHasNotReturned()
    {
        for (int round = 0; round < 300; ++round) {
            auto mutex = std::make_unique<Mutex>("m");
            Event isLocked("locked");
            Thread holder("holder", [&, raw = mutex.get()] {
                raw->lock();
                isLocked.set();
                while (raw->waiterCount() == 0)
                    QThread::yieldCurrentThread();
                raw->unlock();
            });
            isLocked.wait();
            mutex->lock();
            mutex->unlock();
            mutex.reset();
        }
    }
};

QTEST_GUILESS_MAIN(TestMutexConformance)
#include "tst_mutex.moc"
