// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/blockingobserver.h>
#include <heddle/core/event.h>
#include <heddle/core/futex.h>
#include <heddle/core/thread.h>

#include <QTest>

using namespace heddle;
using namespace std::chrono_literals;

class TestFutex : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aChangedWordIsNotWaitedFor()
    {
        const std::atomic<quint32> word{1};
        QVERIFY(futex::wait(word, 0));
    }

    void aDeadlineEndsTheSleep()
    {
        const std::atomic<quint32> word{0};
        const auto begin = futex::Clock::now();
        while (futex::wait(word, 0, begin + 20ms)) {
        }
        QVERIFY(futex::Clock::now() - begin >= 20ms);
        QVERIFY(!futex::wait(word, 0, futex::Clock::time_point::min()));
    }

    void aWakeUpEndsTheSleep_data()
    {
        QTest::addColumn<bool>("all");
        QTest::newRow("one") << false;
        QTest::newRow("all") << true;
    }
    void aWakeUpEndsTheSleep()
    {
        QFETCH(bool, all);
        std::atomic<quint32> word{0};
        Thread thread("sleeper", [&word] {
            while (word.load() == 0)
                futex::wait(word, 0);
        });
        word.store(1);
        if (all)
            futex::wakeAll(&word);
        else
            futex::wakeOne(&word);
        thread.join();
    }

    void anObserverIsToldOfWhatItsThreadSleepsFor()
    {
        struct Observer final : BlockingObserver
        {
            void aboutToBlock(trace::ObjectId id, trace::WaitReason why) noexcept override
            {
                object = id;
                reason = why;
                ++blocked;
            }
            void unblocked() noexcept override { ++gone; }

            trace::ObjectId object = 0;
            trace::WaitReason reason = trace::WaitReason::Unknown;
            std::atomic<int> blocked{0};
            int gone = 0;
        } observer;
        Event event("event");
        Thread thread("waiter", [&] {
            QCOMPARE(BlockingObserver::setCurrent(&observer), nullptr);
            event.wait();
            QCOMPARE(BlockingObserver::setCurrent(nullptr), &observer);
        });
        QTRY_COMPARE(observer.blocked.load(), 1);
        event.set();
        thread.join();
        QCOMPARE(observer.blocked.load(), 1);
        QCOMPARE(observer.gone, 1);
        QCOMPARE(observer.object, event.object().id());
        QCOMPARE(observer.reason, trace::WaitReason::Event);
    }
};

QTEST_GUILESS_MAIN(TestFutex)
#include "tst_futex.moc"
