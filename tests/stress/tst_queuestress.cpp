// SPDX-License-Identifier: Apache-2.0
#include "history.h"
#include "stress.h"

#include <heddle/core/asyncwaiter.h>
#include <heddle/core/queue.h>

#include <QTest>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;
using stress::Chance;

namespace {

/// Says who put it and as which of its items. It counts how many of its kind live, and cannot be
/// copied.
struct Item
{
    Item(int putter, int number, std::atomic<int> *alive)
        : putter(putter)
        , number(number)
        , alive(alive, [](std::atomic<int> *count) { --*count; })
    {
        ++*alive;
    }
    friend bool operator<(const Item &a, const Item &b)
    {
        return std::pair(a.number, a.putter) < std::pair(b.number, b.putter);
    }

    int putter;
    int number;
    std::unique_ptr<std::atomic<int>, void (*)(std::atomic<int> *)> alive;
};

/// The same, but its moves may throw, so that the queue keeps it under a mutex; and sometimes do.
struct Fragile : Item
{
    using Item::Item;
    Fragile(Fragile &&other)
        : Item(checked(other))
    {}
    Fragile &operator=(Fragile &&) = default;

    static Item &&checked(Item &item)
    {
        thread_local std::minstd_rand random(stress::seed() % 1000 + 1);
        if (random() % 16 == 0)
            throw std::runtime_error("a move failed");
        return std::move(item);
    }
};

/// What the threads of a round have in common.
template <typename SomeQueue, typename SomeItem>
struct Round
{
    explicit Round(qsizetype capacity)
        : queue("stress", capacity)
    {}

    std::atomic<int> alive{0};
    SomeQueue queue;
    std::stop_source stop;
    std::atomic<int> puttersLeft{0};
    std::atomic<int> put{0};
    std::atomic<qint64> putsDone{0};
    std::atomic<qint64> takesBegun{0};
    std::atomic<bool> isOverfull{false};

    // An upper bound of what was taken when the puts were counted: what is left was in the queue.
    void countPuts(qsizetype count)
    {
        put += static_cast<int>(count);
        const qint64 puts = putsDone += count;
        if (queue.capacity() > 0 && puts - takesBegun > queue.capacity())
            isOverfull = true;
    }
};

template <typename Call>
void againWhenAMoveFails(Call call)
{
    while (true) {
        try {
            return call();
        } catch (const std::runtime_error &) {
        }
    }
}

/// Puts \a count items one way or another. It may be stopped or time out now and then, and tries
/// again; it ends when the queue is shut down.
template <typename SomeRound, typename SomeItem>
void putItems(SomeRound &round, int self, int count, Chance &chance)
{
    auto &queue = round.queue;
    std::vector<SomeItem> items;
    items.reserve(static_cast<std::size_t>(count));
    for (int number = 0; number < count; ++number)
        againWhenAMoveFails([&] { items.emplace_back(self, number, &round.alive); });
    std::size_t at = 0;
    while (at < items.size()) {
        chance.disturb();
        Outcome outcome = Outcome::Done;
        qsizetype done = 0;
        againWhenAMoveFails([&] {
            std::stop_source stop;
            switch (chance.below(std::is_nothrow_move_constructible_v<SomeItem> ? 5 : 4)) {
            case 0:
                outcome = queue.tryPut(items[at]);
                break;
            case 1:
                outcome = queue.putFor(items[at], chance.upTo(200us));
                break;
            case 2:
                outcome = queue.putFor(items[at], 1h);
                break;
            case 3:
                if (chance.oneIn(2))
                    stop.request_stop();
                outcome = queue.putFor(items[at], 1h, stop.get_token());
                break;
            case 4: {
                const std::size_t most = std::min<std::size_t>(
                        items.size() - at, static_cast<std::size_t>(1 + chance.below(9)));
                const std::span batch(items.data() + at, most);
                const QueueBatch result = chance.oneIn(2)
                                                  ? queue.putAll(batch)
                                                  : queue.putAllFor(batch, chance.upTo(100us));
                outcome = result.outcome;
                done = result.count;
                return;
            }
            }
            done = outcome ? 1 : 0;
        });
        at += static_cast<std::size_t>(done);
        round.countPuts(done);
        if (outcome == Outcome::ShutDown)
            break;
    }
    items.clear();
}

/// Takes items one way or another until the queue is shut down and drained.
template <typename SomeItem, typename SomeRound>
void takeItems(SomeRound &round, Chance &chance, std::vector<SomeItem> &taken)
{
    auto &queue = round.queue;
    Outcome outcome = Outcome::Done;
    while (outcome != Outcome::ShutDown) {
        chance.disturb();
        std::optional<SomeItem> item;
        std::stop_source stop;
        const qsizetype most = 1 + chance.below(9);
        const int way = chance.below(6);
        round.takesBegun += way >= 4 ? most : 1;
        const std::size_t before = taken.size();
        try {
            switch (way) {
            case 0:
                outcome = queue.tryGet(item);
                break;
            case 1:
                outcome = queue.getFor(item, chance.upTo(200us));
                break;
            case 2:
                outcome = queue.getFor(item, 1h);
                break;
            case 3:
                if (chance.oneIn(2))
                    stop.request_stop();
                outcome = queue.getFor(item, 1h, stop.get_token());
                break;
            case 4:
                outcome = queue.getUpTo(taken, most).outcome;
                break;
            case 5:
                outcome = queue.getUpToFor(taken, most, chance.upTo(100us)).outcome;
                break;
            }
        } catch (const std::runtime_error &) {
            outcome = Outcome::Empty; // a move failed; what was taken before it stays so
        }
        if (item)
            againWhenAMoveFails([&] { taken.push_back(std::move(*item)); });
        for (std::size_t k = before; k < taken.size(); ++k)
            queue.taskDone();
        const auto count = static_cast<qint64>(taken.size() - before);
        round.takesBegun -= (way >= 4 ? most : 1) - count;
    }
}

template <typename SomeQueue, typename SomeItem>
void runRounds(bool isFirstInFirstOut)
{
    const qsizetype capacities[] = {0, 1, 2, 3, 7, 64};
    for (int number = 0; number < stress::rounds(12); ++number) {
        Chance chance(static_cast<quint64>(number) + 1'000'000);
        const qsizetype capacity = capacities[chance.below(6)];
        const int putters = 1 + chance.below(4);
        const int takers = 1 + chance.below(4);
        const int each = 400;
        // How it ends: when all is put, in the middle, or by throwing away what is left.
        const int end = chance.below(4);
        std::vector<std::vector<SomeItem>> taken(static_cast<std::size_t>(takers));
        for (auto &items : taken)
            items.reserve(static_cast<std::size_t>(putters * each + 16));
        std::optional<Round<SomeQueue, SomeItem>> round(std::in_place, capacity);
        round->puttersLeft = putters;
        stress::together(putters + takers + 1, number, [&](int self, Chance &chance) {
            if (self < putters) {
                putItems<Round<SomeQueue, SomeItem>, SomeItem>(*round, self, each, chance);
                if (--round->puttersLeft == 0)
                    round->queue.shutDown();
            } else if (self < putters + takers) {
                takeItems(*round, chance, taken[static_cast<std::size_t>(self - putters)]);
            } else if (end >= 2) {
                while (round->put < each * putters / 2 && !round->queue.isShutDown())
                    std::this_thread::yield();
                chance.disturb();
                round->queue.shutDown(end == 2 ? QueueShutDown::Drain : QueueShutDown::Immediate);
                if (end == 3) {
                    if (!round->queue.isEmpty())
                        throw std::logic_error("not empty after an immediate shut-down");
                }
                round->queue.join();
            } else {
                while (round->puttersLeft > 0)
                    std::this_thread::yield();
                round->queue.join();
            }
        });
        QVERIFY(!round->isOverfull);
        QCOMPARE(round->queue.unfinished(), 0);
        QCOMPARE(round->queue.takenUnfinished(), 0);
        QCOMPARE(round->queue.size(), 0);
        QCOMPARE(round->queue.waiterCount(), 0);
        std::map<std::pair<int, int>, int> all;
        int total = 0;
        for (const auto &items : taken) {
            std::map<int, int> last;
            for (const SomeItem &item : items) {
                ++total;
                QCOMPARE(++(all[{item.putter, item.number}]), 1);
                const auto before = last.find(item.putter);
                if (isFirstInFirstOut && before != last.end())
                    QVERIFY(before->second < item.number);
                last[item.putter] = item.number;
            }
        }
        if (end == 3)
            QVERIFY(total <= round->put);
        else
            QCOMPARE(total, round->put.load());
        if (end < 2)
            QCOMPARE(total, putters * each);
        QCOMPARE(round->alive.load(), total); // the rest was destroyed
        taken.clear();
        QCOMPARE(round->alive.load(), 0);
    }
}

/// A coroutine's part: it is told, and the loop that it stands for takes.
class Told final : public AsyncWaiter
{
public:
    std::atomic<bool> isTold{false};

protected:
    void notified(trace::ThreadIndex) noexcept override { isTold = true; }
};

struct Step
{
    enum Kind { Put, Get, Close } kind;
    int value; ///< put or got; -1: reported the shut-down
};
struct Contents
{
    std::deque<int> items;
    bool isClosed = false;
    auto operator<=>(const Contents &) const = default;
};

bool applyStep(Contents &contents, const Step &step)
{
    switch (step.kind) {
    case Step::Put:
        if (step.value < 0)
            return contents.isClosed;
        if (contents.isClosed || contents.items.size() == 2)
            return false;
        contents.items.push_back(step.value);
        return true;
    case Step::Get:
        if (step.value < 0)
            return contents.isClosed && contents.items.empty();
        if (contents.items.empty() || contents.items.front() != step.value)
            return false;
        contents.items.pop_front();
        return true;
    case Step::Close:
        contents.isClosed = true;
        return true;
    }
    return false;
}

} // namespace

class TestQueueStress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyItemOfAQueueArrivesOnceAndInOrder() { runRounds<Queue<Item>, Item>(true); }
    void everyFragileItemArrivesOnceAndInOrder() { runRounds<Queue<Fragile>, Fragile>(true); }
    void everyItemOfAStackArrivesOnce() { runRounds<LifoQueue<Item>, Item>(false); }
    void everyItemOfAPriorityQueueArrivesOnce() { runRounds<PriorityQueue<Item>, Item>(false); }

    void whatOverlapsCanBePutIntoAnOrder()
    {
        for (int number = 0; number < stress::rounds(400); ++number) {
            Queue<int> queue("small", 2);
            constexpr int threads = 4;
            stress::History<Step> history(threads);
            stress::together(threads, number, [&](int self, Chance &chance) {
                for (int k = 0; k < 5; ++k) {
                    chance.disturb();
                    if (self == 3 && k == 3) {
                        history.record(self, [&] {
                            queue.shutDown();
                            return Step{Step::Close, 0};
                        });
                    } else if ((self + k) % 2 == 0) {
                        history.record(self, [&] {
                            int item = self * 10 + k;
                            const Outcome outcome = queue.putFor(item, 1h);
                            return Step{Step::Put, outcome ? item : -1};
                        });
                    } else {
                        history.record(self, [&] {
                            std::optional<int> item;
                            const Outcome outcome = queue.getFor(item, 1h);
                            return Step{Step::Get, outcome ? *item : -1};
                        });
                    }
                }
            });
            QVERIFY(stress::isLinearizable(Contents{}, history.calls(), applyStep));
        }
    }

    void whoWaitsIsNeverLeftAsleepWithAnItem()
    {
        // As many items as getters that wait for good; others come, are stopped or run out of time.
        for (int number = 0; number < stress::rounds(60); ++number) {
            Queue<int> queue("items", number % 3);
            constexpr int waiters = 4;
            std::atomic<int> got{0};
            std::atomic<int> stolen{0};
            stress::together(2 * waiters + 2, number, [&](int self, Chance &chance) {
                if (self < waiters) {
                    (void)queue.get();
                    ++got;
                } else if (self < 2 * waiters) {
                    while (got < waiters) {
                        std::optional<int> item;
                        std::stop_source stop;
                        if (chance.oneIn(3))
                            stop.request_stop();
                        if (queue.getFor(item, chance.upTo(50us), stop.get_token())) {
                            ++stolen;
                            queue.put(*item); // it is another's
                        }
                        std::this_thread::yield();
                    }
                } else {
                    for (int k = 0; k < waiters / 2; ++k) {
                        chance.disturb();
                        queue.put(k);
                    }
                }
            });
            QCOMPARE(got.load(), waiters);
            QVERIFY(queue.isEmpty());
        }
    }

    void coroutinesAndThreadsShareTheItems()
    {
        for (int number = 0; number < stress::rounds(60); ++number) {
            Queue<int> queue("items", 1 + number % 4);
            constexpr int items = 300;
            std::atomic<int> got{0};
            stress::together(4, number, [&](int self, Chance &chance) {
                if (self == 0) {
                    for (int k = 0; k < items; ++k) {
                        chance.disturb();
                        queue.put(k);
                    }
                    queue.shutDown();
                } else if (self == 1) {
                    std::optional<int> item;
                    while (queue.getFor(item, 1h))
                        ++got;
                } else {
                    // It gives up now and then; who is told and leaves must tell the next.
                    for (Outcome outcome = Outcome::Empty; outcome != Outcome::ShutDown;) {
                        std::optional<int> item;
                        outcome = queue.tryGet(item);
                        if (outcome) {
                            ++got;
                        } else if (outcome == Outcome::Empty) {
                            Told waiter;
                            if (queue.notifyWhenItem(waiter)) {
                                const bool isPatient = !chance.oneIn(4);
                                for (int k = 0; (isPatient || k < 50) && !waiter.isTold; ++k)
                                    std::this_thread::yield();
                                if (isPatient && chance.oneIn(2))
                                    outcome = queue.tryGet(item);
                                got += item.has_value();
                                queue.forget(waiter);
                            }
                        }
                    }
                }
            });
            QCOMPARE(got.load(), items);
        }
    }

    void joinersSeeTheEndThroughPutsThatGoOn()
    {
        for (int number = 0; number < stress::rounds(40); ++number) {
            Queue<int> queue("items", 4);
            std::atomic<int> finished{0};
            constexpr int items = 500;
            stress::together(4, number, [&](int self, Chance &chance) {
                if (self == 0) {
                    for (int k = 0; k < items; ++k) {
                        if (k == items / 2)
                            queue.join();
                        queue.put(k);
                    }
                    queue.join();
                    if (finished != items)
                        throw std::logic_error("join() returned too early");
                    queue.shutDown();
                } else if (self < 3) {
                    std::optional<int> item;
                    while (queue.getFor(item, 1h)) {
                        chance.disturb();
                        ++finished;
                        queue.taskDone();
                    }
                } else {
                    while (!queue.isShutDown())
                        (void)queue.joinFor(chance.upTo(50us));
                }
            });
            QCOMPARE(queue.unfinished(), 0);
        }
    }

    void anUnboundedQueueGrowsWhileItIsUsed()
    {
        for (int number = 0; number < stress::rounds(20); ++number) {
            std::atomic<int> alive{0};
            {
                Queue<Item> queue("items");
                constexpr int each = 3000;
                std::vector<int> last(3, -1);
                stress::together(4, number, [&](int self, Chance &chance) {
                    if (self < 3) {
                        for (int k = 0; k < each; ++k) {
                            if (chance.oneIn(200))
                                chance.disturb();
                            queue.put(Item(self, k, &alive));
                        }
                    } else {
                        for (int k = 0; k < 3 * each / 2; ++k) {
                            const Item item = queue.get();
                            int &before = last[static_cast<std::size_t>(item.putter)];
                            if (item.number != before + 1)
                                throw std::logic_error("an item was overtaken or lost");
                            before = item.number;
                        }
                    }
                });
                QCOMPARE(queue.size(), 3 * each - 3 * each / 2);
                QCOMPARE(queue.unfinished(), 3 * each);
                QCOMPARE(alive.load(), 3 * each - 3 * each / 2);
            }
            QCOMPARE(alive.load(), 0);
        }
    }
};

QTEST_GUILESS_MAIN(TestQueueStress)
#include "tst_queuestress.moc"
