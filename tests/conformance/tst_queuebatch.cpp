// SPDX-License-Identifier: Apache-2.0
// Queues: several items at once, and coroutines that wait beside threads.
#include <heddle/core/asyncwaiter.h>
#include <heddle/core/queue.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <atomic>
#include <memory>
#include <numeric>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

std::vector<int> numbers(int count)
{
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

// An item whose nth move from now on fails.
struct Fragile
{
    explicit Fragile(int number, int *movesLeft)
        : number(number)
        , movesLeft(movesLeft)
    {}
    Fragile(Fragile &&other)
        : number(other.number)
        , movesLeft(other.movesLeft)
    {
        if (--*movesLeft == 0)
            throw std::runtime_error("no");
    }
    Fragile &operator=(Fragile &&) = default;
    int number;
    int *movesLeft;
};

class Told final : public AsyncWaiter
{
public:
    std::atomic<int> times{0};

protected:
    void notified(trace::ThreadIndex) noexcept override { ++times; }
};

} // namespace

class TestQueueBatch : public QObject
{
    Q_OBJECT

    template <typename SomeQueue>
    static void untilWaiting(const SomeQueue &queue, int threads)
    {
        while (queue.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s02_putAllWaitsUntilThereWasRoomForAll()
    {
        Queue<int> queue("q", 3);
        std::vector<int> items = numbers(1000);
        QueueBatch result;
        Thread producer("producer", [&] { result = queue.putAll(items); });
        for (int k = 0; k < 1000; ++k)
            QCOMPARE(queue.get(), k);
        producer.joinAndRethrow();
        QVERIFY(result);
        QCOMPARE(result.count, 1000);
        QCOMPARE(queue.unfinished(), 1000);
    }

    void s02_putAllForTellsHowManyFoundRoomInTime()
    {
        Queue<std::unique_ptr<int>> queue("q", 2);
        std::vector<std::unique_ptr<int>> items;
        for (int k = 0; k < 5; ++k)
            items.push_back(std::make_unique<int>(k));
        const auto begin = std::chrono::steady_clock::now();
        const QueueBatch result = queue.putAllFor(items, 10ms);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 10ms);
        QVERIFY(!result);
        QCOMPARE(result.outcome, Outcome::Full);
        QCOMPARE(result.count, 2);
        QVERIFY(!items[1]);     // moved from
        QCOMPARE(*items[2], 2); // as it was
        QCOMPARE(queue.size(), 2);
    }

    void s02_getUpToTakesWhatIsThereAndWaitsForTheFirstOnly()
    {
        Queue<int> queue("q");
        std::vector<int> got{-1};
        QueueBatch result;
        Thread consumer("consumer", [&] { result = queue.getUpTo(got, 10); });
        untilWaiting(queue, 1);
        queue.put(7);
        consumer.joinAndRethrow();
        QVERIFY(result);
        QCOMPARE(result.count, 1);
        QCOMPARE(got, (std::vector<int>{-1, 7}));
        std::vector<int> items = numbers(1000);
        QCOMPARE(queue.putAll(items).count, 1000);
        got.clear();
        QCOMPARE(queue.getUpTo(got, 10).count, 10);
        QCOMPARE(queue.getUpTo(got, 5000).count, 990);
        QCOMPARE(got, numbers(1000));
    }

    void s02_getUpToForGivesUpAfterItsTimeout()
    {
        Queue<int> queue("q");
        std::vector<int> got;
        const auto begin = std::chrono::steady_clock::now();
        const QueueBatch result = queue.getUpToFor(got, 3, 10ms);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 10ms);
        QCOMPARE(result.outcome, Outcome::Empty);
        QCOMPARE(result.count, 0);
        QVERIFY(got.empty());
        QCOMPARE(queue.getUpToFor(got, 3, 0ns).outcome, Outcome::Empty);
    }

    void s02_wrongSizesAndTimeoutsOfBatchesAreErrors()
    {
        Queue<int> queue("q");
        std::vector<int> items;
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(queue.getUpTo(items, 0)));
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(queue.getUpToFor(items, -1, 1ns)));
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(queue.getUpToFor(items, 1, -1ns)));
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(queue.putAllFor(items, -1ns)));
        QCOMPARE(queue.putAll(items).count, 0); // nothing is not wrong
        QVERIFY(queue.putAll(items));
    }

    void s02_aBatchWakesAsManyAsItBrings()
    {
        Queue<int> queue("q");
        std::vector<std::unique_ptr<Thread>> consumers;
        for (int k = 0; k < 3; ++k) {
            consumers.push_back(std::make_unique<Thread>("consumer", [&] { (void)queue.get(); }));
        }
        untilWaiting(queue, 3);
        std::vector<int> items = numbers(3);
        QVERIFY(queue.putAll(items));
        consumers.clear(); // joins
        Queue<int> full("full", 3);
        items = numbers(3);
        QVERIFY(full.putAll(items));
        std::vector<std::unique_ptr<Thread>> producers;
        for (int k = 0; k < 3; ++k)
            producers.push_back(std::make_unique<Thread>("producer", [&] { full.put(9); }));
        untilWaiting(full, 3);
        std::vector<int> got;
        QCOMPARE(full.getUpTo(got, 3).count, 3);
        producers.clear();
        QCOMPARE(full.size(), 3);
    }

    void s04_batchesGoThroughEveryOrder()
    {
        LifoQueue<int> stack("stack", 5);
        PriorityQueue<int> sorted("sorted");
        std::vector<int> items{3, 1, 2};
        QVERIFY(stack.putAll(items));
        items = {3, 1, 2};
        QVERIFY(sorted.putAll(items));
        std::vector<int> got;
        QCOMPARE(stack.getUpTo(got, 9).count, 3);
        QCOMPARE(got, (std::vector<int>{2, 1, 3}));
        got.clear();
        QCOMPARE(sorted.getUpTo(got, 2).count, 2);
        QCOMPARE(got, (std::vector<int>{1, 2}));
    }

    void s07_aShutDownEndsABatchAndWhatWasPutStays()
    {
        Queue<int> queue("q", 2);
        std::vector<int> items = numbers(5);
        QueueBatch result;
        Thread producer("producer", [&] { result = queue.putAll(items); });
        untilWaiting(queue, 1);
        queue.shutDown();
        producer.joinAndRethrow();
        QCOMPARE(result.outcome, Outcome::ShutDown);
        QCOMPARE(result.count, 2);
        std::vector<int> got;
        const QueueBatch taken = queue.getUpTo(got, 5);
        QVERIFY(taken);
        QCOMPARE(taken.count, 2);
        QCOMPARE(queue.getUpTo(got, 5).outcome, Outcome::ShutDown);
        QCOMPARE(got, numbers(2));
    }

    void s08_aFailingMoveInABatchLeavesItsItemAndKeepsThoseBefore()
    {
        int movesLeft = 0;
        Queue<Fragile> queue("q");
        std::vector<Fragile> items;
        items.reserve(3);
        for (int k = 0; k < 3; ++k)
            items.emplace_back(k, &movesLeft);
        movesLeft = 2; // the second item
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, queue.putAll(items));
        QCOMPARE(queue.size(), 1);
        QVERIFY(queue.putAll(std::span(items).subspan(1)));
        movesLeft = 3; // the third item
        std::vector<Fragile> got;
        got.reserve(10);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, queue.getUpTo(got, 10));
        QCOMPARE(got.size(), std::size_t{2});
        QCOMPARE(queue.size(), 1);
        QCOMPARE(queue.get().number, 2);
    }

    void s09_aStopEndsABatchAndWhatWasPutStays()
    {
        Queue<int> queue("q", 2);
        std::vector<int> items = numbers(5);
        std::stop_source stop;
        QueueBatch result;
        Thread producer("producer", [&] { result = queue.putAll(items, stop.get_token()); });
        untilWaiting(queue, 1);
        stop.request_stop();
        producer.joinAndRethrow();
        QCOMPARE(result.outcome, Outcome::Stopped);
        QCOMPARE(result.count, 2);
        QCOMPARE(queue.size(), 2);
        Queue<int> empty("empty");
        std::vector<int> got;
        QCOMPARE(empty.getUpTo(got, 1, stop.get_token()).outcome, Outcome::Stopped);
    }

    void s41_whoWaitsForAnItemIsToldOnce()
    {
        Queue<int> queue("q");
        Told waiter;
        QVERIFY(queue.notifyWhenItem(waiter));
        queue.put(1);
        queue.put(2);
        QCOMPARE(waiter.times.load(), 1);
        Told late;
        QVERIFY(!queue.notifyWhenItem(late)); // there is one
        QCOMPARE(late.times.load(), 0);
    }

    void s41_whoWaitsForRoomIsToldOnce()
    {
        Queue<int> queue("q", 1);
        queue.put(1);
        Told waiter;
        QVERIFY(queue.notifyWhenRoom(waiter));
        (void)queue.get();
        QCOMPARE(waiter.times.load(), 1);
        Told late;
        QVERIFY(!queue.notifyWhenRoom(late));
    }

    void s41_aShutDownTellsAll()
    {
        Queue<int> empty("empty");
        Queue<int> full("full", 1);
        full.put(1);
        Told getter;
        Told putter;
        QVERIFY(empty.notifyWhenItem(getter));
        QVERIFY(full.notifyWhenRoom(putter));
        empty.shutDown();
        full.shutDown();
        QCOMPARE(getter.times.load(), 1);
        QCOMPARE(putter.times.load(), 1);
        QVERIFY(!empty.notifyWhenItem(getter));
        QVERIFY(!full.notifyWhenRoom(putter));
    }

    void s41_whoIsToldAndForgetsTellsTheNext()
    {
        Queue<int> queue("q");
        Told first;
        Told second;
        QVERIFY(queue.notifyWhenItem(first));
        QVERIFY(queue.notifyWhenItem(second));
        queue.put(1);
        QCOMPARE(first.times.load(), 1);
        QCOMPARE(second.times.load(), 0);
        queue.forget(first);
        QCOMPARE(second.times.load(), 1);
        queue.forget(second);
    }

    void s41_whoForgetsIsNotTold()
    {
        Queue<int> queue("q", 1);
        Told waiter;
        QVERIFY(queue.notifyWhenItem(waiter));
        queue.forget(waiter);
        queue.put(1);
        QCOMPARE(waiter.times.load(), 0);
        QVERIFY(queue.notifyWhenRoom(waiter));
        queue.forget(waiter);
        queue.forget(waiter); // as once
        (void)queue.get();
        QCOMPARE(waiter.times.load(), 0);
    }
};

QTEST_GUILESS_MAIN(TestQueueBatch)
#include "tst_queuebatch.moc"
