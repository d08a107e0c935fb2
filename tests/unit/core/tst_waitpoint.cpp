// SPDX-License-Identifier: Apache-2.0
#include "../trace/recordedtrace.h"

#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>
#include <heddle/core/waitpoint.h>

#include <QRandomGenerator>
#include <QTest>

#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

// A number of things that threads wait for, with its mutex in the hands of the test.
struct Things
{
    // Takes \a count of them; false when that takes longer than a lost wake-up may.
    bool take(int count)
    {
        std::unique_lock lock(mutex);
        const auto result = point.wait(
                lock, 0, trace::WaitReason::Condition, WaitPoint::deadline(1min, "take"), {},
                [&] { return available >= count; }, [] { return false; });
        if (result != WaitPoint::Result::Woken)
            return false;
        available -= count;
        taken.push_back(count);
        return true;
    }
    int waiterCount()
    {
        const std::lock_guard lock(mutex);
        return point.waiterCount();
    }
    void untilWaiting(int count)
    {
        while (waiterCount() != count)
            QThread::yieldCurrentThread();
    }

    std::mutex mutex;
    WaitPoint point;
    int available = 0;
    std::vector<int> taken;
};

} // namespace

class TestWaitPoint : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyWaitNamesTheThreadThatEndedItHoweverSoonAnotherFollows()
    {
        RecordedTrace trace;
        Things things;
        Thread first("first", [&] { things.take(1); });
        things.untilWaiting(1);
        Thread second("second", [&] { things.take(1); });
        things.untilWaiting(2);
        {
            // Holds the mutex for both givers, so that no taker goes on between them.
            const std::lock_guard lock(things.mutex);
            for (const char *giver : {"giver 1", "giver 2"}) {
                Thread(giver, [&] {
                    ++things.available;
                    things.point.wakeOne();
                }).join();
            }
        }
        first.join();
        second.join();
        trace.end();
        const auto wakerOf = [&](const char *thread) {
            return trace.store.wait(trace.thread(thread), 0).waker;
        };
        QCOMPARE(wakerOf("first"), std::optional(trace.thread("giver 1")));
        QCOMPARE(wakerOf("second"), std::optional(trace.thread("giver 2")));
    }

    void whoCameFirstIsWokenFirst()
    {
        Things things;
        std::vector<std::unique_ptr<Thread>> threads;
        std::vector<int> order;
        for (int k = 0; k < 4; ++k) {
            threads.push_back(std::make_unique<Thread>("waiter", [&things, &order, k] {
                things.take(1);
                const std::lock_guard lock(things.mutex);
                order.push_back(k);
            }));
            things.untilWaiting(k + 1);
        }
        for (auto &thread : threads) {
            {
                const std::lock_guard lock(things.mutex);
                ++things.available;
                things.point.wakeOne();
            }
            thread->join();
        }
        QCOMPARE(order, (std::vector<int>{0, 1, 2, 3}));
    }

    void whoCannotGoOnIsPassedOver()
    {
        Things things;
        Thread many("many", [&] { things.take(2); });
        things.untilWaiting(1);
        Thread one("one", [&] { things.take(1); });
        things.untilWaiting(2);
        const auto giveOne = [&] {
            const std::lock_guard lock(things.mutex);
            ++things.available;
            things.point.wakeOne();
        };
        giveOne();
        one.join();
        giveOne();
        giveOne();
        many.join();
        QCOMPARE(things.taken, (std::vector<int>{1, 2}));
    }

    void aWakeUpThatItsThreadCannotUseGoesToTheNext()
    {
        Things things;
        Thread many("many", [&] { things.take(2); });
        things.untilWaiting(1);
        Thread one("one", [&] { things.take(1); });
        things.untilWaiting(2);
        {
            const std::lock_guard lock(things.mutex);
            things.available = 2;
            things.point.wakeOne();
            things.available = 1; // one that need not wait is faster
        }
        one.join();
        {
            const std::lock_guard lock(things.mutex);
            QCOMPARE(things.taken, (std::vector<int>{1}));
            things.available = 2;
            things.point.wakeOne();
        }
        many.join();
        QCOMPARE(things.taken, (std::vector<int>{1, 2}));
    }

    void noWakeUpIsLostWhenManyComeAndSomeGiveUp()
    {
        constexpr int permits = 4;
        Semaphore semaphore("permits", permits);
        std::vector<std::unique_ptr<Thread>> threads;
        for (quint32 seed = 0; seed < 6; ++seed) {
            threads.push_back(std::make_unique<Thread>("taker", [&semaphore, seed] {
                QRandomGenerator random(seed);
                for (int round = 0; round < 2000; ++round) {
                    const qsizetype count = 1 + random.bounded(permits);
                    std::stop_source stop;
                    Outcome got = Outcome::TimedOut;
                    switch (random.bounded(3)) {
                    case 0:
                        got = semaphore.acquireFor(std::chrono::microseconds(random.bounded(50)),
                                                   count);
                        break;
                    case 1: {
                        Thread stopper("stopper", [&stop] { stop.request_stop(); });
                        got = semaphore.acquire(count, stop.get_token());
                        break;
                    }
                    default:
                        got = semaphore.acquire(count); // for ever, if a wake-up was lost
                    }
                    if (got)
                        semaphore.release(count);
                }
            }));
        }
        threads.clear();
        QCOMPARE(semaphore.available(), qsizetype{permits});
    }
};

QTEST_GUILESS_MAIN(TestWaitPoint)
#include "tst_waitpoint.moc"
