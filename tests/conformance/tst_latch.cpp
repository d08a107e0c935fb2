// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/core/latch.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestLatchConformance : public QObject
{
    Q_OBJECT

    static void untilWaiting(const Latch &latch, int threads)
    {
        while (latch.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s13_waitsEndWhenItIsCountedDownToZero()
    {
        Latch latch("l", 3);
        QVERIFY(!latch.tryWait());
        std::atomic<int> through{0};
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 3; ++k) {
            threads.push_back(std::make_unique<Thread>("waiter", [&] {
                QVERIFY(latch.wait());
                ++through;
            }));
        }
        untilWaiting(latch, 3);
        latch.countDown(2);
        QCOMPARE(latch.count(), 1);
        QCOMPARE(through.load(), 0);
        latch.countDown();
        threads.clear();
        QCOMPARE(through.load(), 3);
        QVERIFY(latch.tryWait());
        QVERIFY(latch.wait());
        QVERIFY(latch.waitFor(0ns));
    }

    void s13_arriveAndWaitHandsOnWhatAllHaveDone()
    {
        for (int round = 0; round < 200; ++round) {
            constexpr int threads = 3;
            Latch latch("l", threads);
            int done[threads] = {}; // not atomic: the latch must order them
            std::vector<std::unique_ptr<Thread>> running;
            for (int k = 0; k < threads; ++k) {
                running.push_back(std::make_unique<Thread>("party", [&, k] {
                    done[k] = 1;
                    QVERIFY(latch.arriveAndWait());
                    for (const int one : done)
                        QCOMPARE(one, 1);
                }));
            }
            for (auto &thread : running)
                thread->joinAndRethrow();
        }
    }

    void s13_itMayBeginAtZero()
    {
        Latch latch("l", 0);
        QVERIFY(latch.tryWait());
        QVERIFY(latch.wait());
    }

    void s13_misuseIsTold()
    {
        QVERIFY_THROWS_EXCEPTION(Misuse, Latch("l", -1));
        Latch latch("l", 1);
        QVERIFY_THROWS_EXCEPTION(Misuse, latch.countDown(2));
        QVERIFY_THROWS_EXCEPTION(Misuse, latch.countDown(-1));
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)latch.waitFor(-1ns));
        QCOMPARE(latch.count(), 1);
        latch.countDown();
        QVERIFY_THROWS_EXCEPTION(Misuse, latch.countDown());
    }

    void s13_aTimeOutIsTold()
    {
        Latch latch("l", 1);
        const auto begin = std::chrono::steady_clock::now();
        QVERIFY(latch.waitFor(20ms) == Outcome::TimedOut);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        QVERIFY(latch.waitFor(0ns) == Outcome::TimedOut);
        latch.countDown();
    }

    void s09_aStopTokenEndsTheWait()
    {
        Latch latch("l", 1);
        std::stop_source stop;
        Outcome outcome = Outcome::Done;
        Thread waiter("waiter", [&] { outcome = latch.wait(stop.get_token()); });
        untilWaiting(latch, 1);
        stop.request_stop();
        waiter.joinAndRethrow();
        QVERIFY(outcome == Outcome::Stopped);
        QCOMPARE(latch.count(), 1);
    }

    void s13_whoseWaitIsDoneMayDestroyItThoughTheCountDownHasNotReturned()
    {
        for (int round = 0; round < 300; ++round) {
            auto latch = std::make_unique<Latch>("l", 1);
            Thread counter("counter", [raw = latch.get(), round] {
                if (round % 2 == 0) {
                    while (raw->waiterCount() == 0)
                        QThread::yieldCurrentThread();
                }
                raw->countDown();
            });
            latch->wait();
            latch.reset();
        }
    }
};

QTEST_GUILESS_MAIN(TestLatchConformance)
#include "tst_latch.moc"
