// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/core/exchange.h>
#include <heddle/core/thread.h>
#include <heddle/tasks/eventloopexecutor.h>

#include <QTest>

using namespace heddle;

class TestExchangeConformance : public QObject
{
    Q_OBJECT

    static void drain(EventLoopExecutor &loop)
    {
        Event done("done");
        loop.post([&] { done.set(); });
        done.wait();
    }

private Q_SLOTS:
    void s18_theSameNameIsTheSameExchange()
    {
        const auto first = Exchange<int>::exchange("s18");
        std::shared_ptr<Exchange<int>> second;
        Thread("other", [&] { second = Exchange<int>::exchange("s18"); }).joinAndRethrow();
        QCOMPARE(first.get(), second.get());
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(Exchange<QString>::exchange("s18")));
    }

    void s18_eachSubscriberGetsEachMessageOnceAndInOrder()
    {
        QList<int> direct;
        QList<int> queued;
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Subscription a = exchange.attach([&](int message) { direct << message; });
        Subscription b = exchange.attach([&](int message) { queued << message; },
                                         {Delivery::Queued, loop.context(), 0, Overflow::Block});
        QCOMPARE(exchange.subscriberCount(), 2);
        for (int k = 0; k < 100; ++k) {
            const SendReport report = exchange.send(k);
            QCOMPARE(report.delivered, 1);
            QCOMPARE(report.queued, 1);
        }
        drain(loop);
        QList<int> expected;
        for (int k = 0; k < 100; ++k)
            expected << k;
        QCOMPARE(direct, expected);
        QCOMPARE(queued, expected);
        QVERIFY(a.detach());
        QVERIFY(!a.detach()); // reported
        exchange.send(100);
        QCOMPARE(direct.size(), 100);
    }

    void s18_attachingTwiceIsTheSameAsOnce()
    {
        Exchange<int> exchange("x");
        int got = 0;
        const auto subscriber = exchange.subscriber([&](int) { ++got; });
        QVERIFY(!exchange.detach(subscriber)); // reported: it is not attached yet
        QVERIFY(exchange.attach(subscriber));
        QVERIFY(!exchange.attach(subscriber));
        QCOMPARE(exchange.subscriberCount(), 1);
        QCOMPARE(exchange.send(1).delivered, 1);
        QCOMPARE(got, 1);
        QVERIFY(exchange.detach(subscriber));
        QVERIFY(!exchange.detach(subscriber));
        exchange.send(2);
        QCOMPARE(got, 1);
        QVERIFY(exchange.attach(subscriber)); // and again
        exchange.send(3);
        QCOMPARE(got, 2);
        Exchange<int> other("other");
        QVERIFY_THROWS_EXCEPTION(Error, other.attach(subscriber));
    }

    void s18_aSubscriptionMayOutliveItsExchange()
    {
        auto exchange = std::make_unique<Exchange<int>>("x");
        Subscription subscription = exchange->attach([](int) {});
        QVERIFY(subscription.isAttached());
        exchange.reset();
        QVERIFY(!subscription.isAttached());
        QVERIFY(!subscription.detach());
    }

    void s20_aSubscriberOfADestroyedContextStaysDetached()
    {
        Exchange<int> exchange("x");
        auto context = std::make_unique<QObject>();
        int got = 0;
        const auto subscriber = exchange.subscriber(
                [&](int) { ++got; }, {Delivery::Direct, context.get(), 0, Overflow::Block});
        QVERIFY(exchange.attach(subscriber));
        context.reset();
        QVERIFY(!subscriber->isAttached());
        QVERIFY(!exchange.attach(subscriber));
        exchange.send(1);
        QCOMPARE(got, 0);
    }

    void s19_whatWasOnItsWayWhenDetachedIsNotDeliveredAfterAttachingAgain()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event go("go");
        loop.post([&] { go.wait(); });
        QList<int> got;
        const auto subscriber = exchange.subscriber(
                [&](int message) { got << message; },
                {Delivery::Queued, loop.context(), 0, Overflow::Block});
        QVERIFY(exchange.attach(subscriber));
        exchange.send(1);
        QVERIFY(exchange.detachAndWait(subscriber));
        QVERIFY(exchange.attach(subscriber));
        exchange.send(2);
        go.set();
        drain(loop);
        QCOMPARE(got, QList<int>{2});
    }

    void s19_subscribersComeAndGoDuringASend()
    {
        Exchange<int> exchange("x");
        int late = 0;
        int once = 0;
        Subscription newcomer;
        Subscription self = exchange.attach([&](int) {
            ++once;
            self.detach();
            newcomer = exchange.attach([&](int) { ++late; });
        });
        exchange.send(1);
        QCOMPARE(once, 1);
        QCOMPARE(late, 0); // it was not attached when the send began
        exchange.send(2);
        QCOMPARE(once, 1);
        QCOMPARE(late, 1);
    }

    void s19_aSubscriberMayOwnASubscriptionOfItsExchange()
    {
        auto exchange = std::make_unique<Exchange<int>>("x");
        const auto attachOwner = [&] {
            exchange->attach([inner = std::make_shared<Subscription>(exchange->attach([](int) {}))](
                                     int) {})
                    .release();
        };
        attachOwner();
        {
            Subscription owner = exchange->attach(
                    [inner = std::make_shared<Subscription>(exchange->attach([](int) {}))](int) {});
            QCOMPARE(exchange->subscriberCount(), 4);
        }
        QCOMPARE(exchange->subscriberCount(), 2);
        exchange.reset(); // the last references go with it
    }

    void s19_aSubscriberThatThrowsKeepsTheMessageFromNoOther()
    {
        Exchange<int> exchange("x");
        int got = 0;
        Subscription bad = exchange.attach([](int) { throw std::runtime_error("bad subscriber"); });
        Subscription good = exchange.attach([&](int) { ++got; });
        const SendReport report = exchange.send(1);
        QCOMPARE(got, 1);
        QCOMPARE(report.delivered, 1);
        QCOMPARE(report.errors, QStringList{"bad subscriber"});
    }

    void s19_afterDetachAndWaitNothingArrives()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        std::atomic<int> got{0};
        Event entered("entered");
        Event leave("leave");
        Subscription subscription = exchange.attach(
                [&](int) {
                    ++got;
                    entered.set();
                    leave.wait();
                },
                {Delivery::Queued, loop.context(), 0, Overflow::Block});
        exchange.send(1);
        exchange.send(2);
        entered.wait();
        Thread releaser("releaser", [&] { leave.set(); });
        subscription.detachAndWait();
        const int atReturn = got.load();
        exchange.send(3);
        drain(loop);
        QCOMPARE(got.load(), atReturn); // also of what was on its way
    }

    void s20_aSubscriptionThatEndsWaitsForItsHandler()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event entered("entered");
        Event leave("leave");
        std::atomic<bool> left{false};
        {
            const Subscription subscription = exchange.attach(
                    [&](int) {
                        entered.set();
                        leave.wait();
                        left = true;
                    },
                    {Delivery::Queued, loop.context(), 0, Overflow::Block});
            exchange.send(1);
            entered.wait();
            loop.post([] {});
            Thread("releaser", [&] { leave.set(); }).joinAndRethrow();
        }
        QVERIFY(left);
    }

    void s20_aFullSubscriberDropsByItsPolicyAndCounts()
    {
        for (const Overflow policy : {Overflow::DropOldest, Overflow::DropNewest}) {
            Exchange<int> exchange("x");
            EventLoopExecutor loop("loop");
            Event go("go");
            loop.post([&] { go.wait(); }); // keeps the loop busy
            QList<int> got;
            Subscription subscription = exchange.attach(
                    [&](int message) { got << message; },
                    {Delivery::Queued, loop.context(), 3, policy});
            int dropped = 0;
            for (int k = 0; k < 5; ++k)
                dropped += exchange.send(k).dropped;
            go.set();
            drain(loop);
            QCOMPARE(got, policy == Overflow::DropOldest ? (QList<int>{2, 3, 4})
                                                         : (QList<int>{0, 1, 2}));
            QCOMPARE(dropped, policy == Overflow::DropOldest ? 0 : 2);
        }
    }

    void s20_deliveriesRunInTheRightThread()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        QThread *direct = nullptr;
        QThread *blocking = nullptr;
        Subscription a = exchange.attach([&](int) { direct = QThread::currentThread(); });
        Subscription b = exchange.attach(
                [&](int) { blocking = QThread::currentThread(); },
                {Delivery::BlockingQueued, loop.context(), 0, Overflow::Block});
        QCOMPARE(exchange.send(1).delivered, 2); // the sender waited for it
        QCOMPARE(direct, QThread::currentThread());
        QCOMPARE(blocking, loop.context()->thread());
        Exchange<int> own("own");
        Subscription c = own.attach([](int) {},
                                    {Delivery::BlockingQueued, this, 0, Overflow::Block});
        QCOMPARE(own.send(1).errors.size(), 1); // would wait for ever
    }

    void s20_aDestroyedContextDetaches()
    {
        Exchange<int> exchange("x");
        auto context = std::make_unique<QObject>();
        int got = 0;
        Subscription subscription = exchange.attach(
                [&](int) { ++got; }, {Delivery::Direct, context.get(), 0, Overflow::Block});
        exchange.send(1);
        context.reset();
        exchange.send(2);
        QCOMPARE(got, 1);
        QCOMPARE(exchange.subscriberCount(), 0);
        QVERIFY(!subscription.isAttached());
    }
};

QTEST_GUILESS_MAIN(TestExchangeConformance)
#include "tst_exchange.moc"
