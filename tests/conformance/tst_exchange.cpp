// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/core/exchange.h>
#include <heddle/core/handedover.h>
#include <heddle/core/thread.h>
#include <heddle/tasks/eventloopexecutor.h>

#include <QCoreApplication>
#include <QTest>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;

class TestExchangeConformance : public QObject
{
    Q_OBJECT

    static void drain(EventLoopExecutor &loop)
    {
        Event done("done");
        // An event of its own: it comes behind those of the mailboxes.
        QMetaObject::invokeMethod(loop.context(), HandedOver([&] { done.set(); }),
                                  Qt::QueuedConnection);
        done.wait();
    }
    static void letOthersRun()
    {
        for (int k = 0; k < 1000; ++k)
            QThread::yieldCurrentThread();
    }
    static SubscriptionOptions queued(EventLoopExecutor &loop)
    {
        return {Delivery::Queued, loop.context(), 0, Overflow::Block};
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

    void s18_eachSendersMessagesArriveOnceAndInItsOrder()
    {
        using Message = std::pair<int, int>;
        constexpr int senders = 4;
        constexpr int each = 1000;
        Exchange<Message> exchange("x");
        EventLoopExecutor loop("loop");
        QList<int> next(senders, 0);
        int disorder = 0;
        const Subscription unbounded = exchange.attach(
                [&](const Message &message) {
                    disorder += next[message.first]++ != message.second;
                },
                queued(loop));
        QList<int> nextOfBounded(senders, 0);
        const Subscription bounded = exchange.attach(
                [&](const Message &message) {
                    disorder += nextOfBounded[message.first]++ != message.second;
                },
                {Delivery::Queued, loop.context(), 3, Overflow::Block});
        std::vector<std::unique_ptr<Thread>> threads;
        for (int sender = 0; sender < senders; ++sender) {
            threads.push_back(std::make_unique<Thread>("sender", [&exchange, sender] {
                for (int k = 0; k < each; ++k)
                    exchange.send({sender, k});
            }));
        }
        threads.clear();
        drain(loop);
        drain(loop); // what came during the first event has another
        QCOMPARE(disorder, 0);
        QCOMPARE(next, QList<int>(senders, each));
        QCOMPARE(nextOfBounded, QList<int>(senders, each));
    }

    void s18_oneThatIsDetachedDuringASendStillGetsItUnlessInTheWaitingForm()
    {
        for (const bool waiting : {false, true}) {
            Exchange<int> exchange("x");
            QList<int> got;
            const auto second = exchange.subscriber([&](int message) { got << message; });
            const Subscription first = exchange.attach([&](int) {
                if (waiting)
                    exchange.detachAndWait(second);
                else
                    exchange.detach(second);
            });
            QVERIFY(exchange.attach(second));
            QCOMPARE(exchange.send(1).delivered, waiting ? 1 : 2);
            QCOMPARE(exchange.send(2).delivered, 1);
            QCOMPARE(got, waiting ? QList<int>() : QList<int>{1});
        }
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

    void s19_othersComeAndGoInOtherThreadsDuringSends()
    {
        constexpr int each = 2000;
        Exchange<int> exchange("x");
        std::atomic<int> got{0};
        const Subscription lasting = exchange.attach([&](int) { ++got; });
        std::atomic<int> afterItsEnd{0};
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 2; ++k) {
            threads.push_back(std::make_unique<Thread>("sender", [&] {
                for (int message = 0; message < each; ++message)
                    exchange.send(message);
            }));
            threads.push_back(std::make_unique<Thread>("visitor", [&] {
                while (got < 2 * each) {
                    std::atomic<bool> ended{false};
                    Subscription visit = exchange.attach([&](int) { afterItsEnd += ended; });
                    visit.detachAndWait();
                    ended = true;
                }
            }));
        }
        threads.clear();
        QCOMPARE(got.load(), 2 * each);
        QCOMPARE(afterItsEnd.load(), 0);
        QCOMPARE(exchange.subscriberCount(), 1);
    }

    void s19_detachAndWaitWaitsForTheOuterOfTwoCallsInOneThread()
    {
        Exchange<int> exchange("x");
        std::atomic<bool> left{false};
        Event inner("inner");
        const auto subscriber = exchange.subscriber([&](int message) {
            if (message == 2)
                return;
            exchange.send(2);
            inner.set();
            while (exchange.subscriberCount() > 0)
                QThread::yieldCurrentThread();
            letOthersRun();
            left = true;
        });
        QVERIFY(exchange.attach(subscriber));
        Thread sender("sender", [&] { exchange.send(1); });
        inner.wait();
        exchange.detachAndWait(subscriber);
        const bool hadLeft = left;
        sender.join();
        QVERIFY(hadLeft);
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
        std::atomic<bool> left{false};
        Event entered("entered");
        Event leave("leave");
        Subscription subscription = exchange.attach(
                [&](int) {
                    ++got;
                    entered.set();
                    leave.wait();
                    letOthersRun();
                    left = true;
                },
                queued(loop));
        exchange.send(1);
        exchange.send(2);
        entered.wait();
        Thread releaser("releaser", [&] {
            while (exchange.subscriberCount() > 0)
                QThread::yieldCurrentThread();
            leave.set();
        });
        subscription.detachAndWait();
        QVERIFY(left);
        exchange.send(3);
        drain(loop);
        QCOMPARE(got.load(), 1); // nothing of what was on its way
    }

    void s20_aSubscriptionThatEndsWaitsForItsHandler()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event entered("entered");
        Event leave("leave");
        std::atomic<bool> left{false};
        Thread releaser("releaser", [&] {
            entered.wait();
            while (exchange.subscriberCount() > 0) // until the destructor has begun
                QThread::yieldCurrentThread();
            leave.set();
        });
        {
            const Subscription subscription = exchange.attach(
                    [&](int) {
                        entered.set();
                        leave.wait();
                        letOthersRun();
                        left = true;
                    },
                    queued(loop));
            exchange.send(1);
            entered.wait();
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
            const auto subscriber = exchange.subscriber(
                    [&](int message) { got << message; },
                    {Delivery::Queued, loop.context(), 3, policy});
            exchange.attach(subscriber);
            int dropped = 0;
            for (int k = 0; k < 5; ++k)
                dropped += exchange.send(k).dropped;
            go.set();
            drain(loop);
            QCOMPARE(got, policy == Overflow::DropOldest ? (QList<int>{2, 3, 4})
                                                         : (QList<int>{0, 1, 2}));
            QCOMPARE(dropped, policy == Overflow::DropOldest ? 0 : 2);
            QCOMPARE(subscriber->dropped(), 2U);
        }
    }

    void s20_aFullSubscriberThatBlocksHoldsItsSendersUp()
    {
        constexpr int capacity = 2;
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event go("go");
        loop.post([&] { go.wait(); });
        std::atomic<int> sent{0};
        QList<int> got;
        int tooEarly = 0;
        const auto subscriber = exchange.subscriber(
                [&](int message) {
                    got << message;
                    tooEarly += sent > got.size() + capacity;
                },
                {Delivery::Queued, loop.context(), capacity, Overflow::Block});
        exchange.attach(subscriber);
        Thread sender("sender", [&] {
            for (int k = 0; k < 5; ++k) {
                exchange.send(k);
                ++sent;
            }
        });
        while (sent < capacity)
            QThread::yieldCurrentThread();
        letOthersRun();
        go.set();
        sender.join();
        drain(loop);
        drain(loop);
        QCOMPARE(got, (QList<int>{0, 1, 2, 3, 4}));
        QCOMPARE(tooEarly, 0);
        QCOMPARE(subscriber->dropped(), 0U);
    }

    void s20_aStopEndsTheWaitForAFullSubscriber()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event go("go");
        loop.post([&] { go.wait(); });
        QList<int> got;
        const auto subscriber = exchange.subscriber(
                [&](int message) { got << message; },
                {Delivery::Queued, loop.context(), 1, Overflow::Block});
        exchange.attach(subscriber);
        exchange.send(1);
        std::stop_source stop;
        SendReport report;
        Thread sender("sender", [&] { report = exchange.send(2, stop.get_token()); });
        letOthersRun();
        stop.request_stop();
        sender.join();
        go.set();
        drain(loop);
        QCOMPARE(report.dropped, 1);
        QCOMPARE(subscriber->dropped(), 1U);
        QCOMPARE(got, QList<int>{1});
    }

    void s20_aFullSubscriberRefusesTheThreadThatWouldMakeRoom()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        QList<int> got;
        const Subscription subscription = exchange.attach(
                [&](int message) { got << message; },
                {Delivery::Queued, loop.context(), 1, Overflow::Block});
        QStringList errors;
        loop.submit([&] {
                errors << exchange.send(1).errors;
                errors << exchange.send(2).errors;
            }).waitForFinished();
        drain(loop);
        QCOMPARE(errors.size(), 1);
        QCOMPARE(got, QList<int>{1});
    }

    void s20_aSubscriberThatIsNeverIdleLeavesItsLoopToOthers()
    {
        constexpr int most = 100'000;
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        bool enough = false;
        int got = 0;
        const Subscription subscription = exchange.attach(
                [&](int message) {
                    got = message;
                    if (message == 1)
                        loop.post([&] { enough = true; });
                    if (!enough && message < most)
                        exchange.send(message + 1);
                },
                queued(loop));
        exchange.send(1);
        loop.submit([] {}).waitForFinished();
        drain(loop);
        drain(loop);
        QVERIFY(got < most);
    }

    void s20_whatIsPostedAfterASendComesAfterItsDelivery()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event entered("entered");
        Event go("go");
        QList<int> order; // only in the loop's thread
        const Subscription subscription = exchange.attach(
                [&](int message) {
                    order << message;
                    if (message == 1) {
                        entered.set();
                        go.wait();
                    }
                },
                queued(loop));
        exchange.send(1);
        entered.wait();
        exchange.send(2); // while the first is handled
        Event posted("posted");
        loop.post([&] {
            order << 0;
            posted.set();
        });
        go.set();
        posted.wait();
        QCOMPARE(order, (QList<int>{1, 2, 0}));
    }

    void s20_aBlockingDeliveryThatIsDroppedIsReportedAsSuch()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event go("go");
        loop.post([&] { go.wait(); });
        int got = 0;
        const auto subscriber = exchange.subscriber(
                [&](int) { ++got; },
                {Delivery::BlockingQueued, loop.context(), 1, Overflow::DropOldest});
        exchange.attach(subscriber);
        SendReport reports[2];
        Thread first("first", [&] { reports[0] = exchange.send(1); });
        Thread second("second", [&] { reports[1] = exchange.send(2); });
        while (subscriber->dropped() == 0)
            QThread::yieldCurrentThread();
        go.set();
        first.join();
        second.join();
        QCOMPARE(got, 1);
        QCOMPARE(reports[0].dropped + reports[1].dropped, 1);
        QCOMPARE(reports[0].delivered + reports[1].delivered, 1);
    }

    void s20_aBlockingDeliveryThatIsStoppedIsDropped()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event go("go");
        loop.post([&] { go.wait(); });
        int got = 0;
        const Subscription subscription = exchange.attach(
                [&](int) { ++got; },
                {Delivery::BlockingQueued, loop.context(), 0, Overflow::Block});
        std::stop_source stop;
        SendReport report;
        Thread sender("sender", [&] { report = exchange.send(1, stop.get_token()); });
        letOthersRun();
        stop.request_stop();
        sender.join();
        go.set();
        drain(loop);
        QCOMPARE(report.dropped, 1);
        QCOMPARE(report.queued, 0);
        QCOMPARE(got, 0);
    }

    void s20_aBlockingDeliveryWhoseSubscriptionEndsIsNeitherDeliveredNorQueued()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event go("go");
        loop.post([&] { go.wait(); });
        Subscription subscription = exchange.attach(
                [](int) {}, {Delivery::BlockingQueued, loop.context(), 0, Overflow::Block});
        SendReport report{-1, -1, -1, {}};
        Thread sender("sender", [&] { report = exchange.send(1); });
        letOthersRun();
        subscription.detachAndWait();
        sender.join();
        go.set();
        QCOMPARE(report.delivered, 0);
        QCOMPARE(report.queued, 0);
        QCOMPARE(report.dropped, 0);
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

    void s20_whatIsOnItsWayToADestroyedContextIsForgotten()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        QList<int> got;
        Subscription subscription;
        loop.submit([&] {
                const auto context = std::make_unique<QObject>();
                subscription = exchange.attach(
                        [&](int message) { got << message; },
                        {Delivery::Queued, context.get(), 0, Overflow::Block});
                exchange.send(1);
            }).waitForFinished();
        exchange.send(2);
        drain(loop);
        QCOMPARE(got, QList<int>());
        QCOMPARE(exchange.subscriberCount(), 0);
        QVERIFY(!subscription.isAttached());
    }

    void s20_aSubscriberThatGoesLeavesNothingOnItsContext()
    {
        class Context : public QObject
        {
        public:
            int watchers() const { return receivers(SIGNAL(destroyed(QObject *))); }
        };
        Exchange<int> exchange("x");
        Context context;
        const int before = context.watchers();
        {
            const Subscription subscription = exchange.attach(
                    [](int) {}, {Delivery::Direct, &context, 0, Overflow::Block});
            QCOMPARE(context.watchers(), before + 1);
        }
        QCOMPARE(context.watchers(), before);
    }

    void s18_aMessageOfAnOlderSendDoesNotReachANewerAttachment()
    {
        Exchange<int> exchange("x");
        QList<int> got;
        const auto second = exchange.subscriber([&](int message) { got << message; });
        const Subscription first = exchange.attach([&](int message) {
            if (message > 1)
                return;
            exchange.detachAndWait(second);
            exchange.attach(second); // while the first message has not come to it yet
        });
        exchange.attach(second);
        QCOMPARE(exchange.send(1).delivered, 1);
        QCOMPARE(got, QList<int>());
        QCOMPARE(exchange.send(2).delivered, 2);
        QCOMPARE(got, QList<int>{2});
    }

    void s18_sendsNestAsDeepAsHandlersSend()
    {
        constexpr int depth = 50;
        Exchange<int> exchange("x");
        QList<int> first;
        QList<int> second;
        const Subscription sending = exchange.attach([&](int left) {
            first << left;
            if (left > 0)
                exchange.send(left - 1);
        });
        const Subscription other = exchange.attach([&](int left) { second << left; });
        exchange.send(depth);
        QCOMPARE(first.size(), depth + 1);
        QCOMPARE(first.last(), 0);
        QCOMPARE(second.size(), depth + 1);
        QCOMPARE(second.last(), depth); // the outermost send comes to it last
    }

    void s18_aMovedMessageReachesTheLastQueuedSubscriberWithoutACopy()
    {
        struct Counted
        {
            explicit Counted(int *count)
                : copies(count)
            {}
            Counted(const Counted &other)
                : copies(other.copies)
            {
                ++*copies;
            }
            Counted(Counted &&other) noexcept = default;
            Counted &operator=(const Counted &) = delete;
            int *copies;
        };
        Exchange<Counted> exchange("x");
        EventLoopExecutor loop("loop");
        int got = 0;
        int copies = 0;
        const Subscription direct = exchange.attach([&](const Counted &) { ++got; });
        const Subscription last = exchange.attach([&](const Counted &) { ++got; }, queued(loop));
        exchange.send(Counted(&copies));
        drain(loop);
        QCOMPARE(got, 2);
        QCOMPARE(copies, 0);
        const Counted kept(&copies);
        exchange.send(kept);
        drain(loop);
        QCOMPARE(got, 4);
        QCOMPARE(copies, 1);
    }

    void s19_aHandlerThatGoesLetsGoWhatItHolds()
    {
        Exchange<int> exchange("x");
        Event entered("entered");
        Event go("go");
        const auto attach = [&exchange](const std::shared_ptr<int> &held) {
            auto subscriber = exchange.subscriber([held](int) {});
            exchange.attach(subscriber);
            return subscriber;
        };
        auto held = std::make_shared<int>(1);
        const std::weak_ptr<int> watched = held;
        auto subscriber = attach(held);
        held.reset();
        exchange.detach(subscriber);
        QVERIFY(!watched.expired());
        subscriber.reset();
        QVERIFY(watched.expired()); // at once, since nobody sends

        const Subscription slow = exchange.attach([&](int) {
            entered.set();
            go.wait();
        });
        auto later = std::make_shared<int>(2);
        const std::weak_ptr<int> watchedLater = later;
        subscriber = attach(later);
        later.reset();
        Thread sender("sender", [&] { exchange.send(1); });
        entered.wait();
        exchange.detach(subscriber);
        subscriber.reset();
        QVERIFY(!watchedLater.expired()); // the send that has begun will come to it
        go.set();
        sender.join();
        QVERIFY(watchedLater.expired());
    }

    void s19_aHandlerMayDestroyItsExchange()
    {
        auto exchange = std::make_unique<Exchange<int>>("x");
        int got = 0;
        exchange->attach([&](int) { exchange.reset(); }).release();
        exchange->attach([&](int) { ++got; }).release();
        const SendReport report = exchange->send(1);
        QCOMPARE(report.delivered, 2);
        QCOMPARE(got, 1);
    }

    void s19_twoThreadsMayEndASubscriptionWithinItsHandler()
    {
        Exchange<int> exchange("x");
        std::atomic<int> inside{0};
        std::atomic<int> ended{0};
        std::shared_ptr<Subscriber<int>> subscriber;
        subscriber = exchange.subscriber([&](int) {
            ++inside;
            while (inside < 2) // until both are
                QThread::yieldCurrentThread();
            exchange.detachAndWait(subscriber);
            ++ended;
        });
        exchange.attach(subscriber);
        {
            Thread first("first", [&] { exchange.send(1); });
            Thread second("second", [&] { exchange.send(2); });
        }
        QCOMPARE(ended.load(), 2);
    }

    void s19_handlersThatWaitForEachOthersEndAreRefused()
    {
        Exchange<int> exchange("x");
        std::atomic<int> inside{0};
        std::atomic<int> refused{0};
        std::array<std::shared_ptr<Subscriber<int>>, 2> subscribers;
        for (std::size_t k = 0; k < 2; ++k) {
            subscribers[k] = exchange.subscriber([&, k](int message) {
                if (message != static_cast<int>(k))
                    return;
                ++inside;
                while (inside < 2)
                    QThread::yieldCurrentThread();
                try {
                    exchange.detachAndWait(subscribers[1 - k]);
                } catch (const Misuse &) {
                    ++refused;
                }
            });
        }
        exchange.attach(subscribers[0]);
        exchange.attach(subscribers[1]);
        {
            Thread first("first", [&] { exchange.send(0); });
            Thread second("second", [&] { exchange.send(1); });
        }
        QCOMPARE(refused.load(), 1); // the other one waits in vain for nobody
        QCOMPARE(exchange.subscriberCount(), 0);
    }

    void s19_anErrorThatNoSenderWaitsForReachesTheErrorHandler()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        QStringList errors;
        int rethrown = 0;
        exchange.setErrorHandler([&](const QString &what, const std::exception_ptr &error) {
            errors << what;
            try {
                std::rethrow_exception(error);
            } catch (const std::runtime_error &) {
                ++rethrown;
            }
            throw std::logic_error("and so does the error handler"); // harms nobody
        });
        QList<int> got;
        const Subscription subscription = exchange.attach(
                [&](int message) {
                    if (message == 1)
                        throw std::runtime_error("bad subscriber");
                    got << message;
                },
                queued(loop));
        QTest::ignoreMessage(QtWarningMsg,
                             "heddle::Exchange x: a subscriber failed: bad subscriber; so did the "
                             "error handler: and so does the error handler");
        exchange.send(1);
        exchange.send(2);
        drain(loop);
        QCOMPARE(errors, QStringList{"bad subscriber"});
        QCOMPARE(rethrown, 1);
        QCOMPARE(got, QList<int>{2});

        exchange.setErrorHandler({}); // the default
        QTest::ignoreMessage(QtWarningMsg,
                             "heddle::Exchange x: a subscriber failed: bad subscriber");
        exchange.send(1);
        drain(loop);
        QCOMPARE(errors.size(), 1);
    }

    void s19_theErrorOfABlockingDeliveryReachesItsSender()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        int elsewhere = 0;
        exchange.setErrorHandler([&](const QString &, const std::exception_ptr &) { ++elsewhere; });
        const Subscription subscription = exchange.attach(
                [](int) { throw std::runtime_error("bad subscriber"); },
                {Delivery::BlockingQueued, loop.context(), 0, Overflow::Block});
        const SendReport report = exchange.send(1);
        QCOMPARE(report.errors, QStringList{"bad subscriber"});
        QCOMPARE(report.delivered, 0);
        QCOMPARE(elsewhere, 0);
    }

    void s19_theErrorOfABlockingDeliveryWhoseSenderHasLeftReachesTheErrorHandler()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event entered("entered");
        Event go("go");
        QStringList errors;
        exchange.setErrorHandler(
                [&](const QString &what, const std::exception_ptr &) { errors << what; });
        const Subscription subscription = exchange.attach(
                [&](int) {
                    entered.set();
                    go.wait();
                    throw std::runtime_error("bad subscriber");
                },
                {Delivery::BlockingQueued, loop.context(), 0, Overflow::Block});
        std::stop_source stop;
        SendReport report;
        Thread sender("sender", [&] { report = exchange.send(1, stop.get_token()); });
        entered.wait();
        stop.request_stop();
        sender.join();
        go.set();
        drain(loop);
        QCOMPARE(report.queued, 1); // it was being handled
        QCOMPARE(report.errors, QStringList());
        QCOMPARE(errors, QStringList{"bad subscriber"});
    }

    void s20_aSubscriberWithoutAHandlerOrAContextIsRefused()
    {
        Exchange<int> exchange("x");
        QVERIFY_THROWS_EXCEPTION(Misuse,
                                 static_cast<void>(exchange.attach(Exchange<int>::Handler())));
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(exchange.attach(
                                                 [](int) {}, {.delivery = Delivery::Queued})));
        QVERIFY_THROWS_EXCEPTION(Misuse, exchange.attach(std::shared_ptr<Subscriber<int>>()));
        QCOMPARE(exchange.subscriberCount(), 0);
    }

    void s20_nestedEventLoopsKeepTheOrder()
    {
        Exchange<int> exchange("x");
        EventLoopExecutor loop("loop");
        Event sent("sent");
        QList<int> got;
        int depth = 0;
        const Subscription subscription = exchange.attach(
                [&](int message) {
                    got << message;
                    if (message == 1) {
                        sent.wait();
                        ++depth;
                        QCoreApplication::processEvents(); // handles what has come
                        got << -depth;
                    }
                },
                queued(loop));
        exchange.send(1);
        exchange.send(2);
        exchange.send(3);
        sent.set();
        drain(loop);
        drain(loop);
        got.removeAll(-1);
        QCOMPARE(got, (QList<int>{1, 2, 3}));
    }

    void s18_aThreadMaySendWhileItEnds()
    {
        static Exchange<int> *exchange = nullptr;
        struct AtTheEnd
        {
            ~AtTheEnd() { exchange->send(2); }
        };
        Exchange<int> shared("x");
        exchange = &shared;
        QList<int> got;
        const auto subscriber = shared.subscriber([&](int message) { got << message; });
        shared.attach(subscriber);
        for (int round = 0; round < 3; ++round) {
            std::thread([] { // whose join() waits for what the language keeps for the thread
                // Made before what the engine keeps for the thread, so it goes after that.
                thread_local AtTheEnd last;
                static_cast<void>(&last);
                exchange->send(1);
            })
                    .join();
        }
        QVERIFY(shared.detachAndWait(subscriber));
        QCOMPARE(got, (QList<int>{1, 2, 1, 2, 1, 2}));
    }
};

QTEST_GUILESS_MAIN(TestExchangeConformance)
#include "tst_exchange.moc"
