// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <atomic>
#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestSemaphoreConformance : public QObject
{
    Q_OBJECT

    static void untilWaiting(const Semaphore &semaphore, int threads)
    {
        while (semaphore.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s12_permitsAreTakenAndGivenBack()
    {
        Semaphore semaphore("s", 3);
        QVERIFY(semaphore.acquire(2));
        QCOMPARE(semaphore.available(), 1);
        QVERIFY(!semaphore.tryAcquire(2));
        QVERIFY(semaphore.tryAcquire());
        QVERIFY(!semaphore.tryAcquire());
        semaphore.release(5); // not bounded
        QCOMPARE(semaphore.available(), 5);
    }

    void s12_aTimeOutTakesNothing()
    {
        Semaphore semaphore("s", 1);
        const auto begin = std::chrono::steady_clock::now();
        QVERIFY(!semaphore.acquireFor(20ms, 2));
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        QCOMPARE(semaphore.available(), 1);
    }

    void s12_releasingManyWakesAsMany()
    {
        Semaphore semaphore("s", 0);
        std::atomic<int> through{0};
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 4; ++k) {
            threads.push_back(std::make_unique<Thread>("waiter", [&] {
                semaphore.acquire();
                ++through;
            }));
        }
        untilWaiting(semaphore, 4);
        semaphore.release(3);
        untilWaiting(semaphore, 1);
        QTRY_COMPARE(through.load(), 3);
        QCOMPARE(semaphore.available(), 0);
        semaphore.release();
        threads.clear();
        QCOMPARE(through.load(), 4);
    }

    void s12_oneThatWaitsForManyHoldsUpNoOther()
    {
        Semaphore semaphore("s", 0);
        std::atomic<int> single{0};
        Thread many("many", [&] { semaphore.acquire(10); });
        untilWaiting(semaphore, 1);
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 3; ++k) {
            threads.push_back(std::make_unique<Thread>("single", [&] {
                semaphore.acquire();
                ++single;
            }));
        }
        untilWaiting(semaphore, 4);
        for (int k = 0; k < 3; ++k)
            semaphore.release();
        threads.clear();
        QCOMPARE(single.load(), 3);
        semaphore.release(10);
        many.joinAndRethrow();
        QCOMPARE(semaphore.available(), 0);
    }

    void s12_atMostThePermittedNumberHolds()
    {
        BoundedSemaphore semaphore("s", 2);
        std::atomic<int> inside{0};
        std::atomic<int> most{0};
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 6; ++k) {
            threads.push_back(std::make_unique<Thread>("holder", [&] {
                for (int round = 0; round < 500; ++round) {
                    semaphore.acquire();
                    const int now = ++inside;
                    int seen = most.load();
                    while (now > seen && !most.compare_exchange_weak(seen, now)) {
                    }
                    --inside;
                    semaphore.release();
                }
            }));
        }
        threads.clear();
        QVERIFY(most.load() >= 1 && most.load() <= 2);
        QCOMPARE(semaphore.available(), 2);
    }

    void s12_theBoundedFormReportsAReleaseAboveItsStartValue()
    {
        BoundedSemaphore semaphore("s", 2);
        QVERIFY_THROWS_EXCEPTION(Error, semaphore.release());
        QCOMPARE(semaphore.available(), 2);
        QVERIFY(semaphore.acquire());
        QVERIFY_THROWS_EXCEPTION(Error, semaphore.release(2));
        semaphore.release();
        QCOMPARE(semaphore.available(), 2);
    }

    void s12_negativeNumbersAreErrors()
    {
        QVERIFY_THROWS_EXCEPTION(Error, Semaphore("s", -1));
        QVERIFY_THROWS_EXCEPTION(Error, BoundedSemaphore("s", -1));
        Semaphore semaphore("s");
        QVERIFY_THROWS_EXCEPTION(Error, semaphore.acquire(-1));
        QVERIFY_THROWS_EXCEPTION(Error, semaphore.release(-1));
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(semaphore.acquireFor(-1ns)));
    }

    void s09_aStopTokenEndsTheWait()
    {
        Semaphore semaphore("s", 0);
        std::stop_source stop;
        Outcome got = Outcome::Done;
        Thread waiter("waiter", [&] { got = semaphore.acquire(1, stop.get_token()); });
        untilWaiting(semaphore, 1);
        stop.request_stop();
        waiter.joinAndRethrow();
        QVERIFY(got == Outcome::Stopped);
        QCOMPARE(semaphore.available(), 0);
    }
};

QTEST_GUILESS_MAIN(TestSemaphoreConformance)
#include "tst_semaphore.moc"
