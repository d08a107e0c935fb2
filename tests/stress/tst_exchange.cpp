// SPDX-License-Identifier: Apache-2.0
#include "stress.h"

#include <heddle/core/event.h>
#include <heddle/core/exchange.h>
#include <heddle/core/handedover.h>
#include <heddle/tasks/eventloopexecutor.h>

#include <QTest>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace heddle;
using namespace stress;

namespace {

constexpr int Senders = 3;
constexpr int Each = 400;

struct Message
{
    int sender = 0;
    int number = 0;
};

/// What one subscriber got. One thread at a time for each sender.
class Received
{
public:
    void add(const Message &message)
    {
        int &next = m_next[static_cast<std::size_t>(message.sender)];
        if (message.number < next)
            ++m_disorder;
        next = message.number + 1;
        ++m_count;
    }
    [[nodiscard]] int count() const { return m_count; }
    [[nodiscard]] int disorder() const { return m_disorder; }

private:
    std::array<int, Senders> m_next{};
    std::atomic<int> m_count{0};
    std::atomic<int> m_disorder{0};
};

void drain(EventLoopExecutor &loop)
{
    Event done("done");
    // An event of its own: it comes behind those of the mailboxes.
    QMetaObject::invokeMethod(loop.context(), HandedOver([&] { done.set(); }),
                              Qt::QueuedConnection);
    done.wait();
}

SubscriptionOptions queued(EventLoopExecutor &loop, qsizetype capacity = 0,
                           Overflow overflow = Overflow::Block)
{
    return {Delivery::Queued, loop.context(), capacity, overflow};
}

} // namespace

class TestExchangeStress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whoStaysGetsEverythingOnceAndInOrderWhileOthersComeAndGo()
    {
        for (int round = 0; round < rounds(4); ++round) {
            Exchange<Message> exchange("x");
            EventLoopExecutor loop("loop");
            Received direct, unbounded, bounded, dropping;
            std::atomic<int> afterTheEnd{0};
            std::atomic<int> sent{0};
            const Subscription first = exchange.attach(
                    [&](const Message &message) { direct.add(message); });
            const Subscription second = exchange.attach(
                    [&](const Message &message) { unbounded.add(message); }, queued(loop));
            const Subscription third = exchange.attach(
                    [&](const Message &message) { bounded.add(message); }, queued(loop, 2));
            const auto fourth = exchange.subscriber(
                    [&](const Message &message) { dropping.add(message); },
                    queued(loop, 3, round % 2 ? Overflow::DropOldest : Overflow::DropNewest));
            QVERIFY(exchange.attach(fourth));

            together(Senders + 2, round, [&](int thread, Chance &chance) {
                if (thread < Senders) {
                    for (int k = 0; k < Each; ++k) {
                        chance.disturb();
                        exchange.send({thread, k});
                        ++sent;
                    }
                    return;
                }
                // A visitor: its handler must not run any more when detachAndWait() has returned.
                while (sent < Senders * Each) {
                    auto isOver = std::make_unique<std::atomic<bool>>(false);
                    std::atomic<bool> *over = isOver.get();
                    const bool isQueued = chance.oneIn(2);
                    const auto visitor = exchange.subscriber(
                            [over, &afterTheEnd](const Message &message) {
                                if (message.number % 7 == 0)
                                    std::this_thread::yield();
                                afterTheEnd += *over;
                                if (message.number % 31 == 0)
                                    throw std::runtime_error("a visitor failed");
                            },
                            isQueued ? queued(loop, chance.below(3)) : SubscriptionOptions());
                    exchange.setErrorHandler([](const QString &, const std::exception_ptr &) {});
                    for (int stay = chance.below(3); stay >= 0; --stay) {
                        exchange.attach(visitor);
                        chance.disturb();
                        if (chance.oneIn(3))
                            exchange.detach(visitor);
                        chance.disturb();
                        *over = false;
                        exchange.detachAndWait(visitor);
                        *over = true;
                        chance.disturb();
                        if (stay > 0)
                            *over = false;
                    }
                    isOver.reset(); // and its memory may go, as the sanitizers would tell
                }
            });
            drain(loop);
            const int all = Senders * Each;
            QCOMPARE(direct.count(), all);
            QCOMPARE(unbounded.count(), all);
            QCOMPARE(bounded.count(), all);
            QCOMPARE(dropping.count() + static_cast<int>(fourth->dropped()), all);
            QCOMPARE(direct.disorder() + unbounded.disorder() + bounded.disorder()
                             + dropping.disorder(),
                     0);
            QCOMPARE(afterTheEnd.load(), 0);
            QCOMPARE(exchange.subscriberCount(), 4);
        }
    }

    void handlersThatSendAttachAndEndSubscriptionsDisturbNobody()
    {
        for (int round = 0; round < rounds(4); ++round) {
            Exchange<Message> exchange("x");
            std::atomic<int> lastingGot{0};
            std::atomic<int> sends{0};
            const Subscription lasting = exchange.attach([&](const Message &) { ++lastingGot; });
            std::vector<std::shared_ptr<Subscriber<Message>>> busy;
            for (int k = 0; k < 3; ++k) {
                busy.push_back(exchange.subscriber([&, k](const Message &message) {
                    switch ((message.number + k) % 5) {
                    case 0:
                        if (message.sender > 0) { // the depth that is left
                            ++sends;
                            exchange.send({message.sender - 1, message.number + 1});
                        }
                        break;
                    case 1:
                        exchange.detach(busy[static_cast<std::size_t>(k)]);
                        break;
                    case 2:
                        exchange.attach(busy[static_cast<std::size_t>((k + 1) % 3)]);
                        break;
                    case 3:
                        exchange.detachAndWait(busy[static_cast<std::size_t>(k)]); // itself
                        break;
                    default:
                        throw std::runtime_error("failed");
                    }
                }));
                exchange.attach(busy.back());
            }
            together(4, round, [&](int, Chance &chance) {
                for (int k = 0; k < Each; ++k) {
                    ++sends;
                    exchange.send({chance.below(12), chance.below(1000)});
                    exchange.attach(busy[static_cast<std::size_t>(chance.below(3))]);
                    if (chance.oneIn(4))
                        exchange.detachAndWait(busy[static_cast<std::size_t>(chance.below(3))]);
                }
            });
            QCOMPARE(lastingGot.load(), sends.load());
            for (const auto &subscriber : busy)
                exchange.detachAndWait(subscriber);
            QCOMPARE(exchange.subscriberCount(), 1);
        }
    }

    void handlersThatEndEachOtherNeverHang()
    {
        std::atomic<int> refused{0};
        for (int round = 0; round < rounds(60); ++round) {
            Exchange<int> exchange("x");
            Exchange<int> other("y");
            std::shared_ptr<Subscriber<int>> one;
            std::shared_ptr<Subscriber<int>> two;
            const auto end = [&](const std::shared_ptr<Subscriber<int>> &subscriber) {
                try {
                    subscriber->detachAndWait();
                } catch (const Misuse &) {
                    ++refused;
                }
            };
            one = exchange.subscriber([&](int number) { end(number % 2 ? one : two); });
            two = other.subscriber([&](int number) { end(number % 2 ? two : one); });
            exchange.attach(one);
            other.attach(two);
            together(3, round, [&](int, Chance &chance) {
                for (int k = 0; k < 20; ++k) {
                    (chance.oneIn(2) ? exchange : other).send(chance.below(2));
                    exchange.attach(one);
                    other.attach(two);
                }
            });
            one->detachAndWait();
            two->detachAndWait();
        }
        qInfo("%d waits for each other were refused", refused.load());
    }

    void aContextThatGoesTakesItsHandlerWithIt()
    {
        for (int round = 0; round < rounds(4); ++round) {
            Exchange<Message> exchange("x");
            std::array<std::unique_ptr<EventLoopExecutor>, 2> loops;
            for (auto &loop : loops)
                loop = std::make_unique<EventLoopExecutor>("loop");
            std::atomic<int> afterTheEnd{0};
            std::atomic<bool> stop{false};
            together(4, round, [&](int thread, Chance &chance) {
                if (thread < 2) {
                    for (int k = 0; k < Each; ++k) {
                        chance.disturb();
                        exchange.send({thread, k});
                    }
                    stop = true;
                    return;
                }
                EventLoopExecutor &loop = *loops[static_cast<std::size_t>(thread - 2)];
                while (!stop) {
                    const bool isQueued = chance.oneIn(2);
                    // In the loop's thread: the context dies where its events arrive.
                    Event done("done");
                    loop.post([&] {
                        auto state = std::make_unique<std::atomic<bool>>(true);
                        auto context = std::make_unique<QObject>();
                        auto subscriber = exchange.subscriber(
                                [&afterTheEnd, alive = state.get()](const Message &) {
                                    afterTheEnd += !*alive;
                                },
                                {isQueued ? Delivery::Queued : Delivery::Direct, context.get(), 0,
                                 Overflow::Block});
                        exchange.attach(subscriber);
                        subscriber.reset();
                        chance.disturb();
                        context.reset();
                        *state = false;
                        chance.disturb();
                        done.set();
                    });
                    done.wait();
                }
            });
            QCOMPARE(afterTheEnd.load(), 0);
            QCOMPARE(exchange.subscriberCount(), 0);
        }
    }

    void eachBlockingSendIsAnsweredOnceWhateverEndsIt()
    {
        for (int round = 0; round < rounds(8); ++round) {
            const bool withEnds = round % 4 >= 2;
            Exchange<Message> exchange("x");
            EventLoopExecutor loop("loop");
            std::atomic<int> handled{0};
            std::atomic<int> failed{0};
            std::atomic<int> told{0};
            std::atomic<int> toldElsewhere{0};
            exchange.setErrorHandler(
                    [&](const QString &, const std::exception_ptr &) { ++toldElsewhere; });
            const auto subscriber = exchange.subscriber(
                    [&](const Message &message) {
                        ++handled;
                        if (message.number % 5 == 0) {
                            ++failed;
                            throw std::runtime_error("failed");
                        }
                    },
                    {Delivery::BlockingQueued, loop.context(), round % 3,
                     round % 2 ? Overflow::DropOldest : Overflow::Block});
            exchange.attach(subscriber);
            std::atomic<int> delivered{0};
            std::atomic<int> onTheirWay{0};
            std::atomic<int> dropped{0};
            std::atomic<int> wrong{0};
            together(4, round, [&](int thread, Chance &chance) {
                for (int k = 0; k < Each / 4; ++k) {
                    if (withEnds && thread == 0 && chance.oneIn(3)) {
                        exchange.detachAndWait(subscriber);
                        exchange.attach(subscriber);
                    }
                    std::stop_source stop;
                    if (chance.oneIn(4))
                        loop.post([stop]() mutable { stop.request_stop(); });
                    const SendReport report = exchange.send({thread % Senders, k},
                                                            stop.get_token());
                    delivered += report.delivered;
                    onTheirWay += report.queued;
                    dropped += report.dropped;
                    told += static_cast<int>(report.errors.size());
                    wrong += report.delivered + report.queued + report.dropped
                                     + static_cast<int>(report.errors.size())
                             > 1;
                }
            });
            drain(loop);
            QCOMPARE(wrong.load(), 0);
            QVERIFY(handled >= delivered + told);
            if (withEnds)
                QVERIFY(handled <= delivered + onTheirWay + told);
            else
                QCOMPARE(handled.load(), delivered + onTheirWay + told);
            QCOMPARE(failed.load(), told + toldElsewhere);
            QCOMPARE(static_cast<int>(subscriber->dropped()), dropped.load());
        }
    }
};

QTEST_GUILESS_MAIN(TestExchangeStress)
#include "tst_exchange.moc"
