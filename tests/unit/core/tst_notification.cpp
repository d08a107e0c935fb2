// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/asyncwaiter.h>
#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>

#include <QTest>

using namespace heddle;

namespace {

// Counts how often it was told.
class Told final : public AsyncWaiter
{
public:
    int times = 0;

private:
    void notified(trace::ThreadIndex) noexcept override { ++times; }
};

} // namespace

// What an event and a semaphore do for coroutines, which leave an AsyncWaiter.
class TestNotification : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEventThatIsSetNeedsNoNotification()
    {
        Event event("e");
        event.set();
        Told told;
        QVERIFY(!event.notifyWhenSet(told));
        QCOMPARE(told.times, 0);
    }

    void eachIsToldOnceOfTheNextSet()
    {
        Event event("e");
        Told one;
        Told other;
        QVERIFY(event.notifyWhenSet(one));
        QVERIFY(event.notifyWhenSet(other));
        QCOMPARE(event.waiterCount(), 0); // threads only
        event.set();
        event.set();
        event.clear();
        event.set();
        QCOMPARE(one.times, 1);
        QCOMPARE(other.times, 1);
        event.clear();
        QVERIFY(event.notifyWhenSet(one)); // again
        event.set();
        QCOMPARE(one.times, 2);
        QCOMPARE(other.times, 1);
    }

    void whoIsForgottenIsNotTold()
    {
        Event event("e");
        Told told;
        Told staying;
        QVERIFY(event.notifyWhenSet(told));
        QVERIFY(event.notifyWhenSet(staying));
        event.forget(told);
        event.forget(told); // as once
        event.set();
        QCOMPARE(told.times, 0);
        QCOMPARE(staying.times, 1);
        event.forget(staying);
    }

    void aSemaphoreTellsWhenEnoughPermitsAreFree()
    {
        Semaphore semaphore("s", 1);
        Told told;
        QVERIFY(!semaphore.notifyWhenFree(told));
        QVERIFY(semaphore.notifyWhenFree(told, 3));
        semaphore.release();
        QCOMPARE(told.times, 0);
        semaphore.release();
        QCOMPARE(told.times, 1);
        QVERIFY(semaphore.tryAcquire(3));
        semaphore.forget(told);
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)semaphore.notifyWhenFree(told, -1));
    }

    void aPermitIsToldToOneAndGoesOnToTheNextIfThatOneForgetsIt()
    {
        Semaphore semaphore("s", 0);
        Told first;
        Told second;
        QVERIFY(semaphore.notifyWhenFree(first));
        QVERIFY(semaphore.notifyWhenFree(second));
        semaphore.release();
        QCOMPARE(first.times, 1);
        QCOMPARE(second.times, 0);
        semaphore.forget(first); // without having taken it
        QCOMPARE(second.times, 1);
        QVERIFY(semaphore.tryAcquire());
        semaphore.forget(second);
    }

    void whoWasToldInVainRegistersAgainAndTheRestGoesToTheNext()
    {
        Semaphore semaphore("s", 0);
        Told many;
        Told alsoMany;
        Told few;
        QVERIFY(semaphore.notifyWhenFree(many, 2));
        QVERIFY(semaphore.notifyWhenFree(alsoMany, 2));
        QVERIFY(semaphore.notifyWhenFree(few, 1));
        semaphore.release(2);
        QCOMPARE(many.times + alsoMany.times, 2); // as many as permits
        QCOMPARE(few.times, 0);
        QVERIFY(semaphore.tryAcquire(1)); // another is faster
        QVERIFY(semaphore.notifyWhenFree(many, 2));
        QCOMPARE(few.times, 1);
        QVERIFY(semaphore.tryAcquire(1));
        for (Told *told : {&many, &alsoMany, &few})
            semaphore.forget(*told);
        semaphore.release(); // nobody is left behind
        QCOMPARE(semaphore.available(), qsizetype{1});
    }

    void threadsAndCoroutinesStandInOneLine()
    {
        Semaphore semaphore("s", 0);
        Told told;
        QVERIFY(semaphore.notifyWhenFree(told));
        Thread thread("thread", [&] { semaphore.acquire(); });
        while (semaphore.waiterCount() != 1)
            QThread::yieldCurrentThread();
        semaphore.release();
        QCOMPARE(told.times, 1); // it came first
        semaphore.forget(told);  // so the thread has it
        thread.joinAndRethrow();
        QCOMPARE(semaphore.available(), qsizetype{0});
    }
};

QTEST_GUILESS_MAIN(TestNotification)
#include "tst_notification.moc"
