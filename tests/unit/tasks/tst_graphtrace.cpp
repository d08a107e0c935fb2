// SPDX-License-Identifier: Apache-2.0
#include "../trace/recordedtrace.h"

#include <heddle/core/event.h>
#include <heddle/tasks/executor.h>
#include <heddle/tasks/graph.h>
#include <heddle/tasks/timerservice.h>

#include <QTest>

#include <set>
#include <stdexcept>

using namespace heddle;
using namespace std::chrono_literals;

// What graph.h, resourcelimit.h and timerservice.h promise under "Trace:".
class TestGraphTrace : public QObject
{
    Q_OBJECT

    static std::multiset<QString> slices(const RecordedTrace &trace)
    {
        std::multiset<QString> names;
        for (std::size_t thread = 0; thread < trace.store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < trace.store.depthCount(thread); ++depth) {
                const IntervalTrack &track = trace.store.slices(thread, depth);
                for (std::size_t k = 0; k < track.size(); ++k)
                    names.insert(trace.store.name(track.at(k).value));
            }
        }
        return names;
    }

private Q_SLOTS:
    void eachNodeThatRunsIsATaskWithItsName()
    {
        RecordedTrace trace;
        {
            const auto executor = makeExecutor(ExecutorKind::Threads, "worker", 2);
            Graph graph("diamond");
            GraphNode a = graph.add("a", [] {});
            GraphNode which = graph.addCondition("which", [] { return 1; });
            GraphNode b = graph.add("b", [] {});
            GraphNode c = graph.add("c", [] {});
            GraphNode d = graph.add("d", [] { throw std::runtime_error("no"); });
            GraphNode e = graph.add("e", [] {});
            a.precede(which);
            which.precede(b, c);
            c.precede(d);
            d.precede(e);
            static_cast<void>(graph.run(*executor).waitFor(1min));
        }
        trace.end();
        QCOMPARE(trace.objectInfo("diamond").kind, ObjectKind::Executor);
        QCOMPARE(trace.objectInfo("diamond done").kind, ObjectKind::Event);
        const std::multiset<QString> names = slices(trace);
        for (const char *ran : {"a", "which", "c", "d"})
            QCOMPARE(names.count(QString::fromLatin1(ran)), std::size_t{1});
        for (const char *didNot : {"b", "e"})
            QCOMPARE(names.count(QString::fromLatin1(didNot)), std::size_t{0});
        QCOMPARE(trace.store.counts().lost, std::uint64_t{0});
    }

    void aNodeOfALoopIsATaskInEachRound()
    {
        RecordedTrace trace;
        {
            const auto executor = makeExecutor(ExecutorKind::Threads, "worker", 1);
            int rounds = 0;
            Graph graph("loop");
            GraphNode start = graph.add("start", [] {});
            GraphNode body = graph.add("body", [&] { ++rounds; });
            GraphNode again = graph.addCondition("again", [&] { return rounds < 3 ? 0 : -1; });
            start.precede(body);
            body.precede(again);
            again.precede(body);
            graph.run(*executor).wait();
        }
        trace.end();
        QCOMPARE(slices(trace).count(QStringLiteral("body")), std::size_t{3});
        QCOMPARE(slices(trace).count(QStringLiteral("again")), std::size_t{3});
    }

    void aLimitShowsTheRoomThatIsLeft()
    {
        RecordedTrace trace;
        {
            const auto executor = makeExecutor(ExecutorKind::Threads, "worker", 2);
            const ResourceLimit limit("gpu", 2);
            Graph graph("g");
            GraphNode a = graph.add("a", [] {});
            GraphNode b = graph.add("b", [] {});
            a.limitedBy(limit).precede(b);
            b.limitedBy(limit);
            graph.run(*executor).wait();
        }
        trace.end();
        QCOMPARE(trace.objectInfo("gpu").kind, ObjectKind::Semaphore);
        QCOMPARE(trace.counter("gpu"), (std::vector<qint64>{2, 1, 2, 1, 2}));
    }

    void aTimerServiceDoesNotWakeBeforeTheNextDueTime()
    {
        RecordedTrace trace;
        {
            const auto executor = makeExecutor(ExecutorKind::Threads, "worker", 1);
            TimerService service("clockwork");
            Event ran("ran");
            const Timer timer = service.after(*executor, 5ms, [&] { ran.set(); });
            ran.wait();
        }
        trace.end();
        QCOMPARE(trace.counter("clockwork"), (std::vector<qint64>{1, 0, 0}));
        const auto &waits = trace.store.waits(trace.thread("clockwork"));
        // Until there is a timer, until it is due, until the end: nothing in between.
        QVERIFY(waits.size() <= 3);
    }
};

QTEST_GUILESS_MAIN(TestGraphTrace)
#include "tst_graphtrace.moc"
