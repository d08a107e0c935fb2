// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>
#include <heddle/tasks/timerservice.h>

#include <QRegularExpression>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {
using Clock = TimerService::Clock;
}

class TestTimerConformance : public QObject
{
    Q_OBJECT

    std::unique_ptr<Executor> m_executor;

    // Which does not grow when its workers are blocked.
    static std::unique_ptr<Executor> exactly(int threads)
    {
        return makeExecutor(ExecutorKind::Threads, "worker",
                            {.threads = threads, .blockedWorkers = BlockedWorkerPolicy::Ignore});
    }

private Q_SLOTS:
    void init() { m_executor = exactly(1); }
    void cleanup() { m_executor.reset(); }

    void s29_afterRunsOnceAndNotBeforeItsDelay()
    {
        Event ran("ran");
        std::atomic<int> runs{0};
        Clock::time_point when;
        const Clock::time_point before = Clock::now();
        Timer timer = TimerService::ofProcess().after(*m_executor, 20ms, [&] {
            when = Clock::now();
            ++runs;
            ran.set();
        });
        QVERIFY(timer.isActive());
        ran.wait();
        QVERIFY(when - before >= 20ms);
        timer.cancelAndWait();
        QCOMPARE(runs.load(), 1);
        QCOMPARE(timer.runs(), 1);
        QVERIFY(!timer.isActive());
    }

    void s29_aTimerRunsInItsExecutorsThread()
    {
        QThread *worker = m_executor->submit([] { return QThread::currentThread(); }).result();
        Event ran("ran");
        QThread *where = nullptr;
        const Timer timer = TimerService::ofProcess().after(*m_executor, 0ms, [&] {
            where = QThread::currentThread();
            ran.set();
        });
        ran.wait();
        QCOMPARE(where, worker);
    }

    void s29_whatIsDueEarlierRunsEarlier()
    {
        TimerService service;
        Semaphore done("done", 0);
        std::vector<Clock::time_point> order;
        const auto note = [&](const TimerTick &tick) {
            order.push_back(tick.due);
            done.release();
        };
        std::vector<Timer> timers;
        for (const auto delay : {30ms, 20ms, 10ms, 25ms, 15ms, 5ms})
            timers.push_back(service.after(*m_executor, delay, note));
        done.acquire(6);
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }

    void s29_anEarlierTimerWakesTheServiceFromALaterOne()
    {
        TimerService service;
        const Timer late = service.after(*m_executor, 1h, [] {});
        Event ran("ran");
        const Timer early = service.after(*m_executor, 1ms, [&] { ran.set(); });
        ran.wait();
        QVERIFY(late.isActive());
        QCOMPARE(service.waiting(), 1);
    }

    void s29_everyDoesNotDrift()
    {
        Semaphore ticked("ticked", 0);
        std::vector<TimerTick> ticks;
        Timer timer = TimerService::ofProcess().every(*m_executor, 2ms, [&](const TimerTick &tick) {
            ticks.push_back(tick);
            ticked.release();
        });
        ticked.acquire(20);
        timer.cancelAndWait();
        quint64 missed = 0;
        for (std::size_t k = 0; k < ticks.size(); ++k) {
            missed += ticks[k].missed;
            QCOMPARE(ticks[k].number, k + 1);
            // Each due time is the first one and a whole number of periods: all that passed
            // without a run are counted.
            QCOMPARE((ticks[k].due - ticks[0].due).count(),
                     ((k + missed - ticks[0].missed) * 2ms / 1ns));
        }
    }

    void s29_aRunIsNotBeforeItsDueTime()
    {
        Semaphore ticked("ticked", 0);
        std::atomic<int> early{0};
        Timer timer = TimerService::ofProcess().every(*m_executor, 1ms, [&](const TimerTick &tick) {
            early += Clock::now() < tick.due;
            ticked.release();
        });
        ticked.acquire(20);
        timer.cancelAndWait();
        QCOMPARE(early.load(), 0);
    }

    void s29_overrunsAreCountedAndNotPiledUp()
    {
        Event second("second");
        Event never("never");
        std::vector<TimerTick> ticks;
        Clock::time_point endOfFirst;
        Timer timer = TimerService::ofProcess().every(*m_executor, 5ms, [&](const TimerTick &tick) {
            if (ticks.size() >= 2)
                return;
            ticks.push_back(tick);
            if (ticks.size() == 1) {
                QVERIFY(!never.waitFor(52ms));
                endOfFirst = Clock::now();
            } else {
                second.set();
            }
        });
        second.wait();
        // What was due during the first run did not run afterwards, one behind the other.
        QVERIFY(ticks[1].due > endOfFirst);
        QVERIFY(ticks[1].missed >= 10);
        QCOMPARE((ticks[1].due - ticks[0].due) / 5ms,
                 static_cast<std::chrono::nanoseconds::rep>(1 + ticks[1].missed));
        timer.cancelAndWait();
        QVERIFY(timer.overruns() >= ticks[0].missed + ticks[1].missed);
    }

    void s29_whatWaitsInTheExecutorIsNotPostedAgain()
    {
        Event started("started");
        Event go("go");
        m_executor->post([&] {
            started.set();
            go.wait();
        });
        started.wait();
        Timer timer = TimerService::ofProcess().every(*m_executor, 1ms, [] {});
        Event never("never");
        QVERIFY(!never.waitFor(20ms));
        QCOMPARE(m_executor->pending(), 1);
        QCOMPARE(timer.runs(), 0);
        QVERIFY(timer.cancel());
        go.set();
        m_executor->shutDown();
        QCOMPARE(timer.runs(), 0);
    }

    void s29_cancelPreventsTheRun()
    {
        std::atomic<bool> ran{false};
        Timer timer = TimerService::ofProcess().after(*m_executor, 1h, [&] { ran = true; });
        const auto captured = std::make_shared<int>();
        Timer other = TimerService::ofProcess().after(*m_executor, 1h, [captured] {});
        QVERIFY(timer.cancel());
        QVERIFY(!timer.cancel());
        QVERIFY(!timer.isActive());
        QVERIFY(other.cancel());
        QCOMPARE(captured.use_count(), 1L);
        m_executor->shutDown();
        QVERIFY(!ran);
    }

    void s29_cancelAndWaitWaitsForTheRun()
    {
        Event started("started");
        std::atomic<bool> ended{false};
        Timer timer = TimerService::ofProcess().after(*m_executor, 0ms, [&] {
            started.set();
            Event never("never");
            static_cast<void>(never.waitFor(20ms));
            ended = true;
        });
        started.wait();
        QVERIFY(!timer.cancel()); // too late to prevent
        timer.cancelAndWait();
        QVERIFY(ended);
    }

    void s29_theEndOfATimerWaitsForItsRun()
    {
        std::atomic<bool> ended{false};
        {
            Event started("started");
            const Timer timer = TimerService::ofProcess().every(*m_executor, 1ms, [&] {
                started.set();
                Event never("never");
                static_cast<void>(never.waitFor(10ms));
                ended = true;
            });
            started.wait();
        }
        QVERIFY(ended.exchange(false));
        m_executor->shutDown();
        QVERIFY(!ended);
    }

    void s29_aRunMayCancelItsOwnTimer()
    {
        Event done("done");
        Event assigned("assigned");
        Timer timer;
        std::atomic<int> runs{0};
        timer = TimerService::ofProcess().every(*m_executor, 1ms, [&] {
            assigned.wait();
            ++runs;
            timer.cancelAndWait();
            done.set();
        });
        assigned.set();
        done.wait();
        m_executor->shutDown();
        QCOMPARE(runs.load(), 1);
    }

    void s29_aDetachedTimerGoesOn()
    {
        Event ran("ran");
        {
            Timer timer = TimerService::ofProcess().after(*m_executor, 5ms, [&] { ran.set(); });
            timer.detach();
            QVERIFY(!timer.isActive());
        }
        QVERIFY(ran.wait());
    }

    void s29_aPeriodicTimerGoesOnAfterAnException()
    {
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(QStringLiteral("a posted task failed: once")));
        Semaphore ticked("ticked", 0);
        const Timer timer = TimerService::ofProcess().every(
                *m_executor, 1ms, [&](const TimerTick &tick) {
                    ticked.release();
                    if (tick.number == 1)
                        throw std::runtime_error("once");
                });
        ticked.acquire(3);
    }

    void s29_aTimerEndsWithItsExecutor()
    {
        Timer timer = TimerService::ofProcess().every(*m_executor, 1ms, [] {});
        m_executor->shutDown();
        QTRY_VERIFY(!timer.isActive());
        Timer later = TimerService::ofProcess().after(*m_executor, 0ms, [] {});
        QTRY_VERIFY(!later.isActive());
        QCOMPARE(later.runs(), 0);
    }

    void s29_aTimerWhoseRunIsCancelledInTheExecutorEnds()
    {
        Event started("started");
        Event go("go");
        m_executor->post([&] {
            started.set();
            go.wait();
        });
        started.wait();
        Timer timer = TimerService::ofProcess().after(*m_executor, 0ms, [] {});
        QTRY_COMPARE(m_executor->pending(), 1);
        m_executor->shutDown(PendingTasks::Cancel, false);
        QVERIFY(!timer.isActive());
        go.set();
        m_executor->shutDown();
        QCOMPARE(timer.runs(), 0);
    }

    void s29_theEndOfTheServiceCancelsItsTimers()
    {
        Timer timer;
        const auto captured = std::make_shared<int>();
        {
            TimerService service;
            timer = service.after(*m_executor, 1h, [captured] {});
            QVERIFY(timer.isActive());
        }
        QVERIFY(!timer.isActive());
        QCOMPARE(captured.use_count(), 1L);
        QVERIFY(!timer.cancel());
    }

    void s29_anyMixOfStartsAndCancelsKeepsItsPromises()
    {
        const auto seed = qEnvironmentVariableIsSet("HEDDLE_SEED")
                                  ? qEnvironmentVariable("HEDDLE_SEED").toUInt()
                                  : std::random_device()();
        qInfo("HEDDLE_SEED=%u", seed);
        std::atomic<int> wrong{0};
        std::atomic<int> expected{0};
        std::atomic<int> ran{0};
        {
            const auto pool = exactly(2);
            TimerService service;
            std::vector<std::unique_ptr<Thread>> threads;
            for (unsigned number = 0; number < 4; ++number) {
                threads.push_back(std::make_unique<Thread>("user", [&, number] {
                    std::mt19937 random(seed + number);
                    struct Used
                    {
                        std::atomic<int> runs{0};
                        std::atomic<bool> isRunning{false};
                        bool isPeriodic = false;
                    };
                    for (int round = 0; round < 200; ++round) {
                        const auto used = std::make_shared<Used>();
                        used->isPeriodic = random() % 2 == 0;
                        const auto delay = std::chrono::microseconds(1 + random() % 300);
                        const auto function = [used, &wrong] {
                            wrong += used->isRunning.exchange(true);
                            ++used->runs;
                            if (used->runs % 3 == 0)
                                QThread::yieldCurrentThread();
                            used->isRunning = false;
                        };
                        Timer timer = used->isPeriodic ? service.every(*pool, delay, function)
                                                       : service.after(*pool, delay, function);
                        for (unsigned pause = random() % 8; pause > 0; --pause)
                            QThread::yieldCurrentThread();
                        switch (random() % 3) {
                        case 0:
                            timer.cancelAndWait();
                            break;
                        case 1: {
                            // What was prevented does not run, ever.
                            const bool prevented = timer.cancel();
                            const Timer end = std::move(timer);
                            if (prevented && !used->isPeriodic)
                                wrong += used->runs != 0;
                            break;
                        }
                        default:
                            if (!used->isPeriodic) {
                                ++expected;
                                timer.detach();
                                timer = service.after(*pool, delay, [&ran] { ++ran; });
                                timer.detach();
                            }
                        }
                        timer = Timer();
                        const int runs = used->runs;
                        wrong += used->isPeriodic && used->isRunning;
                        wrong += used->isPeriodic && used->runs != runs;
                        wrong += !used->isPeriodic && used->runs > 1;
                    }
                }));
            }
            for (const auto &thread : threads)
                thread->join();
            QTRY_COMPARE(ran.load(), expected.load());
            QTRY_COMPARE(service.waiting(), 0);
        }
        QCOMPARE(wrong.load(), 0);
    }

    void s29_aNegativeDelayAndAPeriodOfNothingAreMisuse()
    {
        TimerService service;
        QVERIFY_THROWS_EXCEPTION(Misuse,
                                 static_cast<void>(service.after(*m_executor, -1ns, [] {})));
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(service.every(*m_executor, 0ns, [] {})));
        QCOMPARE(service.waiting(), 0);
    }

    void s29_aTimerMayBeDueInAllEternity()
    {
        TimerService service;
        const Timer once = service.after(*m_executor, std::chrono::nanoseconds::max(), [] {});
        const Timer often = service.every(*m_executor, std::chrono::nanoseconds::max(), [] {});
        Event ran("ran");
        const Timer soon = service.after(*m_executor, 1ms, [&] { ran.set(); });
        ran.wait();
        QVERIFY(once.isActive());
        QVERIFY(often.isActive());
    }
};

QTEST_GUILESS_MAIN(TestTimerConformance)
#include "tst_timer.moc"
