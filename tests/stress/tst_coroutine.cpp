// SPDX-License-Identifier: Apache-2.0
// Wake-ups from other threads against cancellations, at random: nothing is lost, nothing is twice,
// every task ends.
#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/queue.h>
#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>
#include <heddle/coroutines/awaitevent.h>
#include <heddle/coroutines/awaitfuture.h>
#include <heddle/coroutines/awaitqueue.h>
#include <heddle/coroutines/awaitsemaphore.h>
#include <heddle/coroutines/coroutinereport.h>
#include <heddle/coroutines/gather.h>
#include <heddle/coroutines/qteventloop.h>
#include <heddle/coroutines/runinexecutor.h>
#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>
#include <heddle/coroutines/waitfor.h>
#include <heddle/tasks/threadexecutor.h>

#include "stress.h"

#include <QEventLoop>
#include <QTest>

#include <atomic>
#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class StressCoroutines : public QObject
{
    Q_OBJECT

    static void carriers()
    {
        QTest::addColumn<bool>("onQt");
        QTest::newRow("stand-alone") << false;
        QTest::newRow("Qt") << true;
    }
    static std::unique_ptr<EventLoop> makeLoop(bool onQt)
    {
        const QEventLoop dispatcher; // threads of the standard library have none
        if (onQt)
            return std::make_unique<QtEventLoop>("loop");
        return std::make_unique<StandaloneLoop>("loop");
    }

    // Gets until the queue is shut down; a get that is cancelled is tried again.
    static Coroutine<> consume(Queue<int> &queue, std::vector<int> &seen)
    {
        while (true) {
            try {
                const int item = co_await getFrom(queue);
                ++seen[static_cast<std::size_t>(item)];
            } catch (const Cancelled &) { // by the one below
            } catch (const ShutDown &) {
                co_return;
            }
        }
    }
    static Coroutine<> harass(std::vector<CoroutineTask<>> victims, stress::Chance chance)
    {
        const auto isAlive = [&victims] {
            for (const auto &victim : victims) {
                if (!victim.isDone())
                    return true;
            }
            return false;
        };
        while (isAlive()) {
            victims[static_cast<std::size_t>(chance.below(static_cast<int>(victims.size())))]
                    .cancel();
            if (chance.oneIn(4))
                co_await sleep(chance.upTo(50us));
            else
                co_await sleep(0ns);
        }
    }

private Q_SLOTS:
    void noItemIsLostOrDoubledWhenGetsAreCancelled_data() { carriers(); }
    void noItemIsLostOrDoubledWhenGetsAreCancelled()
    {
        QFETCH(bool, onQt);
        for (int round = 0; round < stress::rounds(10); ++round) {
            constexpr int Items = 1000;
            constexpr int Producers = 2;
            Queue<int> queue("queue", round % 2 == 0 ? 0 : 3);
            std::vector<int> seen(Items * Producers);
            std::atomic<int> producing{Producers};
            stress::together(Producers + 1, round, [&](int thread, stress::Chance &chance) {
                if (thread == Producers) {
                    const auto loop = makeLoop(onQt);
                    loop->runUntilComplete([](Queue<int> &q, std::vector<int> &s,
                                              stress::Chance luck) -> Coroutine<> {
                        std::vector<CoroutineTask<>> consumers;
                        for (int k = 0; k < 4; ++k)
                            consumers.push_back(createTask(consume(q, s)));
                        co_await harass(std::move(consumers), luck);
                    }(queue, seen, chance));
                    return;
                }
                for (int k = 0; k < Items; ++k) {
                    queue.put(thread * Items + k);
                    chance.disturb();
                }
                if (--producing == 0)
                    queue.shutDown();
            });
            for (const int times : seen)
                QCOMPARE(times, 1);
        }
    }

    void twoLoopsAndThreadsShareAQueueOfLittleRoom()
    {
        for (int round = 0; round < stress::rounds(10); ++round) {
            constexpr int Items = 1000;
            Queue<int> queue("queue", 2);
            std::atomic<int> putting{2};
            std::atomic<int> got{0};
            const auto put = [](Queue<int> &q, std::atomic<int> &left,
                                stress::Chance luck) -> Coroutine<> {
                for (int k = 0; k < Items; ++k) {
                    co_await putInto(q, k);
                    if (luck.oneIn(8))
                        co_await sleep(0ns);
                }
                if (--left == 0)
                    q.shutDown();
            };
            const auto get = [](Queue<int> &q, std::atomic<int> &count) -> Coroutine<> {
                try {
                    while (true) {
                        co_await getFrom(q);
                        ++count;
                    }
                } catch (const ShutDown &) { // all was got
                }
            };
            stress::together(4, round, [&](int thread, stress::Chance &chance) {
                const auto loop = makeLoop(thread == 1);
                switch (thread) {
                case 0:
                case 1:
                    loop->runUntilComplete(put(queue, putting, chance));
                    break;
                case 2:
                    loop->runUntilComplete(get(queue, got));
                    break;
                case 3:
                    try {
                        while (true) {
                            static_cast<void>(queue.get());
                            ++got;
                            chance.disturb();
                        }
                    } catch (const ShutDown &) { // all was got
                    }
                    break;
                }
            });
            QCOMPARE(got.load(), 2 * Items);
        }
    }

    void atMostNHoldPermitsAndNoneIsLost_data() { carriers(); }
    void atMostNHoldPermitsAndNoneIsLost()
    {
        QFETCH(bool, onQt);
        for (int round = 0; round < stress::rounds(10); ++round) {
            constexpr int Permits = 2;
            Semaphore semaphore("permits", Permits);
            std::atomic<int> holders{0};
            std::atomic<bool> tooMany{false};
            const auto use = [&](Semaphore &s, stress::Chance luck) -> Coroutine<> {
                for (int k = 0; k < 200; ++k) {
                    try {
                        co_await acquireFrom(s);
                    } catch (const Cancelled &) {
                        continue; // took none
                    }
                    if (++holders > Permits)
                        tooMany = true;
                    try {
                        if (luck.oneIn(2))
                            co_await sleep(0ns);
                    } catch (const Cancelled &) { // holds on
                    }
                    --holders;
                    s.release();
                }
            };
            stress::together(3, round, [&](int thread, stress::Chance &chance) {
                if (thread > 0) {
                    for (int k = 0; k < 200; ++k) {
                        semaphore.acquire();
                        if (++holders > Permits)
                            tooMany = true;
                        chance.disturb();
                        --holders;
                        semaphore.release();
                    }
                    return;
                }
                const auto loop = makeLoop(onQt);
                loop->runUntilComplete(
                        [](auto user, Semaphore &s, stress::Chance luck) -> Coroutine<> {
                            std::vector<CoroutineTask<>> users;
                            for (int k = 0; k < 3; ++k)
                                users.push_back(createTask(user(s, luck)));
                            co_await harass(users, luck);
                        }(use, semaphore, chance));
            });
            QVERIFY(!tooMany);
            QCOMPARE(semaphore.available(), qsizetype(Permits));
        }
    }

    void everythingEndsWhateverIsCancelledTimedOutOrHandedIn_data() { carriers(); }
    void everythingEndsWhateverIsCancelledTimedOutOrHandedIn()
    {
        QFETCH(bool, onQt);
        ThreadExecutor executor("workers", 2);
        for (int round = 0; round < stress::rounds(5); ++round) {
            Event event("event");
            std::atomic<int> handedIn{0};
            std::atomic<EventLoop *> shared{nullptr};
            std::atomic<bool> isOver{false};
            std::atomic<int> inside{0};
            stress::together(3, round, [&](int thread, stress::Chance &chance) {
                if (thread > 0) {
                    int mine = 0;
                    while (!isOver) {
                        ++inside;
                        if (EventLoop *loop = shared) {
                            loop->callSoonThreadSafe([&handedIn] { ++handedIn; });
                            ++mine;
                        }
                        --inside;
                        if (thread == 1) {
                            event.set();
                            event.clear();
                        }
                        chance.disturb();
                    }
                    static_cast<void>(mine);
                    return;
                }
                const auto loop = makeLoop(onQt);
                shared = loop.get();
                loop->runUntilComplete([](Executor &pool, Event &e,
                                          stress::Chance luck) -> Coroutine<> {
                    std::vector<CoroutineTask<>> tasks;
                    for (int k = 0; k < 100; ++k) {
                        switch (luck.below(5)) {
                        case 0:
                            tasks.push_back(createTask(
                                    [](Event &ev) -> Coroutine<> { co_await whenSet(ev); }(e)));
                            break;
                        case 1:
                            tasks.push_back(createTask([](Executor &ex) -> Coroutine<> {
                                co_await runInExecutor(ex, [] {});
                            }(pool)));
                            break;
                        case 2:
                            tasks.push_back(createTask([](Executor &ex) -> Coroutine<> {
                                co_await ex.submit([] { return 1; });
                            }(pool)));
                            break;
                        case 3:
                            tasks.push_back(createTask(
                                    [](Event &ev, std::chrono::microseconds time) -> Coroutine<> {
                                        co_await waitFor(
                                                [](Event &inner) -> Coroutine<> {
                                                    co_await whenSet(inner);
                                                }(ev),
                                                time);
                                    }(e, luck.upTo(200us))));
                            break;
                        case 4:
                            tasks.push_back(
                                    createTask([](std::chrono::microseconds time) -> Coroutine<> {
                                        co_await sleep(time);
                                    }(luck.upTo(200us))));
                            break;
                        }
                        if (luck.oneIn(3))
                            tasks[static_cast<std::size_t>(
                                          luck.below(static_cast<int>(tasks.size())))]
                                    .cancel();
                        if (luck.oneIn(3))
                            co_await sleep(0ns);
                    }
                    co_await gatherWithExceptions(std::move(tasks));
                }(executor, event, chance));
                shared = nullptr;
                while (inside != 0)
                    std::this_thread::yield();
                isOver = true;
            });
        }
    }

    void aLoopEndsWhileOthersWakeItsTasks_data() { carriers(); }
    void aLoopEndsWhileOthersWakeItsTasks()
    {
        QFETCH(bool, onQt);
        setCoroutineReportHandler([](const CoroutineReport &) {});
        for (int round = 0; round < stress::rounds(100); ++round) {
            Queue<int> queue("queue");
            Event event("event");
            stress::together(2, round, [&](int thread, stress::Chance &chance) {
                if (thread == 1) {
                    chance.disturb();
                    queue.put(1);
                    chance.disturb();
                    event.set();
                    queue.put(2);
                    return;
                }
                const auto loop = makeLoop(onQt);
                loop->createTask([](Queue<int> &q) -> Coroutine<> {
                    while (true)
                        co_await getFrom(q);
                }(queue));
                loop->createTask([](Event &e) -> Coroutine<> {
                    co_await whenSet(e);
                    co_await sleep(24h);
                }(event));
                loop->runUntilComplete([](int turns) -> Coroutine<> {
                    for (int k = 0; k < turns; ++k)
                        co_await sleep(0ns);
                }(chance.below(5)));
            });
        }
        setCoroutineReportHandler({});
    }
};

QTEST_GUILESS_MAIN(StressCoroutines)
#include "tst_coroutine.moc"
