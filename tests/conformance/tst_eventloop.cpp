// SPDX-License-Identifier: Apache-2.0
// What both carriers promise: each test runs on a stand-alone loop and on Qt's.
#include "coroutinecheck.h"

#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/queue.h>
#include <heddle/core/semaphore.h>
#include <heddle/core/thread.h>
#include <heddle/coroutines/awaitdescriptor.h>
#include <heddle/coroutines/awaitevent.h>
#include <heddle/coroutines/awaitforeign.h>
#include <heddle/coroutines/awaitfuture.h>
#include <heddle/coroutines/awaitprocess.h>
#include <heddle/coroutines/awaitqueue.h>
#include <heddle/coroutines/awaitsemaphore.h>
#include <heddle/coroutines/awaitsignal.h>
#include <heddle/coroutines/gather.h>
#include <heddle/coroutines/qteventloop.h>
#include <heddle/coroutines/runinexecutor.h>
#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>
#include <heddle/coroutines/waitfor.h>
#include <heddle/tasks/threadexecutor.h>
#ifdef HEDDLE_HAS_QCORO
#    include <QCoroTimer>
#    include <heddle/coroutines/awaitqcoro.h>
#endif

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTest>
#include <QTimer>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

class Emitter : public QObject
{
    Q_OBJECT
Q_SIGNALS:
    void nothing();
    void number(int value);
    void two(int first, const QString &second);
};

// Somebody else's awaitable: resumes the coroutine in another thread.
struct ElsewhereAwaitable
{
    std::unique_ptr<Thread> &thread;
    [[nodiscard]] bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const
    {
        auto &place = thread; // this may be gone as soon as the thread runs
        place = std::make_unique<Thread>("elsewhere", [handle] { handle.resume(); });
    }
    [[nodiscard]] int await_resume() const { return 5; }
};

} // namespace

class TestEventLoopConformance : public QObject
{
    Q_OBJECT

    static void carriers()
    {
        QTest::addColumn<bool>("onQt");
        QTest::newRow("stand-alone") << false;
        QTest::newRow("Qt") << true;
    }
    static std::unique_ptr<EventLoop> makeLoop()
    {
        QFETCH(bool, onQt);
        if (onQt)
            return std::make_unique<QtEventLoop>("loop");
        return std::make_unique<StandaloneLoop>("loop");
    }

private Q_SLOTS:
    void s34_readyTasksRunFirstInFirstOut_data() { carriers(); }
    void s34_readyTasksRunFirstInFirstOut()
    {
        const auto loop = makeLoop();
        Log log;
        loop->runUntilComplete([](Log &lines) -> Coroutine<> {
            std::vector<Coroutine<>> all;
            for (const char *name : {"a", "b", "c"}) {
                all.push_back([](Log &l, std::string task) -> Coroutine<> {
                    for (int turn = 0; turn < 3; ++turn) {
                        l.push_back(task + std::to_string(turn));
                        co_await sleep(0ns); // yields one turn
                    }
                }(lines, name));
            }
            co_await gather(std::move(all));
        }(log));
        QCOMPARE(log, (Log{"a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"}));
    }

    void s34_sleepOfZeroYieldsOneTurn_data() { carriers(); }
    void s34_sleepOfZeroYieldsOneTurn()
    {
        const auto loop = makeLoop();
        Log log;
        loop->runUntilComplete([](Log &l) -> Coroutine<> {
            EventLoop::current()->callSoon([&l] { l.push_back("other"); });
            l.push_back("before");
            co_await sleep(0ns);
            l.push_back("after");
        }(log));
        QCOMPARE(log, (Log{"before", "other", "after"}));
    }

    void s34_timersRunByDueTimeAndTiesInTheOrderOfTheirCreation_data() { carriers(); }
    void s34_timersRunByDueTimeAndTiesInTheOrderOfTheirCreation()
    {
        const auto loop = makeLoop();
        Log log;
        loop->runUntilComplete([](Log &l) -> Coroutine<> {
            EventLoop &here = *EventLoop::current();
            const auto due = EventLoop::Clock::now() + 20ms;
            here.callAt(due + 5ms, [&l] { l.push_back("late"); });
            for (const char *name : {"a", "b", "c", "d", "e", "f"})
                here.callAt(due, [&l, name] { l.push_back(name); });
            ScheduledCall cancelled = here.callAt(due, [&l] { l.push_back("cancelled"); });
            here.callAt(due - 5ms, [&l] { l.push_back("early"); });
            cancelled.cancel();
            co_await sleepUntil(due + 10ms);
            CO_VERIFY(EventLoop::Clock::now() >= due + 10ms);
        }(log));
        QCOMPARE(log, (Log{"early", "a", "b", "c", "d", "e", "f", "late"}));
    }

    void s34_aSleepTakesAtLeastItsTime_data() { carriers(); }
    void s34_aSleepTakesAtLeastItsTime()
    {
        const auto loop = makeLoop();
        loop->runUntilComplete([]() -> Coroutine<> {
            for (int k = 0; k < 20; ++k) {
                const auto begin = EventLoop::Clock::now();
                co_await sleep(1ms);
                CO_VERIFY(EventLoop::Clock::now() - begin >= 1ms);
            }
        }());
    }

    void s39_runInExecutorBringsTheResultBackOnTheLoopsThread_data() { carriers(); }
    void s39_runInExecutorBringsTheResultBackOnTheLoopsThread()
    {
        ThreadExecutor executor("workers", 2);
        const auto loop = makeLoop();
        loop->runUntilComplete([](Executor &pool) -> Coroutine<> {
            const auto *const here = QThread::currentThread();
            const QThread *there = nullptr;
            const int result = co_await runInExecutor(pool, [&there] {
                there = QThread::currentThread();
                return 6;
            });
            CO_COMPARE(result, 6);
            CO_VERIFY(QThread::currentThread() == here);
            CO_VERIFY(there != here);
            bool caught = false;
            try {
                co_await runInExecutor(pool, [] { throw std::runtime_error("there"); });
            } catch (const std::runtime_error &) {
                caught = true;
            }
            CO_VERIFY(caught);
            CO_VERIFY(QThread::currentThread() == here);
            const auto moved = co_await runInExecutor(pool,
                                                      [] { return std::make_unique<int>(3); });
            CO_COMPARE(*moved, 3);
            pool.shutDown();
            bool refused = false;
            try {
                co_await runInExecutor(pool, [] {});
            } catch (const ShutDown &) {
                refused = true;
            }
            CO_VERIFY(refused);
        }(executor));
    }

    void s39_cancellingTheAwaiterStopsTheFunctionByItsToken_data() { carriers(); }
    void s39_cancellingTheAwaiterStopsTheFunctionByItsToken()
    {
        ThreadExecutor executor("workers", 1);
        Event began("began");
        Event stopped("stopped");
        const auto loop = makeLoop();
        loop->runUntilComplete([](Executor &pool, Event &b, Event &s) -> Coroutine<> {
            auto task = createTask([](Executor &p, Event &begun, Event &ended) -> Coroutine<> {
                co_await runInExecutor(p, [&](std::stop_token stop) {
                    begun.set();
                    Event never("never");
                    static_cast<void>(never.wait(stop));
                    ended.set();
                });
            }(pool, b, s));
            co_await whenSet(b);
            task.cancel();
            co_await gatherWithExceptions(task);
            CO_VERIFY(task.isCancelled());
            co_await whenSet(s);
        }(executor, began, stopped));
    }

    void s39_otherThreadsUseTheThreadSafeEntryAndTheOthersAreMisuse_data() { carriers(); }
    void s39_otherThreadsUseTheThreadSafeEntryAndTheOthersAreMisuse()
    {
        const auto loop = makeLoop();
        int misuses = 0;
        int calls = 0;
        bool isOwnThread = true;
        QFuture<int> future;
        std::unique_ptr<Thread> other;
        loop->runUntilComplete([&]() -> Coroutine<> {
            auto pending = createTask([]() -> Coroutine<> { co_await sleep(24h); }());
            other = std::make_unique<Thread>("other", [&] {
                const auto isMisuse = [&](const std::function<void()> &call) {
                    try {
                        call();
                    } catch (const Misuse &) {
                        ++misuses;
                    }
                };
                isMisuse([&] { loop->callSoon([] {}); });
                isMisuse([&] { loop->callLater(1ms, [] {}); });
                isMisuse([&] { pending.cancel(); });
                isMisuse([&] { loop->cancelAll(); });
                isMisuse([&] { sleepOutside(); });
                future = loop->runThreadSafe([](EventLoop &l, bool &own) -> Coroutine<int> {
                    own = l.isOwnThread();
                    co_await sleep(0ns);
                    co_return 4;
                }(*loop, isOwnThread));
                for (int k = 0; k < 100; ++k)
                    loop->callSoonThreadSafe([&calls] { ++calls; });
                loop->callSoonThreadSafe([&] { pending.cancel(); });
            });
            co_await gatherWithExceptions(pending);
        }());
        other->joinAndRethrow();
        QCOMPARE(misuses, 5);
        QCOMPARE(calls, 100);
        while (!future.isFinished())
            loop->runUntilComplete([]() -> Coroutine<> { co_await sleep(0ns); }());
        QCOMPARE(future.result(), 4);
        QVERIFY(isOwnThread);
    }

    void s40_aStepThatHoldsTheLoopTooLongIsReportedWithItsCoroutinesName_data() { carriers(); }
    void s40_aStepThatHoldsTheLoopTooLongIsReportedWithItsCoroutinesName()
    {
        const auto loop = makeLoop();
        QVERIFY(loop->slowStep() == 100ms);
        const Reports reports;
        loop->runUntilComplete([]() -> Coroutine<> {
            co_await createTask(
                    []() -> Coroutine<> {
                        co_await sleep(0ns);
                        QElapsedTimer timer;
                        timer.start();
                        while (timer.elapsed() < 130) {
                        }
                        co_await sleep(150ms); // holds nobody
                    }(),
                    "greedy");
        }());
        QVERIFY(reports.count(CoroutineReport::Kind::SlowStep) >= 1);
        QCOMPARE(reports.seen[0].name, QStringLiteral("greedy"));
        QVERIFY(reports.seen[0].duration >= 100ms);
    }

    void s41_queuesCanBeAwaited_data() { carriers(); }
    void s41_queuesCanBeAwaited()
    {
        constexpr int Items = 2000;
        Queue<int> toLoop("to loop", 4);
        Queue<int> fromLoop("from loop", 4);
        Thread producer("producer", [&] {
            for (int k = 0; k < Items; ++k)
                toLoop.put(k);
            toLoop.shutDown();
        });
        int sum = 0;
        Thread consumer("consumer", [&] {
            for (int k = 0; k < Items; ++k)
                sum += fromLoop.get() == k ? 1 : 0;
        });
        const auto loop = makeLoop();
        bool isShutDown = false;
        loop->runUntilComplete([](Queue<int> &in, Queue<int> &out, bool &ended) -> Coroutine<> {
            try {
                while (true)
                    co_await putInto(out, co_await getFrom(in));
            } catch (const ShutDown &) {
                ended = true;
            }
        }(toLoop, fromLoop, isShutDown));
        producer.joinAndRethrow();
        consumer.joinAndRethrow();
        QVERIFY(isShutDown);
        QCOMPARE(sum, Items);
    }

    void s41_aCancelledGetLosesNoItem_data() { carriers(); }
    void s41_aCancelledGetLosesNoItem()
    {
        const auto loop = makeLoop();
        loop->runUntilComplete([]() -> Coroutine<> {
            Queue<int> queue("queue");
            const auto get = [](Queue<int> &q) -> Coroutine<int> { co_return co_await getFrom(q); };
            auto first = createTask(get(queue));
            auto second = createTask(get(queue));
            co_await sleep(0ns);
            co_await sleep(0ns);
            queue.put(7);   // tells the first
            first.cancel(); // which has not had its turn
            CO_COMPARE(co_await second, 7);
            co_await gatherWithExceptions(first);
            CO_VERIFY(first.isCancelled());
            CO_VERIFY(queue.isEmpty());
        }());
    }

    void s41_aQueueMayBeDestroyedOnceWhoAwaitedItWasCancelled_data() { carriers(); }
    void s41_aQueueMayBeDestroyedOnceWhoAwaitedItWasCancelled()
    {
        const auto loop = makeLoop();
        loop->runUntilComplete([]() -> Coroutine<> {
            auto queue = std::make_unique<Queue<int>>("queue");
            auto task = createTask(
                    [](Queue<int> &q) -> Coroutine<> { co_await getFrom(q); }(*queue));
            co_await sleep(0ns);
            co_await sleep(0ns);
            task.cancel();
            queue.reset();
            co_await gatherWithExceptions(task);
            CO_VERIFY(task.isCancelled());
        }());
    }

    void s41_eventsAndSemaphoresCanBeAwaited_data() { carriers(); }
    void s41_eventsAndSemaphoresCanBeAwaited()
    {
        Event event("event");
        Semaphore semaphore("semaphore", 0);
        const auto loop = makeLoop();
        std::unique_ptr<Thread> other;
        loop->runUntilComplete([&]() -> Coroutine<> {
            auto waiter = createTask([](Event &e) -> Coroutine<> { co_await whenSet(e); }(event));
            co_await sleep(0ns);
            co_await sleep(0ns);
            other = std::make_unique<Thread>("other", [&] {
                event.set();
                event.clear(); // the wait is done all the same
                semaphore.release(2);
                semaphore.release(1);
            });
            co_await waiter;
            co_await acquireFrom(semaphore, 3);
            CO_COMPARE(semaphore.available(), qsizetype(0));
            event.set();
            co_await whenSet(event);
        }());
        other->joinAndRethrow();
    }

    void s41_futuresOfQtCanBeAwaited_data() { carriers(); }
    void s41_futuresOfQtCanBeAwaited()
    {
        ThreadExecutor executor("workers", 2);
        const auto loop = makeLoop();
        loop->runUntilComplete([](Executor &pool) -> Coroutine<> {
            Event go("go");
            QFuture<int> later = pool.submit([&go] {
                static_cast<void>(go.wait());
                return 6;
            });
            EventLoop::current()->callSoon([&go] { go.set(); });
            CO_COMPARE(co_await later, 6);
            CO_COMPARE(co_await later, 6); // finished: at once, and again
            bool caught = false;
            try {
                co_await pool.submit([] { throw Misuse(QStringLiteral("there"), {}); });
            } catch (const Misuse &) {
                caught = true;
            }
            CO_VERIFY(caught);
            QPromise<int> promise;
            promise.start();
            auto waiting = createTask(
                    [](QFuture<int> future) -> Coroutine<> { co_await future; }(promise.future()));
            co_await sleep(0ns);
            co_await sleep(0ns);
            waiting.cancel();
            co_await gatherWithExceptions(waiting);
            CO_VERIFY(waiting.isCancelled());
            CO_VERIFY(promise.isCanceled());
        }(executor));
    }

    void s41_aSignalCanBeAwaitedOnceWithItsArguments_data() { carriers(); }
    void s41_aSignalCanBeAwaitedOnceWithItsArguments()
    {
        const auto loop = makeLoop();
        auto emitter = std::make_unique<Emitter>();
        std::unique_ptr<Thread> other;
        loop->runUntilComplete([&]() -> Coroutine<> {
            EventLoop &here = *EventLoop::current();
            here.callSoon([&] {
                Q_EMIT emitter->number(3);
                Q_EMIT emitter->number(4);
            });
            CO_COMPARE(co_await whenEmitted(emitter.get(), &Emitter::number), 3);
            here.callSoon([&] { Q_EMIT emitter->nothing(); });
            co_await whenEmitted(emitter.get(), &Emitter::nothing);
            here.callSoon([&] {
                other = std::make_unique<Thread>(
                        "other", [&] { Q_EMIT emitter->two(1, QStringLiteral("text")); });
            });
            const auto [first, second] = co_await whenEmitted(emitter.get(), &Emitter::two);
            CO_COMPARE(first, 1);
            CO_COMPARE(second, QStringLiteral("text"));
            here.callSoon([&] { emitter.reset(); });
            bool broken = false;
            try {
                co_await whenEmitted(emitter.get(), &Emitter::nothing);
            } catch (const Broken &) {
                broken = true;
            }
            CO_VERIFY(broken);
        }());
        other->joinAndRethrow();
    }

    void s41_aSignalWithAPrivateArgumentCanBeAwaited()
    {
        QtEventLoop loop("loop");
        loop.runUntilComplete([]() -> Coroutine<> {
            QTimer timer;
            timer.start(0);
            co_await whenEmitted(&timer, &QTimer::timeout);
        }());
    }

    void s41_theEndOfAProcessCanBeAwaited()
    {
        QtEventLoop loop("loop");
        loop.runUntilComplete([]() -> Coroutine<> {
            QProcess process;
            process.start(QStringLiteral("sh"), {QStringLiteral("-c"), QStringLiteral("exit 3")});
            const ProcessEnd end = co_await whenFinished(process);
            CO_COMPARE(end.exitCode, 3);
            CO_COMPARE(end.status, QProcess::NormalExit);
            CO_COMPARE((co_await whenFinished(process)).exitCode, 3);
            QProcess missing;
            missing.start(QStringLiteral("/nowhere/no-program"), {});
            bool broken = false;
            try {
                co_await whenFinished(missing);
            } catch (const Broken &) {
                broken = true;
            }
            CO_VERIFY(broken);
        }());
    }

    void s41_descriptorsCanBeAwaited_data() { carriers(); }
    void s41_descriptorsCanBeAwaited()
    {
        std::array<int, 2> ends{};
        QCOMPARE(::pipe(ends.data()), 0);
        const auto loop = makeLoop();
        QByteArray received;
        loop->runUntilComplete([](std::array<int, 2> pipe, QByteArray &bytes) -> Coroutine<> {
            auto reader = createTask([](int end, QByteArray &all) -> Coroutine<> {
                while (true) {
                    co_await whenReadable(end);
                    std::array<char, 16> buffer{};
                    const auto count = ::read(end, buffer.data(), buffer.size());
                    if (count <= 0)
                        break;
                    all.append(buffer.data(), count);
                }
            }(pipe[0], bytes));
            for (const char *word : {"one ", "two ", "three"}) {
                co_await whenWritable(pipe[1]);
                [[maybe_unused]] const auto written = ::write(pipe[1], word, qstrlen(word));
            }
            ::close(pipe[1]);
            co_await reader;
        }(ends, received));
        ::close(ends[0]);
        QCOMPARE(received, QByteArray("one two three"));
    }

    void s41_awaitablesOfOthersComeBackOnTheLoopsThread_data() { carriers(); }
    void s41_awaitablesOfOthersComeBackOnTheLoopsThread()
    {
        const auto loop = makeLoop();
        std::unique_ptr<Thread> thread;
        loop->runUntilComplete([&thread]() -> Coroutine<> {
            const auto *const here = QThread::currentThread();
            CO_COMPARE(co_await ElsewhereAwaitable{thread}, 5);
            CO_VERIFY(QThread::currentThread() == here);
        }());
        thread->joinAndRethrow();
    }

#ifdef HEDDLE_HAS_QCORO
    void s41_coroutinesOfQCoroCanBeAwaited()
    {
        QtEventLoop loop("loop");
        loop.runUntilComplete([]() -> Coroutine<> {
            const auto theirs = []() -> QCoro::Task<int> {
                QTimer timer;
                timer.start(1);
                co_await timer;
                co_return 9;
            };
            CO_COMPARE(co_await theirs(), 9);
        }());
    }
#endif

    void everyAwaitEndsWhenItsLoopDoesAndLocalVariablesEndToo_data()
    {
        carriers();
    }
    void everyAwaitEndsWhenItsLoopDoesAndLocalVariablesEndToo()
    {
        const Reports reports;
        Queue<int> empty("empty");
        Queue<int> full("full", 1);
        full.put(1);
        Event event("event");
        Semaphore semaphore("semaphore", 0);
        Emitter emitter;
        QPromise<int> promise;
        promise.start();
        int ended = 0;
        constexpr int Tasks = 10;
        {
            const auto loop = makeLoop();
            loop->runUntilComplete([&]() -> Coroutine<> {
                struct Local
                {
                    int &count;
                    ~Local() { ++count; }
                };
                const auto start = [&ended](auto await) {
                    createTask([](int &count, auto function) -> Coroutine<> {
                        const Local local{count};
                        co_await function();
                    }(ended, await));
                };
                start([&]() -> Coroutine<> { co_await getFrom(empty); });
                start([&]() -> Coroutine<> { co_await putInto(full, 2); });
                start([&]() -> Coroutine<> { co_await whenSet(event); });
                start([&]() -> Coroutine<> { co_await acquireFrom(semaphore); });
                start([&]() -> Coroutine<> { co_await whenEmitted(&emitter, &Emitter::number); });
                start([&]() -> Coroutine<> { co_await promise.future(); });
                start([]() -> Coroutine<> { co_await sleep(24h); });
                start([]() -> Coroutine<> {
                    co_await gather([]() -> Coroutine<> { co_await sleep(24h); }());
                });
                start([]() -> Coroutine<> {
                    co_await waitFor([]() -> Coroutine<> { co_await sleep(24h); }(), 23h);
                });
                start([]() -> Coroutine<> {
                    co_await createTask([]() -> Coroutine<> { co_await sleep(24h); }());
                });
                for (int k = 0; k < 5; ++k)
                    co_await sleep(0ns);
            }());
            event.set(); // told, and has no turn any more
            empty.put(1);
        }
        QCOMPARE(ended, Tasks);
        QCOMPARE(reports.count(CoroutineReport::Kind::StillPending), Tasks + 3);
        semaphore.release();
        QVERIFY(semaphore.tryAcquire()); // nobody is left there
        Q_EMIT emitter.number(1);
        promise.finish();
    }

    void aNestedQtLoopLetsOtherTasksGoOn()
    {
        QtEventLoop loop("loop");
        loop.runUntilComplete([]() -> Coroutine<> {
            QEventLoop dialog;
            auto closer = createTask([](QEventLoop &open) -> Coroutine<> {
                for (int k = 0; k < 5; ++k)
                    co_await sleep(1ms);
                open.quit();
            }(dialog));
            dialog.exec(); // inside a step
            co_await closer;
        }());
    }

    void aTaskOfAnotherLoopCannotBeAwaited()
    {
        StandaloneLoop first("first");
        const auto task = first.createTask([]() -> Coroutine<> { co_await sleep(0ns); }());
        StandaloneLoop second("second");
        bool misuse = false;
        second.runUntilComplete([](CoroutineTask<> foreign, bool &seen) -> Coroutine<> {
            try {
                co_await foreign;
            } catch (const Misuse &) {
                seen = true;
            }
        }(task, misuse));
        QVERIFY(misuse);
        first.runUntilComplete(task);
    }

    void runUntilCompleteThrowsWhenTheLoopIsStoppedBefore()
    {
        StandaloneLoop loop("loop");
        auto task = loop.createTask([]() -> Coroutine<> { co_await sleep(24h); }());
        loop.callLater(1ms, [&loop] { loop.stop(); });
        QVERIFY_THROWS_EXCEPTION(Misuse, loop.runUntilComplete(task));
        loop.cancelAllAndWait();
        QVERIFY(task.isCancelled());
        loop.callSoon([&loop] { loop.stop(); });
        loop.run();
    }

private:
    static void sleepOutside()
    {
        static_cast<void>(EventLoop::running("sleep"));
    }
};

QTEST_GUILESS_MAIN(TestEventLoopConformance)
#include "tst_eventloop.moc"
