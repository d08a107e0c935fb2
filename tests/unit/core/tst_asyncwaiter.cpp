// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/asyncwaiter.h>
#include <heddle/core/thread.h>
#include <heddle/core/waitpoint.h>

#include <QTest>

#include <mutex>

using namespace heddle;

namespace {

class Told final : public AsyncWaiter
{
public:
    int times = 0;

protected:
    void notified(trace::ThreadIndex) noexcept override { ++times; }
};

// Things that are waited for, with their mutex in the hands of the test.
struct Things
{
    void add(Told &waiter)
    {
        point.add(waiter, [this] { return available > 0; });
    }
    void give()
    {
        Wakes wakes;
        const std::lock_guard lock(mutex);
        ++available;
        point.wakeOne(wakes);
    }
    void forget(Told &waiter)
    {
        Wakes wakes;
        const std::lock_guard lock(mutex);
        point.forget(waiter, wakes);
    }

    std::mutex mutex;
    WaitPoint point;
    int available = 0;
};

} // namespace

class TestAsyncWaiter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void isToldOnce()
    {
        Things things;
        Told waiter;
        things.add(waiter);
        things.give();
        things.give();
        QCOMPARE(waiter.times, 1);
        QVERIFY(!things.point.hasWaiters());
    }

    void whoCameFirstIsToldFirst()
    {
        Things things;
        Told first;
        Told second;
        things.add(first);
        things.add(second);
        things.give();
        QCOMPARE(first.times, 1);
        QCOMPARE(second.times, 0);
        things.give();
        QCOMPARE(second.times, 1);
    }

    void whoForgetsBeforeItIsToldIsNotTold()
    {
        Things things;
        Told waiter;
        things.add(waiter);
        things.forget(waiter);
        things.give();
        QCOMPARE(waiter.times, 0);
    }

    void aWakeUpThatIsForgottenGoesToTheNextThread()
    {
        Things things;
        Told waiter;
        things.add(waiter);
        bool got = false;
        Thread thread("thread", [&] {
            std::unique_lock lock(things.mutex);
            const auto ready = [&] { return things.available > 0; };
            got = things.point.wait(lock, 0, trace::WaitReason::Condition, WaitPoint::Forever, {},
                                    ready, [] { return false; })
                  == WaitPoint::Result::Woken;
        });
        const auto waiting = [&] {
            const std::lock_guard lock(things.mutex);
            return things.point.waiterCount();
        };
        while (waiting() != 1)
            QThread::yieldCurrentThread();
        things.give(); // for the first that came
        QCOMPARE(waiter.times, 1);
        things.forget(waiter);
        thread.join();
        QVERIFY(got);
    }

    void aWakeUpThatWasUsedIsNotPassedOn()
    {
        Things things;
        Told first;
        Told second;
        things.add(first);
        things.add(second);
        things.give();
        {
            const std::lock_guard lock(things.mutex);
            WaitPoint::used(first);
        }
        things.forget(first);
        QCOMPARE(second.times, 0);
        things.forget(second);
    }
};

QTEST_GUILESS_MAIN(TestAsyncWaiter)
#include "tst_asyncwaiter.moc"
