// SPDX-License-Identifier: Apache-2.0
#include "stress.h"

#include <heddle/core/event.h>
#include <heddle/core/semaphore.h>
#include <heddle/tasks/group.h>
#include <heddle/tasks/parallelfor.h>

#include <QTest>

#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

// Random submissions, stops, deadlines, groups and shut-downs from many threads: each task ends
// once, by a run or by its cancellation, and nothing hangs.
class StressTasks : public QObject
{
    Q_OBJECT

    static void kinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("threads") << int(ExecutorKind::Threads);
        QTest::newRow("thread pool") << int(ExecutorKind::ThreadPool);
        QTest::newRow("event loop") << int(ExecutorKind::EventLoop);
        QTest::newRow("work stealing") << int(ExecutorKind::WorkStealing);
    }
    static ExecutorKind kind()
    {
        QFETCH(int, kind);
        return static_cast<ExecutorKind>(kind);
    }
    /// What became of one task.
    struct Fate
    {
        std::atomic<int> runs{0};
        std::atomic<int> deaths{0};
    };
    /// Dies with the function that holds it.
    class Witness
    {
    public:
        explicit Witness(Fate &fate)
            : m_fate(&fate)
        {}
        Witness(Witness &&other) noexcept
            : m_fate(std::exchange(other.m_fate, nullptr))
        {}
        ~Witness()
        {
            if (m_fate)
                ++m_fate->deaths;
        }
        void run() { ++m_fate->runs; }

    private:
        Fate *m_fate;
    };
    static long fibonacci(Executor &executor, int n, stress::Chance &chance)
    {
        if (n < 2)
            return n;
        long first = 0;
        Group group(executor);
        const quint64 stream = static_cast<quint64>(chance.below(1 << 20));
        group.run([&, stream] {
            stress::Chance own(stream);
            own.disturb();
            first = fibonacci(executor, n - 1, own);
        });
        const long second = fibonacci(executor, n - 2, chance);
        group.wait();
        return first + second;
    }

private Q_SLOTS:
    void eachTaskEndsOnce_data() { kinds(); }
    void eachTaskEndsOnce()
    {
        constexpr int Threads = 4;
        constexpr int Tasks = 300;
        for (int round = 0; round < stress::rounds(12); ++round) {
            std::vector<Fate> fates(Threads * Tasks);
            std::vector<std::vector<QFuture<void>>> futures(Threads);
            std::atomic<int> taken{0};
            {
                const auto executor = makeExecutor(kind(), "stress", 2);
                stress::together(Threads, round, [&](int thread, stress::Chance &chance) {
                    std::stop_source source;
                    for (int k = 0; k < Tasks; ++k) {
                        Fate &fate = fates[static_cast<std::size_t>(thread * Tasks + k)];
                        TaskOptions options;
                        options.priority = static_cast<Priority>(chance.below(5));
                        if (chance.oneIn(3))
                            options.stop = source.get_token();
                        if (chance.oneIn(5)) {
                            options.deadline = std::chrono::steady_clock::now()
                                               + chance.upTo(2000us);
                        }
                        const bool isPosted = chance.oneIn(2);
                        try {
                            auto body = [witness = Witness(fate)]() mutable { witness.run(); };
                            if (isPosted) {
                                executor->post(std::move(body), options);
                            } else {
                                futures[static_cast<std::size_t>(thread)].push_back(
                                        executor->submit(std::move(body), options));
                            }
                            ++taken;
                        } catch (const ShutDown &) {
                        }
                        chance.disturb();
                        if (chance.oneIn(20)) {
                            source.request_stop();
                            source = {};
                        }
                        auto &mine = futures[static_cast<std::size_t>(thread)];
                        if (chance.oneIn(10) && !mine.empty())
                            mine[static_cast<std::size_t>(chance.below(int(mine.size())))].cancel();
                        if (thread == 0 && k == Tasks * 3 / 4) {
                            executor->shutDown(chance.oneIn(2) ? PendingTasks::Cancel
                                                               : PendingTasks::Run,
                                               chance.oneIn(2));
                        }
                    }
                });
                executor->shutDown();
                for (const auto &list : futures) {
                    for (const QFuture<void> &future : list)
                        QVERIFY(future.isFinished());
                }
            }
            int runs = 0;
            for (const Fate &fate : fates) {
                QVERIFY(fate.runs <= 1);
                QCOMPARE(fate.deaths.load(), 1); // also of those that were refused
                runs += fate.runs;
            }
            QVERIFY(runs <= taken);
        }
    }

    void nestedGroupsComputeWhatTheyShould_data() { kinds(); }
    void nestedGroupsComputeWhatTheyShould()
    {
        for (int round = 0; round < stress::rounds(10); ++round) {
            const auto executor = makeExecutor(kind(), "stress", 1 + round % 4);
            stress::together(3, round, [&](int, stress::Chance &chance) {
                const quint64 stream = static_cast<quint64>(chance.below(1 << 20));
                if (chance.oneIn(2)) {
                    if (fibonacci(*executor, 9, chance) != 34)
                        throw std::logic_error("a wrong sum, from outside");
                } else {
                    QFuture<long> sum = executor->submit([&, stream] {
                        stress::Chance own(stream);
                        return fibonacci(*executor, 11, own);
                    });
                    if (sum.result() != 89)
                        throw std::logic_error("a wrong sum, from within");
                }
            });
        }
    }

    void stealingLosesAndDoublesNothing()
    {
        for (int round = 0; round < stress::rounds(10); ++round) {
            const auto executor = makeExecutor(ExecutorKind::WorkStealing, "stress", 4);
            constexpr int Children = 20'000;
            std::vector<std::atomic<int>> runs(Children);
            executor->submit([&] {
                        stress::Chance chance(static_cast<quint64>(round));
                        Group group(*executor);
                        for (int k = 0; k < Children; ++k) {
                            group.run([&runs, k] { ++runs[static_cast<std::size_t>(k)]; });
                            if (chance.oneIn(100))
                                group.wait();
                        }
                        group.wait();
                    })
                    .waitForFinished();
            for (const std::atomic<int> &each : runs)
                QCOMPARE(each.load(), 1);
        }
    }

    void noWakeUpIsLost_data() { kinds(); }
    void noWakeUpIsLost()
    {
        // Every task is waited for before the next: a lost wake-up hangs the test.
        for (int round = 0; round < stress::rounds(4); ++round) {
            const auto executor = makeExecutor(kind(), "stress", 2);
            stress::together(2, round, [&](int, stress::Chance &chance) {
                for (int k = 0; k < 300; ++k) {
                    Event done("done");
                    executor->post([&] { done.set(); });
                    done.wait();
                    if (chance.oneIn(50))
                        std::this_thread::sleep_for(chance.upTo(1000us)); // so that workers sleep
                    chance.disturb();
                }
            });
        }
    }

    void aChildIsStolenWhileItsParentIsBusy()
    {
        // The parent neither waits nor blocks by a primitive: only another worker can run the
        // child.
        for (int round = 0; round < stress::rounds(200); ++round) {
            const auto executor = makeExecutor(ExecutorKind::WorkStealing, "stress", 2);
            stress::Chance chance(static_cast<quint64>(round));
            executor->submit([&] {
                        std::atomic<bool> hasRun{false};
                        Group group(*executor);
                        chance.disturb();
                        group.run([&] { hasRun = true; });
                        while (!hasRun)
                            std::this_thread::yield();
                        group.wait();
                    })
                    .waitForFinished();
        }
    }

    void blockedWorkersNeverStarveTheOthers_data() { kinds(); }
    void blockedWorkersNeverStarveTheOthers()
    {
        if (kind() == ExecutorKind::EventLoop)
            QSKIP("A blocked loop cannot be replaced");
        for (int round = 0; round < stress::rounds(10); ++round) {
            const auto executor = makeExecutor(kind(), "stress", 2);
            Semaphore permits("permits", 0);
            std::atomic<int> ended{0};
            stress::together(2, round, [&](int, stress::Chance &chance) {
                for (int k = 0; k < 10; ++k) {
                    executor->post([&] {
                        permits.acquire();
                        ++ended;
                    });
                    chance.disturb();
                }
                for (int k = 0; k < 10; ++k) {
                    executor->post([&] { permits.release(); });
                    chance.disturb();
                }
            });
            executor->shutDown();
            QCOMPARE(ended.load(), 20);
        }
    }

    void loopsDoEachItemOnceWhateverElseRuns_data() { kinds(); }
    void loopsDoEachItemOnceWhateverElseRuns()
    {
        for (int round = 0; round < stress::rounds(6); ++round) {
            const auto executor = makeExecutor(kind(), "stress", 3);
            stress::together(3, round, [&](int, stress::Chance &chance) {
                for (int k = 0; k < 4; ++k) {
                    std::vector<std::atomic<int>> times(
                            static_cast<std::size_t>(chance.below(5000)));
                    parallelFor(*executor, times, [](std::atomic<int> &each) { ++each; },
                                {.grain = chance.below(4)});
                    for (const std::atomic<int> &each : times) {
                        if (each != 1)
                            throw std::logic_error("an item was left out or done twice");
                    }
                }
            });
        }
    }
};

QTEST_GUILESS_MAIN(StressTasks)
#include "tst_tasks.moc"
