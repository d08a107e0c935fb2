// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/thread.h>

#include <QElapsedTimer>
#include <QTest>

#include <atomic>
#include <memory>
#include <stdexcept>

using namespace heddle;
using namespace std::chrono_literals;

// No statement of docs/semantics.md is about threads: these are the promises of thread.h, most of
// them std::jthread's.
class TestThreadConformance : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theFunctionRunsInAThreadOfItsOwnUnderItsName()
    {
        QThread *inside = nullptr;
        QString name;
        Thread thread("worker", [&] {
            inside = QThread::currentThread();
            name = inside->objectName();
        });
        thread.join();
        QCOMPARE(inside, &thread);
        QCOMPARE(name, QStringLiteral("worker"));
    }

    void aThreadForLaterRunsWhenItIsStarted()
    {
        std::atomic<bool> hasRun{false};
        Thread thread(
                "later", [&] { hasRun = true; }, Thread::Start::Later);
        thread.join(); // returns at once: it was never started
        QVERIFY(thread.joinFor(0ms));
        QVERIFY(!hasRun);
        thread.start();
        thread.join();
        QVERIFY(hasRun);
    }

    void itsOptionsAreThoseOfQThread()
    {
        constexpr uint stackBytes = 256 << 10;
        Event go("go");
        Thread thread("low", [&] { go.wait(); },
                      {.priority = QThread::LowPriority, .stackBytes = stackBytes});
        QCOMPARE(thread.priority(), QThread::LowPriority);
        QCOMPARE(thread.stackSize(), stackBytes);
        go.set();
    }

    void anExceptionEndsTheThreadAndReachesWhoeverJoins()
    {
        Thread thread("failing", [] { throw std::runtime_error("no"); });
        thread.join();
        QVERIFY(thread.exception());
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, thread.joinAndRethrow());
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, thread.joinAndRethrow()); // and again
        Thread fine("fine", [] {});
        fine.joinAndRethrow();
        QVERIFY(!fine.exception());
    }

    void aFunctionThatTakesAStopTokenHearsOfTheRequest()
    {
        Event never("never");
        std::atomic<bool> stopped{false};
        Thread thread("stoppable",
                      [&](std::stop_token stop) { stopped = !never.wait(std::move(stop)); });
        QVERIFY(!thread.stopToken().stop_requested());
        QVERIFY(thread.requestStop());
        QVERIFY(!thread.requestStop()); // it was requested already
        thread.join();
        QVERIFY(stopped);
        QVERIFY(thread.stopToken().stop_requested());
    }

    void theDestructorRequestsTheStopAndWaits()
    {
        Event never("never");
        std::atomic<bool> hasEnded{false};
        {
            const Thread thread("stoppable", [&](std::stop_token stop) {
                never.wait(std::move(stop));
                for (int k = 0; k < 1000; ++k)
                    QThread::yieldCurrentThread();
                hasEnded = true;
            });
        }
        QVERIFY(hasEnded);
    }

    void aJoinWithATimeoutGivesUpAfterAtLeastThatLong()
    {
        Event go("go");
        Thread thread("busy", [&] { go.wait(); });
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(thread.joinFor(20ms), Outcome::TimedOut);
        QVERIFY(timer.nsecsElapsed() >= 20'000'000);
        QVERIFY(!thread.isFinished());
        go.set();
        QCOMPARE(thread.joinFor(1h), Outcome::Done);
        QVERIFY(thread.isFinished());
        QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(thread.joinFor(-1ns)));
    }

    void aJoinEndsWhenItsStopIsRequested()
    {
        Event go("go");
        Event joining("joining");
        Thread busy("busy", [&] { go.wait(); });
        std::stop_source stop;
        Outcome outcome = Outcome::Done;
        Thread joiner("joiner", [&] {
            joining.set();
            outcome = busy.joinFor(1h, stop.get_token());
        });
        joining.wait();
        stop.request_stop();
        joiner.join();
        go.set();
        QCOMPARE(outcome, Outcome::Stopped);
    }

    void manyMayJoinOneThread()
    {
        Event go("go");
        Thread busy("busy", [&] { go.wait(); });
        std::atomic<int> joined{0};
        std::vector<std::unique_ptr<Thread>> joiners;
        for (int k = 0; k < 4; ++k) {
            joiners.push_back(std::make_unique<Thread>("joiner", [&] {
                busy.join();
                ++joined;
            }));
        }
        go.set();
        joiners.clear();
        QCOMPARE(joined.load(), 4);
    }

    void joiningItselfIsAnError()
    {
        Thread *self = nullptr;
        Event known("known");
        Thread thread("self", [&] {
            known.wait();
            self->join();
        });
        self = &thread;
        known.set();
        QVERIFY_THROWS_EXCEPTION(Misuse, thread.joinAndRethrow());
    }
};

QTEST_GUILESS_MAIN(TestThreadConformance)
#include "tst_thread.moc"
