// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/queue.h>
#include <heddle/core/thread.h>

#include <QRandomGenerator>
#include <QTest>

#include <algorithm>
#include <latch>
#include <memory>
#include <set>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {
// An item whose moves fail by a count that all share: the nth from now on, all if it is negative.
struct Fragile
{
    explicit Fragile(std::atomic<int> *countDown)
        : fails(countDown)
    {}
    Fragile(Fragile &&other)
        : fails(other.fails)
    {
        const int left = fails->load();
        if (left > 0)
            --*fails;
        if (left < 0 || left == 1)
            throw std::runtime_error("no");
    }
    Fragile &operator=(Fragile &&) = default;
    std::atomic<int> *fails;
};
} // namespace

class TestQueueConformance : public QObject
{
    Q_OBJECT

    template <typename SomeQueue>
    static void untilWaiting(const SomeQueue &queue, int threads)
    {
        while (queue.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s01_capacityOfZeroOrLessIsUnbounded()
    {
        for (qsizetype capacity : {0, -5}) {
            Queue<int> queue("q", capacity);
            for (int k = 0; k < 10'000; ++k)
                queue.put(k);
            QCOMPARE(queue.size(), 10'000);
            QVERIFY(!queue.isFull());
        }
        Queue<int> bounded("q", 2);
        QVERIFY(bounded.isEmpty());
        bounded.put(1);
        bounded.put(2);
        QVERIFY(bounded.isFull());
    }

    void s02_putGivesUpAfterItsTimeoutAndKeepsTheItem()
    {
        Queue<std::unique_ptr<int>> queue("q", 1);
        queue.put(std::make_unique<int>(1));
        auto item = std::make_unique<int>(2);
        QCOMPARE(queue.tryPut(item), Outcome::Full);
        const auto begin = std::chrono::steady_clock::now();
        QCOMPARE(queue.putFor(item, 20ms), Outcome::Full);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        QVERIFY(item && *item == 2);
    }

    void s02_getGivesUpAfterItsTimeout()
    {
        Queue<int> queue("q");
        std::optional<int> item;
        QCOMPARE(queue.tryGet(item), Outcome::Empty);
        const auto begin = std::chrono::steady_clock::now();
        QCOMPARE(queue.getFor(item, 20ms), Outcome::Empty);
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        QVERIFY(!item);
    }

    void s02_aNegativeTimeoutIsAnError()
    {
        Queue<int> queue("q");
        int item = 1;
        std::optional<int> got;
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(queue.putFor(item, -1ns)));
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(queue.getFor(got, -1ns)));
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(queue.joinFor(-1ns)));
    }

    void s02_aBlockedPutGoesOnWhenASlotIsFree()
    {
        Queue<int> queue("q", 1);
        queue.put(1);
        Thread producer("producer", [&] { queue.put(2); });
        untilWaiting(queue, 1);
        QCOMPARE(queue.get(), 1);
        QCOMPARE(queue.get(), 2);
        producer.joinAndRethrow();
    }

    void s03_noItemIsLostDoubledOrOvertaken()
    {
        constexpr int producers = 4;
        constexpr int consumers = 3;
        constexpr int each = 5000;
        Queue<std::pair<int, int>> queue("q", 16);
        std::vector<std::vector<std::pair<int, int>>> got(consumers);
        {
            std::vector<std::unique_ptr<Thread>> threads;
            for (int c = 0; c < consumers; ++c) {
                threads.push_back(std::make_unique<Thread>("consumer", [&, c] {
                    std::optional<std::pair<int, int>> item;
                    while (queue.getFor(item, 1h) == Outcome::Done)
                        got[static_cast<std::size_t>(c)].push_back(*item);
                }));
            }
            std::vector<std::unique_ptr<Thread>> writers;
            for (int p = 0; p < producers; ++p) {
                writers.push_back(std::make_unique<Thread>("producer", [&, p] {
                    for (int k = 0; k < each; ++k)
                        queue.put({p, k});
                }));
            }
            writers.clear(); // joins
            queue.shutDown();
        }
        std::set<std::pair<int, int>> all;
        std::size_t total = 0;
        for (const auto &items : got) {
            std::vector<int> last(producers, -1);
            for (const auto &[producer, number] : items) {
                QVERIFY(number > last[static_cast<std::size_t>(producer)]); // in order per producer
                last[static_cast<std::size_t>(producer)] = number;
                all.insert({producer, number});
            }
            total += items.size();
        }
        QCOMPARE(total, std::size_t{producers * each});
        QCOMPARE(all.size(), std::size_t{producers * each});
    }

    void s04_lifoQueueReturnsTheNewest()
    {
        LifoQueue<std::unique_ptr<int>> queue("stack", 3);
        for (int k = 0; k < 3; ++k)
            queue.put(std::make_unique<int>(k));
        auto more = std::make_unique<int>(3);
        QCOMPARE(queue.tryPut(more), Outcome::Full);
        for (int k = 2; k >= 0; --k)
            QCOMPARE(*queue.get(), k);
        std::optional<std::unique_ptr<int>> none;
        QCOMPARE(queue.tryGet(none), Outcome::Empty);
    }

    void s04_priorityQueueReturnsTheSmallestAndKeepsTheOrderOfEqualOnes()
    {
        struct Job
        {
            int priority;
            int number;
            bool operator<(const Job &other) const { return priority < other.priority; }
        };
        PriorityQueue<Job> queue("jobs");
        QRandomGenerator random(4);
        for (int k = 0; k < 1000; ++k)
            queue.put({random.bounded(10), k});
        Job last{-1, -1};
        for (int k = 0; k < 1000; ++k) {
            const Job job = queue.get();
            QVERIFY(last < job || (last.priority == job.priority && last.number < job.number));
            last = job;
        }
        QVERIFY(queue.isEmpty());
    }

    void s04_otherOrdersKeepThePromisesOfTheQueue()
    {
        PriorityQueue<int> queue("jobs", 2);
        queue.put(2);
        Thread producer("producer", [&] {
            queue.put(1);
            queue.put(3);
        });
        QList<int> got;
        for (int k = 0; k < 3; ++k) {
            got << queue.get();
            queue.taskDone();
        }
        queue.join();
        producer.joinAndRethrow();
        std::sort(got.begin(), got.end());
        QCOMPARE(got, (QList<int>{1, 2, 3}));
        queue.shutDown();
        QVERIFY_THROWS_EXCEPTION(ShutDown, static_cast<void>(queue.get()));
    }

    void s05_taskDoneMoreOftenThanPutIsAnError()
    {
        Queue<int> queue("q");
        QVERIFY_THROWS_EXCEPTION(Error, queue.taskDone());
        queue.put(1);
        queue.taskDone();
        QVERIFY_THROWS_EXCEPTION(Error, queue.taskDone());
    }

    void s05_joinReturnsAtOnceOnAQueueNeverUsed()
    {
        Queue<int> queue("q");
        queue.join();
        QVERIFY(queue.joinFor(0ns));
    }

    void s05_joinWakesAllJoinersWhenTheCountReachesZero()
    {
        Queue<int> queue("q");
        queue.put(1);
        queue.put(2);
        std::atomic<int> joined{0};
        std::vector<std::unique_ptr<Thread>> joiners;
        for (int k = 0; k < 3; ++k) {
            joiners.push_back(std::make_unique<Thread>("joiner", [&] {
                queue.join();
                ++joined;
            }));
        }
        untilWaiting(queue, 3);
        queue.taskDone();
        QVERIFY(!queue.joinFor(10ms));
        QCOMPARE(joined.load(), 0);
        queue.taskDone();
        joiners.clear();
        QCOMPARE(joined.load(), 3);
    }

    void s06_anItemTakenWithoutTaskDoneKeepsJoinWaitingAndCanBeTold()
    {
        Queue<int> queue("q");
        queue.put(1);
        queue.put(2);
        QCOMPARE(queue.get(), 1);
        QVERIFY(!queue.joinFor(5ms));
        QCOMPARE(queue.unfinished(), 2);
        QCOMPARE(queue.takenUnfinished(), 1);
    }

    void s07_shutDownEndsPutsAndDrainsGets()
    {
        Queue<int> queue("q", 1);
        queue.put(1);
        std::atomic<bool> ended{false};
        Thread blocked("blocked", [&] {
            try {
                queue.put(2);
            } catch (const ShutDown &) {
                ended = true;
            }
        });
        untilWaiting(queue, 1);
        queue.shutDown();
        blocked.joinAndRethrow();
        QVERIFY(ended);
        int item = 3;
        QCOMPARE(queue.tryPut(item), Outcome::ShutDown);
        QCOMPARE(queue.get(), 1);
        QVERIFY_THROWS_EXCEPTION(ShutDown, static_cast<void>(queue.get()));
        queue.shutDown(); // harmless
    }

    void s07_immediateShutDownEmptiesTheQueueAndWakesGettersAndJoiners()
    {
        Queue<int> queue("q");
        for (int k = 0; k < 5; ++k)
            queue.put(k);
        static_cast<void>(queue.get());
        Thread joiner("joiner", [&] { queue.join(); });
        untilWaiting(queue, 1);
        queue.shutDown();
        queue.shutDown(QueueShutDown::Immediate);
        QCOMPARE(queue.size(), 0);
        QCOMPARE(queue.unfinished(), 1); // the one that was taken
        queue.taskDone();
        joiner.joinAndRethrow();
        Queue<int> empty("q");
        Thread getter("getter", [&] { static_cast<void>(empty.get()); });
        untilWaiting(empty, 1);
        empty.shutDown(QueueShutDown::Immediate);
        getter.join();
        QVERIFY(getter.exception());
    }

    void s07_anImmediateShutDownThatLeavesNothingUnfinishedWakesJoiners()
    {
        Queue<int> queue("q");
        queue.put(1);
        Thread joiner("joiner", [&] { queue.join(); });
        untilWaiting(queue, 1);
        queue.shutDown(QueueShutDown::Immediate);
        joiner.joinAndRethrow();
        QCOMPARE(queue.unfinished(), 0);
    }

    void s07_whatWasReportedBeforeItWasTakenIsNotSubtractedAgain()
    {
        Queue<int> queue("q");
        queue.put(1);
        queue.put(2);
        queue.taskDone(); // though nothing was taken yet
        queue.shutDown(QueueShutDown::Immediate);
        QCOMPARE(queue.unfinished(), 0);
        QCOMPARE(queue.takenUnfinished(), 0);
        QVERIFY(queue.joinFor(0ns));
    }

    void s08_itemsAreMovedAndAFailingMoveLeavesTheQueueUnchanged()
    {
        std::atomic<int> fails = 0;
        Queue<Fragile> queue("q");
        Fragile item(&fails);
        QCOMPARE(queue.tryPut(item), Outcome::Done);
        fails = -1; // for ever
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(queue.tryPut(item)));
        QCOMPARE(queue.size(), 1);
        QCOMPARE(queue.unfinished(), 1);
        std::optional<Fragile> got;
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(queue.tryGet(got)));
        QCOMPARE(queue.size(), 1);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(queue.get()));
        QCOMPARE(queue.size(), 1);
        fails = 0;
        QCOMPARE(queue.tryGet(got), Outcome::Done);
    }

    void s08_getMovesAnItemOnceSoThatNoneIsLost()
    {
        std::atomic<int> fails = 0;
        Queue<Fragile> queue("q");
        queue.put(Fragile(&fails));
        fails = 2; // the second move from now on
        static_cast<void>(queue.get());
        QCOMPARE(fails.load(), 1);
    }

    void s08_anItemWhoseMoveFailsIsLeftToTheNextThatWaits()
    {
        std::atomic<int> fails = 0;
        Queue<Fragile> queue("q");
        std::atomic<int> got{0};
        std::vector<std::unique_ptr<Thread>> getters;
        for (int k = 0; k < 2; ++k) {
            getters.push_back(std::make_unique<Thread>("getter", [&] {
                std::optional<Fragile> item;
                got += queue.getFor(item, 1min) == Outcome::Done;
            }));
        }
        untilWaiting(queue, 2);
        Fragile item(&fails);
        fails = 2; // the first move is that into the queue
        QCOMPARE(queue.tryPut(item), Outcome::Done);
        getters.clear();
        QCOMPARE(got.load(), 1);
        QVERIFY(queue.isEmpty());
    }

    void s08_theRoomForAnItemWhoseMoveFailsIsLeftToTheNextThatWaits()
    {
        std::atomic<int> fails = 0;
        Queue<Fragile> queue("q", 1);
        queue.put(Fragile(&fails));
        std::atomic<int> put{0};
        std::vector<std::unique_ptr<Thread>> putters;
        for (int k = 0; k < 2; ++k) {
            putters.push_back(std::make_unique<Thread>("putter", [&] {
                Fragile item(&fails);
                put += queue.putFor(item, 1min) == Outcome::Done;
            }));
        }
        untilWaiting(queue, 2);
        fails = 2; // the first move is that out of the queue
        std::optional<Fragile> item;
        QCOMPARE(queue.tryGet(item), Outcome::Done);
        putters.clear();
        QCOMPARE(put.load(), 1);
        QCOMPARE(queue.size(), 1);
    }

    void s09_aStopTokenEndsEveryBlockedCall()
    {
        Queue<int> full("q", 1);
        full.put(1);
        Queue<int> empty("q");
        std::stop_source stop;
        std::atomic<int> stopped{0};
        const auto expectStop = [&](auto call) {
            return std::make_unique<Thread>("blocked", [&stopped, call] {
                try {
                    call();
                } catch (const Stopped &) {
                    ++stopped;
                }
            });
        };
        const std::stop_token token = stop.get_token();
        std::vector<std::unique_ptr<Thread>> threads;
        threads.push_back(expectStop([&, token] { full.put(2, token); }));
        threads.push_back(expectStop([&, token] { static_cast<void>(empty.get(token)); }));
        threads.push_back(expectStop([&, token] { full.join(token); }));
        untilWaiting(full, 2);
        untilWaiting(empty, 1);
        stop.request_stop();
        threads.clear();
        QCOMPARE(stopped.load(), 3);
    }

    void s10_oneSentinelEndsOneConsumerUnlessItIsPutBack()
    {
        for (const bool putBack : {false, true}) {
            Queue<std::optional<int>> queue("q");
            std::stop_source stop;
            std::atomic<int> ended{0};
            std::latch first(1);
            std::vector<std::unique_ptr<Thread>> consumers;
            for (int k = 0; k < 2; ++k) {
                consumers.push_back(std::make_unique<Thread>("consumer", [&] {
                    if (queue.get(stop.get_token()))
                        return;
                    if (putBack)
                        queue.put(std::nullopt);
                    if (++ended == 1)
                        first.count_down();
                }));
            }
            queue.put(std::nullopt);
            first.wait();
            if (!putBack) {
                QVERIFY(queue.isEmpty()); // nothing left for the other
                stop.request_stop();
            }
            consumers.clear();
            QCOMPARE(ended.load(), putBack ? 2 : 1);
            QCOMPARE(queue.size(), putBack ? 1 : 0);
        }
    }
};

QTEST_GUILESS_MAIN(TestQueueConformance)
#include "tst_queue.moc"
