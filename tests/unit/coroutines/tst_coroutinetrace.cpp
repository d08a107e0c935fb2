// SPDX-License-Identifier: Apache-2.0
// What the headers of loops and coroutines promise under "Trace:", as a user sees it.
#include "../trace/recordedtrace.h"

#include <heddle/core/queue.h>
#include <heddle/core/thread.h>
#include <heddle/coroutines/awaitqueue.h>
#include <heddle/coroutines/gather.h>
#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>

#include <QTest>

#include <stdexcept>

using namespace heddle;
using namespace std::chrono_literals;

class TestCoroutineTrace : public QObject
{
    Q_OBJECT

    using States = std::vector<TaskState>;

    static std::size_t taskCalled(const RecordedTrace &trace, const char *name)
    {
        for (std::size_t task = 0; task < trace.store.taskCount(); ++task) {
            if (trace.store.name(trace.store.task(task).name) == QLatin1String(name))
                return task;
        }
        qFatal("no coroutine %s was recorded", name);
    }
    static const CoroutineTrack &track(const RecordedTrace &trace, const char *name)
    {
        return trace.store.coroutine(*trace.store.task(taskCalled(trace, name)).coroutine);
    }
    static States statesOf(const RecordedTrace &trace, const char *name)
    {
        States states;
        for (std::size_t k = 0; k < track(trace, name).size(); ++k)
            states.push_back(track(trace, name).at(k).state);
        return states;
    }

private Q_SLOTS:
    void aTaskHasATrackOfItsOwnWithItsStates()
    {
        RecordedTrace trace;
        runCoroutine(
                []() -> Coroutine<> {
                    co_await createTask(
                            []() -> Coroutine<> {
                                co_await []() -> Coroutine<> {
                                    co_return;
                                }(); // suspends nothing: no record
                                co_await sleep(0ns);
                                co_await sleep(1ms);
                            }(),
                            "worker");
                }(),
                "main");
        trace.end();
        QCOMPARE(statesOf(trace, "worker"),
                 (States{TaskState::Created, TaskState::Ready, TaskState::Running, TaskState::Ready,
                         TaskState::Running, TaskState::Waiting, TaskState::Ready,
                         TaskState::Running, TaskState::Finished}));
        const TaskInfo info = trace.store.task(taskCalled(trace, "worker"));
        QCOMPARE(trace.store.objects()[*info.executor].name, QStringLiteral("main"));
        QCOMPARE(track(trace, "worker").at(5).reason, WaitReason::Sleep);
    }

    void whoEndsAWaitIsKnownAndWhatItWasFor()
    {
        RecordedTrace trace;
        Queue<int> queue("items");
        StandaloneLoop loop("loop");
        std::unique_ptr<Thread> other;
        loop.runUntilComplete(
                [](Queue<int> &q, std::unique_ptr<Thread> &thread) -> Coroutine<> {
                    thread = std::make_unique<Thread>(
                            "putter", [&q] { q.put(1); }, Thread::Start::Later);
                    EventLoop::current()->callSoon([&thread] { thread->start(); });
                    co_await getFrom(q);
                }(queue, other),
                "getter");
        other->joinAndRethrow();
        trace.end();
        const CoroutineTrack &getter = track(trace, "getter");
        std::size_t waiting = 0;
        while (getter.at(waiting).state != TaskState::Waiting)
            ++waiting;
        QCOMPARE(getter.at(waiting).reason, WaitReason::QueueEmpty);
        QCOMPARE(*getter.at(waiting).object, trace.object("items"));
        QCOMPARE(*getter.wakerOf(waiting), trace.thread("putter"));
    }

    void endsAreToldApart()
    {
        RecordedTrace trace;
        runCoroutine([]() -> Coroutine<> {
            auto failing = createTask(
                    []() -> Coroutine<> {
                        co_await sleep(0ns);
                        throw std::runtime_error("failed");
                    }(),
                    "failing");
            auto cancelled = createTask([]() -> Coroutine<> { co_await sleep(24h); }(),
                                        "cancelled");
            auto neverBegun = createTask([]() -> Coroutine<> { co_return; }(), "never begun");
            neverBegun.cancel();
            co_await sleep(0ns);
            co_await sleep(0ns);
            cancelled.cancel();
            co_await gatherWithExceptions(failing, cancelled, neverBegun);
        }());
        trace.end();
        QCOMPARE(trace.store.task(taskCalled(trace, "failing")).state, TaskState::Failed);
        QCOMPARE(trace.store.task(taskCalled(trace, "cancelled")).state, TaskState::Cancelled);
        QCOMPARE(trace.store.task(taskCalled(trace, "never begun")).state, TaskState::Cancelled);
        QCOMPARE(trace.store.task(taskCalled(trace, "never begun")).runningNs,
                 Interval::Unfinished);
    }

    void aTaskWithoutANameIsCalledAfterItsFunction()
    {
        RecordedTrace trace;
        runCoroutine([]() -> Coroutine<> { co_await createTask(wanderer()); }());
        trace.end();
        bool found = false;
        for (std::size_t task = 0; task < trace.store.taskCount(); ++task) {
            found = found
                    || trace.store.name(trace.store.task(task).name)
                               .contains(QLatin1String("wanderer"));
        }
        QVERIFY(found);
    }

    void aRecordingThatBeginsOrEndsInBetweenDoesNoHarm()
    {
        StandaloneLoop loop("loop");
        auto task = loop.createTask([]() -> Coroutine<> {
            for (int k = 0; k < 10; ++k)
                co_await sleep(0ns);
        }());
        const auto turn = [&loop] {
            loop.runUntilComplete([]() -> Coroutine<> { co_await sleep(0ns); }());
        };
        turn();
        for (int round = 0; round < 2; ++round) {
            RecordedTrace trace;
            turn();
            trace.end();
            turn();
        }
        loop.runUntilComplete(task);
    }

private:
    static Coroutine<> wanderer() { co_return; }
};

QTEST_GUILESS_MAIN(TestCoroutineTrace)
#include "tst_coroutinetrace.moc"
