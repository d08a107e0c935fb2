// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestEventConformance : public QObject
{
    Q_OBJECT

    static void untilWaiting(const Event &event, int threads)
    {
        while (event.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s11_startsClearedAndSetHoldsUntilClear()
    {
        Event event("e");
        QVERIFY(!event.isSet());
        QVERIFY(!event.waitFor(0ns));
        event.set();
        event.set(); // as once
        QVERIFY(event.wait());
        QVERIFY(event.waitFor(0ns));
        event.clear();
        QVERIFY(!event.isSet());
        QVERIFY(!event.waitFor(1ms));
    }

    void s11_setWakesAllWaiters()
    {
        Event event("e");
        std::atomic<int> woken{0};
        std::vector<std::unique_ptr<Thread>> waiters;
        for (int k = 0; k < 4; ++k)
            waiters.push_back(std::make_unique<Thread>(
                    "waiter", [&] { woken += event.wait() == Outcome::Done; }));
        untilWaiting(event, 4);
        event.set();
        waiters.clear();
        QCOMPARE(woken.load(), 4);
    }

    void s11_aWaiterWokenBySetReturnsTrueThoughClearFollowsAtOnce()
    {
        for (int round = 0; round < 50; ++round) {
            Event event("e");
            Outcome result = Outcome::TimedOut;
            Thread waiter("waiter", [&] { result = event.waitFor(10s); });
            // Only a waiter that blocks counts; before that, the flag is simply clear again.
            untilWaiting(event, 1);
            event.set();
            event.clear();
            waiter.joinAndRethrow();
            QVERIFY(result == Outcome::Done);
        }
    }

    void s11_aStopTokenEndsTheWait()
    {
        Event event("e");
        std::stop_source stop;
        Outcome result = Outcome::Done;
        Thread waiter("waiter", [&] { result = event.wait(stop.get_token()); });
        untilWaiting(event, 1);
        stop.request_stop();
        waiter.joinAndRethrow();
        QVERIFY(result == Outcome::Stopped);
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(event.waitFor(-1ns)));
    }
};

QTEST_GUILESS_MAIN(TestEventConformance)
#include "tst_event.moc"
