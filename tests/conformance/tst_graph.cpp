// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/semaphore.h>
#include <heddle/tasks/executor.h>
#include <heddle/tasks/graph.h>

#include <QRegularExpression>
#include <QTest>
#include <QThread>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

// What ran, in its order.
class Journal
{
public:
    auto note(const char *what)
    {
        return [this, what] { add(what); };
    }
    void add(const char *what)
    {
        const std::lock_guard lock(m_mutex);
        m_entries << QString::fromUtf8(what);
    }
    [[nodiscard]] QStringList entries() const
    {
        const std::lock_guard lock(m_mutex);
        return m_entries;
    }
    [[nodiscard]] QString text() const { return entries().join(' '); }

private:
    mutable std::mutex m_mutex;
    QStringList m_entries;
};

QString messageOf(const std::function<void()> &refused)
{
    try {
        refused();
    } catch (const Misuse &misuse) {
        return misuse.message();
    }
    return QStringLiteral("nothing was refused");
}

} // namespace

class TestGraphConformance : public QObject
{
    Q_OBJECT

    std::unique_ptr<Executor> m_executor;

    // Which does not grow when its workers are blocked.
    static std::unique_ptr<Executor> exactly(int threads)
    {
        return makeExecutor(ExecutorKind::Threads, "worker",
                            {.threads = threads, .blockedWorkers = BlockedWorkerPolicy::Ignore});
    }

    static void kinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("threads") << int(ExecutorKind::Threads);
        QTest::newRow("thread pool") << int(ExecutorKind::ThreadPool);
        QTest::newRow("QtConcurrent") << int(ExecutorKind::Concurrent);
        QTest::newRow("event loop") << int(ExecutorKind::EventLoop);
        QTest::newRow("work stealing") << int(ExecutorKind::WorkStealing);
    }

private Q_SLOTS:
    void init() { m_executor = exactly(3); }
    void cleanup() { m_executor.reset(); }

    void s28_aNodeRunsAfterAllItsPredecessors_data() { kinds(); }
    void s28_aNodeRunsAfterAllItsPredecessors()
    {
        QFETCH(int, kind);
        const auto executor = makeExecutor(static_cast<ExecutorKind>(kind), "x", 2);
        Journal journal;
        Graph graph("diamond");
        GraphNode a = graph.add("a", journal.note("a"));
        GraphNode b = graph.add("b", journal.note("b"));
        GraphNode c = graph.add("c", journal.note("c"));
        GraphNode d = graph.add("d", journal.note("d"));
        a.precede(b, c);
        d.succeed(b, c);
        GraphRun run = graph.run(*executor);
        run.wait();
        const QStringList order = journal.entries();
        QCOMPARE(order.size(), 4);
        QCOMPARE(order.first(), QStringLiteral("a"));
        QCOMPARE(order.last(), QStringLiteral("d"));
        for (const GraphNode &node : {a, b, c, d})
            QCOMPARE(run.state(node), NodeState::Succeeded);
        QVERIFY(run.isFinished());
        QVERIFY(run.future().isFinished());
    }

    void s28_independentNodesRunAtTheSameTime()
    {
        Graph graph;
        Event first("first");
        Event second("second");
        graph.add("one", [&] {
            first.set();
            second.wait();
        });
        graph.add("other", [&] {
            second.set();
            first.wait();
        });
        graph.run(*m_executor).wait();
    }

    void s28_anEmptyGraphEndsAtOnce()
    {
        Graph graph;
        GraphRun run = graph.run(*m_executor);
        QVERIFY(run.isFinished());
        run.wait();
    }

    void s28_aFailureSkipsItsDependentsAndIsReportedOnce()
    {
        Journal journal;
        Graph graph;
        GraphNode good = graph.add("good", journal.note("good"));
        GraphNode bad = graph.add("bad", [] { throw std::runtime_error("bad luck"); });
        GraphNode next = graph.add("next", journal.note("next"));
        GraphNode last = graph.add("last", journal.note("last"));
        GraphNode other = graph.add("other", journal.note("other"));
        bad.precede(next);
        next.precede(last);
        good.precede(last, other);
        GraphRun run = graph.run(*m_executor);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, run.wait());
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, run.future().waitForFinished());
        QCOMPARE(run.state(bad), NodeState::Failed);
        QCOMPARE(run.state(next), NodeState::Skipped);
        QCOMPARE(run.state(last), NodeState::Skipped);
        QCOMPARE(run.state(other), NodeState::Succeeded);
        QCOMPARE(journal.text(), QStringLiteral("good other"));
        QCOMPARE(run.failures().size(), std::size_t{1});
        QCOMPARE(run.failures()[0].node, QStringLiteral("bad"));
    }

    void s28_furtherFailuresAreKept()
    {
        Graph graph;
        Event failed("failed");
        graph.add("one", [&] {
            failed.set();
            throw std::runtime_error("1");
        });
        graph.add("two", [&] {
            failed.wait();
            throw std::logic_error("2");
        });
        GraphRun run = graph.run(*m_executor);
        QVERIFY(run.waitFor(1min));
        QCOMPARE(run.failures().size(), std::size_t{2});
    }

    void s28_cyclesAreRefusedWithTheirNames()
    {
        Graph graph;
        std::atomic<int> ran{0};
        const auto count = [&] { ++ran; };
        GraphNode start = graph.add("start", count);
        GraphNode a = graph.add("a", count);
        GraphNode b = graph.add("b", count);
        GraphNode c = graph.add("c", count);
        GraphNode after = graph.add("after", count);
        start.precede(a);
        a.precede(b);
        b.precede(c);
        c.precede(a, after);
        QCOMPARE(messageOf([&] { static_cast<void>(graph.run(*m_executor)); }),
                 QStringLiteral("The graph has a cycle: a → b → c → a"));
        Graph self;
        GraphNode alone = self.add("alone", count);
        alone.precede(alone);
        QCOMPARE(messageOf([&] { static_cast<void>(self.run(*m_executor)); }),
                 QStringLiteral("The graph has a cycle: alone → alone"));
        QCOMPARE(ran.load(), 0);
    }

    void s28_aGraphCanRunAgainAndBeChangedInBetween()
    {
        Journal journal;
        Graph graph;
        GraphNode a = graph.add("a", journal.note("a"));
        graph.run(*m_executor).wait();
        graph.run(*m_executor).wait();
        GraphNode b = graph.add("b", journal.note("b"));
        a.precede(b);
        graph.run(*m_executor).wait();
        QCOMPARE(journal.text(), QStringLiteral("a a a b"));
    }

    void s28_aRunGoesOnWithoutItsGraphAndItsHandle()
    {
        Event go("go");
        std::atomic<int> ran{0};
        QFuture<void> end;
        {
            Graph graph;
            GraphNode a = graph.add("a", [&] { go.wait(); });
            GraphNode b = graph.add("b", [&] { ++ran; });
            a.precede(b);
            end = graph.run(*m_executor).future();
        }
        go.set();
        end.waitForFinished();
        QCOMPARE(ran.load(), 1);
    }

    void s28_severalRunsAtOnceKeepApart()
    {
        std::atomic<int> ran{0};
        Graph graph;
        GraphNode previous = graph.add("0", [&] { ++ran; });
        for (int k = 1; k < 50; ++k) {
            GraphNode next = graph.add("n", [&] { ++ran; });
            previous.precede(next);
            previous = next;
        }
        std::vector<GraphRun> runs;
        for (int k = 0; k < 20; ++k)
            runs.push_back(graph.run(*m_executor));
        for (GraphRun &run : runs)
            run.wait();
        QCOMPARE(ran.load(), 1000);
    }

    void s28_conditionsChooseBranches_data()
    {
        QTest::addColumn<int>("choice");
        QTest::addColumn<QString>("ran");
        QTest::newRow("the first") << 0 << "yes end";
        QTest::newRow("the second") << 1 << "no end";
        QTest::newRow("none") << 2 << "";
        QTest::newRow("less than none") << -1 << "";
    }
    void s28_conditionsChooseBranches()
    {
        QFETCH(int, choice);
        QFETCH(QString, ran);
        Journal journal;
        Graph graph;
        GraphNode before = graph.add("before", [] {});
        GraphNode which = graph.addCondition("which", [&] { return choice; });
        GraphNode yes = graph.add("yes", journal.note("yes"));
        GraphNode no = graph.add("no", journal.note("no"));
        GraphNode end = graph.add("end", journal.note("end"));
        before.precede(which);
        which.precede(yes, no);
        end.succeed(yes, no); // the branches join
        GraphRun run = graph.run(*m_executor);
        run.wait();
        QCOMPARE(journal.text(), ran);
        QCOMPARE(run.state(which), NodeState::Succeeded);
        QCOMPARE(run.state(yes), choice == 0 ? NodeState::Succeeded : NodeState::NotTaken);
        QCOMPARE(run.state(no), choice == 1 ? NodeState::Succeeded : NodeState::NotTaken);
        QCOMPARE(run.state(end), ran.isEmpty() ? NodeState::NotTaken : NodeState::Succeeded);
    }

    void s28_whatAConditionDoesNotChooseDoesNotRunWhateverElsePrecedesIt()
    {
        Journal journal;
        Graph graph;
        GraphNode which = graph.addCondition("which", [] { return 1; });
        GraphNode data = graph.add("data", journal.note("data"));
        GraphNode first = graph.add("first", journal.note("first"));
        GraphNode second = graph.add("second", journal.note("second"));
        which.precede(first, second);
        data.precede(first, second);
        graph.run(*m_executor).wait();
        QCOMPARE(journal.text(), QStringLiteral("data second"));
    }

    void s28_aConditionThatFailsSkipsAllBranches()
    {
        Graph graph;
        GraphNode which = graph.addCondition("which",
                                             []() -> int { throw std::runtime_error("which?"); });
        GraphNode a = graph.add("a", [] {});
        GraphNode b = graph.add("b", [] {});
        which.precede(a, b);
        GraphRun run = graph.run(*m_executor);
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, run.wait());
        QCOMPARE(run.state(a), NodeState::Skipped);
        QCOMPARE(run.state(b), NodeState::Skipped);
    }

    void s28_aConditionMayGoBackToAnEarlierNode()
    {
        Journal journal;
        Graph graph;
        int round = 0;
        GraphNode start = graph.add("start", journal.note("start"));
        GraphNode a = graph.add("a", journal.note("a"));
        GraphNode b = graph.add("b", [&] { ++round; });
        GraphNode again = graph.addCondition("again", [&] { return round < 3 ? 0 : 1; });
        GraphNode end = graph.add("end", journal.note("end"));
        start.precede(a);
        a.precede(b);
        b.precede(again);
        again.precede(a, end);
        GraphRun run = graph.run(*m_executor);
        run.wait();
        QCOMPARE(journal.text(), QStringLiteral("start a a a end"));
        QCOMPARE(run.state(a), NodeState::Succeeded);
        round = 0;
        graph.run(*m_executor).wait(); // again
        QCOMPARE(journal.entries().size(), 10);
    }

    void s28_loopsNestAndHoldBranches()
    {
        Journal journal;
        Graph graph;
        int outer = 0;
        int inner = 0;
        GraphNode start = graph.add("start", [] {});
        GraphNode rows = graph.add("rows", [&] {
            ++outer;
            inner = 0;
        });
        GraphNode cells = graph.add("cells", [&] { ++inner; });
        GraphNode which = graph.addCondition("which", [&] { return inner % 2; });
        GraphNode even = graph.add("even", journal.note("even"));
        GraphNode odd = graph.add("odd", journal.note("odd"));
        GraphNode moreCells = graph.addCondition("more cells", [&] { return inner < 3 ? 0 : 1; });
        GraphNode moreRows = graph.addCondition("more rows", [&] { return outer < 2 ? 0 : 1; });
        GraphNode end = graph.add("end", journal.note("end"));
        start.precede(rows);
        rows.precede(cells);
        cells.precede(which);
        which.precede(even, odd);
        moreCells.succeed(even, odd).precede(cells, moreRows);
        moreRows.precede(rows, end);
        graph.run(*m_executor).wait();
        QCOMPARE(journal.text(), QStringLiteral("odd even odd odd even odd end"));
    }

    void s28_aConditionMayRepeatItself()
    {
        Graph graph;
        int polls = 0;
        GraphNode start = graph.add("start", [] {});
        GraphNode poll = graph.addCondition("poll", [&] { return ++polls < 5 ? 0 : -1; });
        start.precede(poll);
        poll.precede(poll);
        graph.run(*m_executor).wait();
        QCOMPARE(polls, 5);
    }

    void s28_aLoopMayRunAMillionTimes()
    {
        Graph graph;
        int rounds = 0;
        GraphNode start = graph.add("start", [] {});
        GraphNode body = graph.add("body", [&] { ++rounds; });
        GraphNode again = graph.addCondition("again", [&] { return rounds < 1'000'000 ? 0 : 1; });
        start.precede(body);
        body.precede(again);
        again.precede(body);
        graph.run(*m_executor).wait();
        QCOMPARE(rounds, 1'000'000);
    }

    void s28_aLoopThatIsLeftOrEnteredAmissIsRefused()
    {
        Graph left;
        GraphNode start = left.add("start", [] {});
        GraphNode a = left.add("a", [] {});
        GraphNode b = left.addCondition("b", [] { return 0; });
        GraphNode out = left.add("out", [] {});
        start.precede(a);
        a.precede(b, out);
        b.precede(a);
        QCOMPARE(messageOf([&] { static_cast<void>(left.run(*m_executor)); }),
                 QStringLiteral("The loop from b back to a is left by a → out"));

        Graph entered;
        GraphNode begin = entered.add("begin", [] {});
        GraphNode c = entered.add("c", [] {});
        GraphNode d = entered.addCondition("d", [] { return 0; });
        begin.precede(c, d);
        c.precede(d);
        d.precede(c);
        QCOMPARE(messageOf([&] { static_cast<void>(entered.run(*m_executor)); }),
                 QStringLiteral("The graph has a cycle: c → d → c"));

        Graph unreachable;
        GraphNode e = unreachable.add("e", [] {});
        GraphNode f = unreachable.addCondition("f", [] { return 0; });
        e.precede(f);
        f.precede(e);
        QCOMPARE(messageOf([&] { static_cast<void>(unreachable.run(*m_executor)); }),
                 QStringLiteral("The graph has a cycle: e → f → e"));
    }

    void s28_atMostNOfAClassRunAtOnce()
    {
        const ResourceLimit limit("gpu", 2);
        const auto pool = exactly(6);
        std::atomic<int> now{0};
        std::atomic<int> most{0};
        Graph graph;
        for (int k = 0; k < 60; ++k) {
            graph.add("render", [&] {
                     const int others = now.fetch_add(1) + 1;
                     int before = most.load();
                     while (others > before && !most.compare_exchange_weak(before, others)) {
                     }
                     QThread::yieldCurrentThread();
                     --now;
                 }).limitedBy(limit);
        }
        GraphRun one = graph.run(*pool);
        GraphRun two = graph.run(*pool); // the limit holds across runs
        one.wait();
        two.wait();
        QVERIFY(most.load() <= 2);
        QCOMPARE(limit.inUse(), 0);
    }

    void s28_aNodeThatWaitsForRoomHoldsNoWorker()
    {
        const ResourceLimit limit("disk", 1);
        const auto single = exactly(2);
        Event go("go");
        Event ran("ran");
        Graph graph;
        graph.add("holder", [&] { go.wait(); }).limitedBy(limit);
        graph.add("waiting", [] {}).limitedBy(limit);
        graph.add("free", [&] { ran.set(); });
        GraphRun run = graph.run(*single);
        ran.wait();
        go.set();
        run.wait();
    }

    void s28_aNodeMayNeedSeveralLimits()
    {
        const ResourceLimit one("one", 1);
        const ResourceLimit two("two", 1);
        std::atomic<int> ran{0};
        Graph graph;
        for (int k = 0; k < 100; ++k) {
            GraphNode node = graph.add("n", [&] { ++ran; });
            if (k % 2)
                node.limitedBy(one).limitedBy(two);
            else
                node.limitedBy(two).limitedBy(one);
        }
        graph.run(*m_executor).wait();
        QCOMPARE(ran.load(), 100);
        QCOMPARE(one.inUse() + two.inUse(), 0);
        QVERIFY_THROWS_EXCEPTION(Misuse, ResourceLimit("none", 0));
    }

    void s28_aStopPreventsWhatHasNotStartedAndReachesWhatRuns()
    {
        const ResourceLimit limit("one", 1);
        std::stop_source stop;
        Event started("started");
        Event never("never");
        std::atomic<int> ran{0};
        Graph graph;
        GraphNode obedient = graph.add("obedient", [&](std::stop_token token) {
            started.set();
            if (!never.wait(token))
                throw Stopped(QStringLiteral("told to"), QStringLiteral("test"));
        });
        GraphNode next = graph.add("next", [&] { ++ran; });
        GraphNode waiting = graph.add("waiting", [&] { ++ran; });
        obedient.precede(next).limitedBy(limit);
        waiting.limitedBy(limit);
        GraphRun run = graph.run(*m_executor, stop.get_token());
        started.wait();
        QCOMPARE(run.waitFor(1ms), Outcome::TimedOut);
        stop.request_stop();
        QVERIFY_THROWS_EXCEPTION(Cancelled, run.wait());
        QVERIFY(run.future().isCanceled());
        QCOMPARE(ran.load(), 0);
        for (const GraphNode &node : {obedient, next, waiting})
            QCOMPARE(run.state(node), NodeState::Cancelled);
        QCOMPARE(limit.inUse(), 0);
    }

    void s28_cancellingTheFutureStopsTheRun()
    {
        Event started("started");
        Event go("go");
        std::atomic<int> ran{0};
        Graph graph;
        GraphNode a = graph.add("a", [&] {
            started.set();
            go.wait();
        });
        GraphNode b = graph.add("b", [&] { ++ran; });
        a.precede(b);
        GraphRun run = graph.run(*m_executor);
        started.wait();
        run.future().cancel();
        go.set();
        QVERIFY_THROWS_EXCEPTION(Cancelled, run.wait());
        QCOMPARE(run.state(a), NodeState::Succeeded);
        QCOMPARE(run.state(b), NodeState::Cancelled);
        QCOMPARE(ran.load(), 0);
    }

    void s28_aRunEndsWhenItsExecutorIsShutDown()
    {
        const auto single = exactly(1);
        Event started("started");
        Event go("go");
        Graph graph;
        GraphNode a = graph.add("a", [&] {
            started.set();
            go.wait();
        });
        graph.add("b", [] {});
        GraphNode c = graph.add("c", [] {});
        GraphNode d = graph.add("d", [] {});
        a.precede(c, d);
        GraphRun run = graph.run(*single);
        started.wait();
        single->shutDown(PendingTasks::Cancel, false);
        go.set();
        QVERIFY_THROWS_EXCEPTION(ShutDown, run.wait());
        QVERIFY_THROWS_EXCEPTION(ShutDown, graph.run(*single).wait());
    }

    void s28_theFutureTellsTheProgress()
    {
        Graph graph;
        for (int k = 0; k < 10; ++k)
            graph.add("n", [] {});
        GraphRun run = graph.run(*m_executor);
        run.wait();
        QCOMPARE(run.future().progressMaximum(), 10);
        QCOMPARE(run.future().progressValue(), 10);
        QCOMPARE(run.future().progressText(), QStringLiteral("n"));
    }

    void s28_nodesOfOtherGraphsAreMisuse()
    {
        Graph one;
        Graph other;
        GraphNode a = one.add("a", [] {});
        GraphNode b = other.add("b", [] {});
        GraphNode none;
        QVERIFY_THROWS_EXCEPTION(Misuse, a.precede(b));
        QVERIFY_THROWS_EXCEPTION(Misuse, a.succeed(none));
        QVERIFY_THROWS_EXCEPTION(Misuse, none.precede(a));
        QCOMPARE(a.name(), QStringLiteral("a"));
    }

    void s28_functionsThatCannotBeCopiedMayBeNodes()
    {
        Graph graph;
        auto value = std::make_unique<int>(41);
        int result = 0;
        graph.add("move-only",
                  [value = std::move(value), &result]() mutable { result = ++*value; });
        graph.run(*m_executor).wait();
        QCOMPARE(result, 42);
    }

    // Random graphs with branches, failures and limits: each node's state follows from those of its
    // predecessors, whatever the threads did.
    void s28_theRulesHoldForRandomGraphs()
    {
        const auto seed = qEnvironmentVariableIsSet("HEDDLE_SEED")
                                  ? qEnvironmentVariable("HEDDLE_SEED").toUInt()
                                  : std::random_device()();
        qInfo("HEDDLE_SEED=%u", seed);
        std::mt19937 random(seed);
        for (int round = 0; round < 60; ++round) {
            const int size = 1 + int(random() % 60);
            struct Known
            {
                GraphNode node;
                bool isCondition;
                bool fails;
                int choice;
                std::vector<int> predecessors;
                std::vector<int> successors;
                std::atomic<int> runs{0};
            };
            std::vector<std::unique_ptr<Known>> nodes;
            const ResourceLimit limits[] = {{"a", 1}, {"b", 2}};
            Graph graph;
            std::atomic<bool> isEarly{false};
            for (int k = 0; k < size; ++k) {
                auto &its = *nodes.emplace_back(std::make_unique<Known>());
                its.isCondition = random() % 5 == 0;
                its.fails = random() % 25 == 0;
                its.choice = int(random() % 3);
                const auto work = [&its, &nodes, &isEarly] {
                    for (const int before : its.predecessors) {
                        if (nodes[std::size_t(before)]->runs == 0 && its.predecessors.size() == 1)
                            isEarly = true;
                    }
                    ++its.runs;
                    if (its.fails)
                        throw std::runtime_error("planned");
                };
                its.node = its.isCondition ? graph.addCondition("c",
                                                                [work, &its] {
                                                                    work();
                                                                    return its.choice;
                                                                })
                                           : graph.add("n", work);
                for (int limit = 0; limit < 2; ++limit) {
                    if (random() % 8 == 0)
                        its.node.limitedBy(limits[limit]);
                }
                for (int edge = int(random() % 4); edge > 0 && k > 0; --edge) {
                    const int before = int(random() % unsigned(k));
                    if (std::ranges::count(its.predecessors, before))
                        continue;
                    its.predecessors.push_back(before);
                    nodes[std::size_t(before)]->successors.push_back(k);
                    nodes[std::size_t(before)]->node.precede(its.node);
                }
            }
            GraphRun run = graph.run(*m_executor);
            QVERIFY(run.waitFor(1min));
            std::size_t failures = 0;
            for (int k = 0; k < size; ++k) {
                const Known &its = *nodes[std::size_t(k)];
                bool isSkipped = false, hasPlain = false, hasRun = false, hasCondition = false,
                     isChosen = false;
                for (const int before : its.predecessors) {
                    const Known &other = *nodes[std::size_t(before)];
                    const NodeState state = run.state(other.node);
                    isSkipped |= state == NodeState::Failed || state == NodeState::Skipped;
                    if (other.isCondition) {
                        hasCondition = true;
                        const auto place = std::ranges::find(other.successors, k)
                                           - other.successors.begin();
                        isChosen |= state == NodeState::Succeeded && place == other.choice;
                    } else {
                        hasPlain = true;
                        hasRun |= state == NodeState::Succeeded;
                    }
                }
                const bool isTaken = (!hasPlain || hasRun) && (!hasCondition || isChosen);
                const NodeState expected = isSkipped   ? NodeState::Skipped
                                           : !isTaken  ? NodeState::NotTaken
                                           : its.fails ? NodeState::Failed
                                                       : NodeState::Succeeded;
                QCOMPARE(run.state(its.node), expected);
                QCOMPARE(its.runs.load(), isSkipped || !isTaken ? 0 : 1);
                failures += expected == NodeState::Failed;
            }
            QVERIFY(!isEarly);
            QCOMPARE(run.failures().size(), failures);
            QCOMPARE(run.future().progressValue(), size);
            for (const ResourceLimit &limit : limits)
                QCOMPARE(limit.inUse(), 0);
        }
    }

    void s28_aStopAtAnyTimeEndsARunWithAllItsNodes()
    {
        const auto seed = qEnvironmentVariableIsSet("HEDDLE_SEED")
                                  ? qEnvironmentVariable("HEDDLE_SEED").toUInt()
                                  : std::random_device()();
        qInfo("HEDDLE_SEED=%u", seed);
        std::mt19937 random(seed);
        const ResourceLimit limits[] = {{"a", 1}, {"b", 2}};
        for (int round = 0; round < 100; ++round) {
            Graph graph;
            std::vector<GraphNode> nodes;
            for (int k = 0; k < 40; ++k) {
                const bool yields = random() % 8 == 0;
                nodes.push_back(graph.add("n", [yields] {
                    if (yields)
                        QThread::yieldCurrentThread();
                }));
                for (const ResourceLimit &limit : limits) {
                    if (random() % 3 == 0)
                        nodes.back().limitedBy(limit);
                }
                if (k > 0 && random() % 2 == 0)
                    nodes[random() % unsigned(k)].precede(nodes.back());
            }
            std::stop_source stop;
            GraphRun run = graph.run(*m_executor, stop.get_token());
            GraphRun other = graph.run(*m_executor); // shares the limits, and is not stopped
            for (unsigned pause = random() % 8; pause > 0; --pause)
                QThread::yieldCurrentThread();
            switch (random() % 3) {
            case 0:
                stop.request_stop();
                break;
            case 1:
                run.requestStop();
                break;
            default:
                run.future().cancel();
            }
            QVERIFY(run.waitFor(1min));
            other.wait();
            for (const GraphNode &node : nodes) {
                QVERIFY(run.state(node) == NodeState::Succeeded
                        || run.state(node) == NodeState::Cancelled);
                QCOMPARE(other.state(node), NodeState::Succeeded);
            }
            for (const ResourceLimit &limit : limits)
                QCOMPARE(limit.inUse(), 0);
        }
    }
};

QTEST_GUILESS_MAIN(TestGraphConformance)
#include "tst_graph.moc"
