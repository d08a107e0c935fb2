// SPDX-License-Identifier: Apache-2.0
// Ends in the wrong order, exceptions in every place, cancellations within cancellations.
#include "coroutinecheck.h"

#include <heddle/core/error.h>
#include <heddle/core/thread.h>
#include <heddle/coroutines/gather.h>
#include <heddle/coroutines/qteventloop.h>
#include <heddle/coroutines/shield.h>
#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>
#include <heddle/coroutines/taskgroup.h>
#include <heddle/coroutines/waitfor.h>

#include <QTest>

#include <memory>
#include <stdexcept>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

struct Counted
{
    static inline int living = 0;
    Counted() { ++living; }
    Counted(const Counted &) { ++living; }
    Counted(Counted &&) noexcept { ++living; }
    Counted &operator=(const Counted &) = default;
    ~Counted() { --living; }
};

struct ThrowsWhenMoved
{
    ThrowsWhenMoved() = default;
    ThrowsWhenMoved(const ThrowsWhenMoved &) { throw std::runtime_error("copy"); }
    ThrowsWhenMoved(ThrowsWhenMoved &&) { throw std::runtime_error("move"); }
};

struct ThrowsAtItsEnd
{
    ~ThrowsAtItsEnd() noexcept(false) { throw std::runtime_error("end"); }
};

Coroutine<> forEver()
{
    co_await sleep(24h);
}

} // namespace

class TestCoroutineLifetime : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { Counted::living = 0; }
    void cleanup() { QCOMPARE(Counted::living, 0); }

    void parametersAndLocalVariablesEndExactlyOnce()
    {
        runCoroutine([](Counted) -> Coroutine<> {
            const Counted local;
            const auto inner = [](Counted, Counted) -> Coroutine<Counted> {
                const Counted here;
                co_await sleep(0ns);
                co_return here;
            };
            const Counted result = co_await inner(Counted(), Counted());
            const auto task = createTask(inner(Counted(), Counted()));
            co_await task;
        }(Counted()));
    }

    void aTasksParametersEndWithItAndNotWithItsHandle()
    {
        runCoroutine([]() -> Coroutine<> {
            const auto task = createTask([](Counted) -> Coroutine<> { co_return; }(Counted()));
            CO_COMPARE(Counted::living, 1);
            co_await task;
            CO_COMPARE(Counted::living, 0);
        }());
    }

    void aCoroutineNeverAwaitedDropsItsParameters()
    {
        const Reports reports;
        static_cast<void>([](Counted) -> Coroutine<> { co_return; }(Counted()));
        QCOMPARE(reports.count(CoroutineReport::Kind::NeverAwaited), 1);
    }

    void resultsThatThrowWhenMovedEndAsExceptions()
    {
        int caught = 0;
        runCoroutine([](int &count) -> Coroutine<> {
            const auto make = []() -> Coroutine<ThrowsWhenMoved> { co_return {}; };
            try {
                static_cast<void>(co_await make());
            } catch (const std::runtime_error &) {
                ++count;
            }
            const auto task = createTask(make());
            try {
                co_await task;
            } catch (const std::runtime_error &) {
                ++count;
            }
        }(caught));
        QCOMPARE(caught, 2);
    }

    void anExceptionAfterTheReturnReplacesTheResult()
    {
        int caught = 0;
        runCoroutine([](int &count) -> Coroutine<> {
            try {
                co_await []() -> Coroutine<Counted> {
                    const ThrowsAtItsEnd end;
                    co_return Counted();
                }();
            } catch (const std::runtime_error &) {
                ++count;
            }
        }(caught));
        QCOMPARE(caught, 1);
    }

    void aFunctionCalledByTheLoopMayThrow()
    {
        const Reports reports;
        StandaloneLoop loop("loop");
        loop.callSoon([] { throw std::runtime_error("call"); });
        loop.callSoonThreadSafe([] { throw 5; });
        loop.runUntilComplete([]() -> Coroutine<> {
            co_await sleep(0ns);
            co_await sleep(0ns);
        }());
        QCOMPARE(reports.count(CoroutineReport::Kind::CallbackFailed), 2);
    }

    void functionsThatTheLoopDidNotCallAreDroppedAtItsEnd()
    {
        auto kept = std::make_shared<int>();
        {
            StandaloneLoop loop("loop");
            loop.callSoon([kept] {});
            loop.callLater(24h, [kept] {});
            ScheduledCall cancelled = loop.callLater(24h, [kept] {});
            cancelled.cancel();
            loop.callSoonThreadSafe([kept] {});
        }
        QCOMPARE(kept.use_count(), 1L);
        {
            QtEventLoop loop("loop");
            loop.callSoon([kept] {});
            loop.callLater(24h, [kept] {});
            loop.callSoonThreadSafe([kept] {});
        }
        QCOMPARE(kept.use_count(), 1L);
    }

    void aHandleOutlivesItsLoop()
    {
        const Reports reports;
        CoroutineTask<> notStarted;
        CoroutineTask<> suspended;
        {
            StandaloneLoop loop("loop");
            suspended = loop.createTask([](Counted) -> Coroutine<> {
                const Counted local;
                co_await forEver();
            }(Counted()));
            loop.runUntilComplete([]() -> Coroutine<> { co_await sleep(0ns); }());
            notStarted = loop.createTask([](Counted) -> Coroutine<> { co_return; }(Counted()));
        }
        QVERIFY(notStarted.isCancelled());
        QVERIFY(suspended.isCancelled());
        QCOMPARE(reports.count(CoroutineReport::Kind::StillPending), 2);
        QVERIFY_THROWS_EXCEPTION(Cancelled, suspended.result());
    }

    void aDestructorMayUseTheLoopThatEnds()
    {
        const Reports reports;
        struct Spawns
        {
            EventLoop &loop;
            CoroutineTask<> other;
            ~Spawns()
            {
                other.cancel();
                loop.createTask(forEver());
                loop.callSoon([] {});
                loop.callLater(1ms, [] {});
            }
        };
        for (int order = 0; order < 2; ++order) {
            StandaloneLoop loop("loop");
            CoroutineTask<> other;
            if (order == 0)
                other = loop.createTask(forEver());
            loop.createTask([](EventLoop &here, CoroutineTask<> &victim) -> Coroutine<> {
                if (!victim)
                    victim = createTask(forEver());
                const Spawns spawns{here, victim};
                co_await forEver();
            }(loop, other));
            loop.runUntilComplete([]() -> Coroutine<> {
                for (int k = 0; k < 3; ++k)
                    co_await sleep(0ns);
            }());
        }
    }

    void cancellingWhileCancellingIsOnce()
    {
        int delivered = 0;
        runCoroutine([](int &count) -> Coroutine<> {
            CoroutineTask<> task;
            task = createTask([](CoroutineTask<> &self, int &times) -> Coroutine<> {
                try {
                    co_await sleep(24h);
                } catch (const Cancelled &) {
                    ++times;
                }
                self.cancel(); // again, while it cleans up
                try {
                    co_await sleep(0ns);
                } catch (const Cancelled &) {
                    ++times;
                }
                co_await sleep(0ns); // and goes on unharmed
            }(task, count));
            co_await sleep(0ns);
            co_await sleep(0ns);
            task.cancel();
            task.cancel();
            co_await task;
            CO_VERIFY(!task.isCancelled());
        }(delivered));
        QCOMPARE(delivered, 2);
    }

    void tasksThatAwaitEachOtherCanBeCancelled()
    {
        runCoroutine([]() -> Coroutine<> {
            CoroutineTask<> first;
            CoroutineTask<> second;
            const auto awaiting = [](CoroutineTask<> &other) -> Coroutine<> { co_await other; };
            first = createTask(awaiting(second));
            second = createTask(awaiting(first));
            co_await sleep(0ns);
            co_await sleep(0ns);
            first.cancel();
            co_await gatherWithExceptions(first, second);
            CO_VERIFY(first.isCancelled());
            CO_VERIFY(second.isCancelled());
            CoroutineTask<> self;
            bool misuse = false;
            self = createTask([](CoroutineTask<> &me, bool &seen) -> Coroutine<> {
                try {
                    co_await me;
                } catch (const Misuse &) {
                    seen = true;
                }
            }(self, misuse));
            co_await self;
            CO_VERIFY(misuse);
        }());
    }

    void aLongChainOfTasksIsCancelledWithoutRecursion()
    {
        runCoroutine([]() -> Coroutine<> {
            CoroutineTask<> last = createTask(forEver());
            const CoroutineTask<> first = last;
            for (int k = 0; k < 100'000; ++k) {
                last = createTask([](CoroutineTask<> awaited) -> Coroutine<> {
                    co_await std::move(awaited);
                }(std::move(last)));
            }
            for (int k = 0; k < 3; ++k)
                co_await sleep(0ns);
            last.cancel();
            co_await gatherWithExceptions(last);
            CO_VERIFY(last.isCancelled());
            CO_VERIFY(first.isCancelled());
        }());
    }

    void theEndOfALoopEndsAnAwaiterBeforeAndAfterWhatItAwaits()
    {
        const Reports reports;
        for (int order = 0; order < 2; ++order) {
            StandaloneLoop loop("loop");
            CoroutineTask<> inner = loop.createTask(forEver());
            loop.createTask([](CoroutineTask<> &awaited, bool older) -> Coroutine<> {
                const Counted local;
                if (older)
                    co_await awaited;
                else
                    co_await createTask(forEver());
            }(inner, order == 0));
            loop.createTask([](CoroutineTask<> awaited) -> Coroutine<> {
                const Counted local;
                co_await gather(awaited, forEver(), forEver());
            }(inner));
            loop.createTask([](CoroutineTask<> awaited) -> Coroutine<> {
                const Counted local;
                co_await waitFor(awaited, 24h);
            }(inner));
            loop.createTask([](CoroutineTask<> awaited) -> Coroutine<> {
                const Counted local;
                co_await shield(awaited);
            }(inner));
            loop.createTask([]() -> Coroutine<> {
                const Counted local;
                co_await withTaskGroup([](TaskGroup &group) -> Coroutine<> {
                    group.createTask(forEver());
                    co_await forEver();
                });
            }());
            loop.runUntilComplete([]() -> Coroutine<> {
                for (int k = 0; k < 5; ++k)
                    co_await sleep(0ns);
            }());
            if (order == 1)
                inner.cancel(); // and its awaiters have no turn any more
        }
    }

    void runCoroutineCancelsAndAwaitsWhatIsLeft()
    {
        const Reports reports;
        bool isCleanedUp = false;
        runCoroutine([](bool &cleanedUp) -> Coroutine<> {
            createTask([](bool &seen) -> Coroutine<> {
                try {
                    co_await sleep(24h);
                } catch (const Cancelled &) {
                    seen = true;
                    throw;
                }
            }(cleanedUp));
            co_await sleep(0ns);
            co_await sleep(0ns);
        }(isCleanedUp));
        QVERIFY(isCleanedUp);
        QVERIFY(reports.seen.empty());
    }

    void loopsDoNotNest()
    {
        runCoroutine([]() -> Coroutine<> {
            bool misuse = false;
            try {
                runCoroutine(forEver());
            } catch (const Misuse &) {
                misuse = true;
            }
            CO_VERIFY(misuse);
        }());
    }

    void aHandleMayBeDroppedInAnotherThread()
    {
        StandaloneLoop loop("loop");
        for (int round = 0; round < 100; ++round) {
            auto task = loop.createTask([]() -> Coroutine<int> {
                co_await sleep(0ns);
                co_return 1;
            }());
            Thread other("other", [task] {
                while (!task.isDone())
                    QThread::yieldCurrentThread();
            });
            loop.runUntilComplete(std::as_const(task));
            task = {};
            other.joinAndRethrow();
        }
    }

    void futuresOfTasksAreCancelledWhenTheirLoopEnds()
    {
        const Reports reports;
        QFuture<int> never;
        QFuture<int> neverStarted;
        {
            StandaloneLoop loop("loop");
            never = loop.runThreadSafe([]() -> Coroutine<int> {
                co_await forEver();
                co_return 1;
            }());
            loop.runUntilComplete([]() -> Coroutine<> {
                for (int k = 0; k < 3; ++k)
                    co_await sleep(0ns);
            }());
            neverStarted = loop.runThreadSafe([]() -> Coroutine<int> { co_return 1; }());
        }
        QVERIFY(never.isFinished() && never.isCanceled());
        QVERIFY(neverStarted.isFinished() && neverStarted.isCanceled());
    }
};

QTEST_GUILESS_MAIN(TestCoroutineLifetime)
#include "tst_lifetime.moc"
