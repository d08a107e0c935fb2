// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/tasks/progress.h>
#include <heddle/tasks/retry.h>

#include <QTest>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestRetryConformance : public QObject
{
    Q_OBJECT

    std::unique_ptr<Executor> m_executor;

    // Which does not grow when its workers are blocked.
    static std::unique_ptr<Executor> exactly(int threads)
    {
        return makeExecutor(ExecutorKind::Threads, "worker",
                            {.threads = threads, .blockedWorkers = BlockedWorkerPolicy::Ignore});
    }

    static std::vector<qint64> delays(const RetryPolicy &policy, int count)
    {
        RetryDelays source(policy);
        std::vector<qint64> found;
        for (int k = 0; k < count; ++k)
            found.push_back(source.next() / 1ms);
        return found;
    }

private Q_SLOTS:
    void init() { m_executor = exactly(1); }
    void cleanup() { m_executor.reset(); }

    void s29_whatSucceedsRunsOnce()
    {
        std::atomic<int> calls{0};
        QFuture<int> future = retry(*m_executor, {}, [&] { return ++calls; });
        QCOMPARE(future.result(), 1);
        QCOMPARE(calls.load(), 1);
        QCOMPARE(future.progressValue(), 1);
    }

    void s29_whatFailsIsTriedAgainAfterADelay()
    {
        std::vector<std::chrono::steady_clock::time_point> when;
        QFuture<int> future = retry(*m_executor, {.attempts = 5, .firstDelay = 5ms, .factor = 2},
                                    [&] {
                                        when.push_back(std::chrono::steady_clock::now());
                                        if (when.size() < 3)
                                            throw std::runtime_error("not yet");
                                        return 7;
                                    });
        QCOMPARE(future.result(), 7);
        QCOMPARE(when.size(), std::size_t{3});
        QVERIFY(when[1] - when[0] >= 5ms);
        QVERIFY(when[2] - when[1] >= 10ms);
        QCOMPARE(future.progressValue(), 3);
        QCOMPARE(future.progressMaximum(), 5);
    }

    void s29_theLastErrorArrivesWithTheNumberOfAttempts()
    {
        std::atomic<int> calls{0};
        QFuture<void> future = retry(*m_executor, {.attempts = 3, .firstDelay = 1ms},
                                     [&] { throw std::runtime_error(std::to_string(++calls)); });
        try {
            future.waitForFinished();
            QFAIL("nothing was thrown");
        } catch (const std::runtime_error &error) {
            QCOMPARE(error.what(), "3"); // of the type that was thrown
        }
        QCOMPARE(calls.load(), 3);
        QCOMPARE(future.progressValue(), 3);
        QCOMPARE(future.progressText(), QStringLiteral("attempt 3 of 3, after: 2"));
    }

    void s29_onlyWhatIsWorthItIsRetried()
    {
        std::atomic<int> calls{0};
        RetryPolicy policy{.attempts = 5, .firstDelay = 1ms};
        policy.isWorthRetrying = [](const std::exception_ptr &error) {
            try {
                std::rethrow_exception(error);
            } catch (const std::runtime_error &) {
                return true;
            } catch (...) {
                return false;
            }
        };
        QFuture<void> future = retry(*m_executor, policy, [&] {
            if (++calls == 2)
                throw std::logic_error("hopeless");
            throw std::runtime_error("perhaps");
        });
        QVERIFY_THROWS_EXCEPTION(std::logic_error, future.waitForFinished());
        QCOMPARE(calls.load(), 2);
    }

    void s29_noWorkerSleepsBetweenTheAttempts()
    {
        std::atomic<int> calls{0};
        Event failed("failed");
        QFuture<void> future = retry(*m_executor, {.attempts = 2, .firstDelay = 30ms}, [&] {
            if (++calls == 1) {
                failed.set();
                throw std::runtime_error("once");
            }
        });
        failed.wait();
        m_executor->submit([] {}).waitForFinished(); // on the only worker
        QVERIFY(!future.isFinished());
        future.waitForFinished();
    }

    void s29_delaysGrowUpToTheirMaximum()
    {
        QCOMPARE(delays({.firstDelay = 100ms, .factor = 3, .maximumDelay = 1s}, 5),
                 (std::vector<qint64>{100, 300, 900, 1000, 1000}));
        QCOMPARE(delays({.firstDelay = 100ms, .factor = 1}, 3),
                 (std::vector<qint64>{100, 100, 100}));
    }

    void s29_theJitterIsSeeded()
    {
        const RetryPolicy policy{.firstDelay = 1s, .factor = 1, .jitter = 0.5, .seed = 42};
        const auto one = delays(policy, 100);
        QCOMPARE(delays(policy, 100), one);
        RetryPolicy other = policy;
        other.seed = 43;
        QVERIFY(delays(other, 100) != one);
        for (const qint64 delay : one)
            QVERIFY(delay >= 500 && delay <= 1000);
        QVERIFY(*std::max_element(one.begin(), one.end()) > 900);
        QVERIFY(*std::min_element(one.begin(), one.end()) < 600);
    }

    void s29_aStopEndsTheDelayAtOnce()
    {
        std::stop_source stop;
        Event failed("failed");
        std::atomic<int> calls{0};
        QFuture<void> future = retry(
                *m_executor, {.attempts = 5, .firstDelay = 1h, .maximumDelay = 1h},
                [&] {
                    ++calls;
                    failed.set();
                    throw std::runtime_error("no");
                },
                stop.get_token());
        failed.wait();
        stop.request_stop();
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.isCanceled());
        QCOMPARE(calls.load(), 1);
    }

    void s29_aStopReachesTheAttempt()
    {
        std::stop_source stop;
        Event started("started");
        Event never("never");
        QFuture<void> future = retry(
                *m_executor, {.attempts = 5},
                [&](std::stop_token token) {
                    started.set();
                    if (!never.wait(token))
                        throw Stopped(QStringLiteral("told to"), QStringLiteral("test"));
                },
                stop.get_token());
        started.wait();
        stop.request_stop();
        future.waitForFinished();
        QVERIFY(future.isCanceled());
    }

    void s29_cancellingTheFuturePreventsTheNextAttempt()
    {
        Event failed("failed");
        Event cancelled("cancelled");
        std::atomic<int> calls{0};
        QFuture<void> future = retry(*m_executor, {.attempts = 5, .firstDelay = 1ms}, [&] {
            ++calls;
            failed.set();
            cancelled.wait();
            throw std::runtime_error("no");
        });
        failed.wait();
        future.cancel();
        cancelled.set();
        future.waitForFinished();
        QVERIFY(future.isCanceled());
        QCOMPARE(calls.load(), 1);
    }

    void s29_anExecutorThatIsShutDownEndsTheAttempts()
    {
        Event failed("failed");
        QFuture<void> future = retry(*m_executor, {.attempts = 2, .firstDelay = 20ms}, [&] {
            failed.set();
            throw std::runtime_error("no");
        });
        failed.wait();
        m_executor->shutDown();
        QVERIFY_THROWS_EXCEPTION(ShutDown, future.waitForFinished());
        QVERIFY_THROWS_EXCEPTION(ShutDown, retry(*m_executor, {}, [] {}).waitForFinished());
    }

    void s29_aPolicyWithoutSenseIsMisuse()
    {
        QVERIFY_THROWS_EXCEPTION(Misuse, RetryDelays({.attempts = 0}));
        QVERIFY_THROWS_EXCEPTION(Misuse, RetryDelays({.firstDelay = -1ms}));
        QVERIFY_THROWS_EXCEPTION(Misuse, RetryDelays({.factor = 0}));
        QVERIFY_THROWS_EXCEPTION(Misuse, RetryDelays({.jitter = 1.5}));
    }

    void progressReachesTheFuture()
    {
        Event half("half");
        Event go("go");
        QFuture<int> future = submitWithProgress(*m_executor, [&](Progress &progress) {
            progress.setRange(0, 10);
            progress.setValue(5, QStringLiteral("half"));
            half.set();
            go.wait();
            progress.setValue(10);
            return 3;
        });
        half.wait();
        QCOMPARE(future.progressMaximum(), 10);
        QCOMPARE(future.progressValue(), 5);
        QCOMPARE(future.progressText(), QStringLiteral("half"));
        go.set();
        QCOMPARE(future.result(), 3);
        QCOMPARE(future.progressValue(), 10);
    }

    void aTaskWithProgressThrowsIsCancelledAndIsDroppedAsAnyOther()
    {
        QFuture<void> failing = submitWithProgress(
                *m_executor, [](Progress &) { throw std::runtime_error("no"); });
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, failing.waitForFinished());
        Event started("started");
        Event go("go");
        std::atomic<bool> sawCancel{false};
        QFuture<void> running = submitWithProgress(*m_executor, [&](Progress &progress) {
            started.set();
            go.wait();
            sawCancel = progress.isCancelled();
        });
        QFuture<int> pending = submitWithProgress(*m_executor, [](Progress &) { return 1; });
        started.wait();
        running.cancel();
        m_executor->shutDown(PendingTasks::Cancel, false);
        QVERIFY(pending.isFinished());
        QVERIFY(pending.isCanceled());
        go.set();
        m_executor->shutDown();
        QVERIFY(sawCancel);
    }
};

QTEST_GUILESS_MAIN(TestRetryConformance)
#include "tst_retry.moc"
