// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/catalog.h>
#include <heddle/runs/run.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>

using namespace heddle;

// Each pattern run as the studio runs it, its results checked against a count of our own.
class TestPatterns : public QObject
{
    Q_OBJECT

    struct Outcome
    {
        RunReport report;
        std::shared_ptr<const TraceStore> trace;
        QStringList log;
    };
    static Outcome execute(const QString &id, const QJsonObject &parameters,
                           const QStringList &faults = {})
    {
        const auto pattern = Catalog().find(id);
        if (!pattern)
            qFatal("pattern %s is missing", qPrintable(id));
        RunRequest request;
        request.pattern = *pattern;
        request.parameters = parameters;
        request.faults = faults;
        Run run(request);
        QStringList log;
        connect(&run, &Run::logged, &run, [&log](LogLevel, const QString &text) { log << text; });
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        finished.wait(60'000);
        return {run.report(), run.trace(), log};
    }
    static QString brokenInvariants(const RunReport &report)
    {
        QStringList broken;
        for (const InvariantOutcome &outcome : report.invariants) {
            if (!outcome.holds)
                broken << outcome.id + QStringLiteral(": ") + outcome.evidence;
        }
        return broken.join('\n');
    }
    static QSet<QString> threadNames(const TraceStore &store)
    {
        QSet<QString> names;
        for (const ThreadInfo &thread : store.threads())
            names << thread.name;
        return names;
    }
    static int countSlices(const TraceStore &store, const QString &name,
                           const QString &threadName = {})
    {
        int found = 0;
        const std::vector<ThreadInfo> threads = store.threads();
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            if (!threadName.isEmpty() && threads[thread].name != threadName)
                continue;
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                for (std::size_t k = 0; k < store.slices(thread, depth).size(); ++k)
                    found += store.name(store.slices(thread, depth).at(k).value) == name;
            }
        }
        return found;
    }
    // Whether the thread waited for that until the run was stopped.
    static bool waitedInVain(const TraceStore &store, const QString &threadName, WaitReason reason)
    {
        const std::vector<ThreadInfo> threads = store.threads();
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            for (std::size_t k = 0; k < store.waits(thread).size(); ++k) {
                const WaitInfo wait = store.wait(thread, k);
                if (threads[thread].name == threadName && wait.reason == reason
                    && wait.outcome == WaitOutcome::Stopped)
                    return true;
            }
        }
        return false;
    }
    static std::int64_t greatestCount(const TraceStore &store, const QString &object)
    {
        std::int64_t greatest = 0;
        const std::vector<ObjectInfo> objects = store.objects();
        for (std::size_t k = 0; k < objects.size(); ++k) {
            if (objects[k].name == object)
                greatest = std::max(greatest, store.counter(k).maximum());
        }
        return greatest;
    }

    // What a fault must lead to, and what it must leave in the results and the trace.
    struct Expectation
    {
        QJsonObject parameters;
        RunState state;
        QStringList broken; ///< invariants, exactly these of those that were reported
        std::function<bool(const Outcome &)> sign;
    };
    static std::map<QString, Expectation> expectations()
    {
        const QJsonObject quick{{"items", 100}, {"runCap", 2}};
        const auto joinsInVain = [](const Outcome &outcome) {
            return waitedInVain(*outcome.trace, "pattern", WaitReason::QueueJoin)
                   && outcome.report.results["unfinished"].toInt() == 1;
        };
        return {
                {"thread-start/set-at-end",
                 {{{"tick", 20}},
                  RunState::Finished,
                  {"returns-early"},
                  [](const Outcome &outcome) {
                      return outcome.report.results["ticks-before"].toInt() == 5;
                  }}},
                {"thread-start/never-set",
                 {{{"tick", 20}, {"runCap", 2}},
                  RunState::TimedOut,
                  {"returns-early"},
                  [](const Outcome &outcome) {
                      return waitedInVain(*outcome.trace, "pattern", WaitReason::Event)
                             && countSlices(*outcome.trace, "set()") == 0;
                  }}},
                {"thread-start/clear-race",
                 {{{"tick", 20}, {"runCap", 2}},
                  RunState::TimedOut,
                  {"returns-early"},
                  [](const Outcome &outcome) {
                      return waitedInVain(*outcome.trace, "pattern", WaitReason::Event)
                             && countSlices(*outcome.trace, "set()") == 1;
                  }}},
                {"thread-start/throw-before-set",
                 {{{"tick", 20}, {"runCap", 2}},
                  RunState::Failed,
                  {"returns-early"},
                  [](const Outcome &outcome) {
                      return waitedInVain(*outcome.trace, "pattern", WaitReason::Event)
                             && countSlices(*outcome.trace, "tick") == 0;
                  }}},
                {"thread-start/destroy-without-wait",
                 {{},
                  RunState::Crashed,
                  {},
                  [](const Outcome &outcome) {
                      return outcome.report.signalNumber == SIGABRT
                             && countSlices(*outcome.trace, "destroy a QThread without wait()")
                                        == 1;
                  }}},
                {"producer-consumer/missing-task-done",
                 {quick, RunState::TimedOut, {"nothing-unfinished"}, joinsInVain}},
                {"producer-consumer/sentinel-not-done",
                 {quick, RunState::TimedOut, {"nothing-unfinished"}, joinsInVain}},
                {"producer-consumer/lost-sentinel",
                 {quick,
                  RunState::TimedOut,
                  {"consumers-end"},
                  [](const Outcome &outcome) {
                      return waitedInVain(*outcome.trace, "consumer 1", WaitReason::QueueEmpty);
                  }}},
                // Capacity enough for all, so that the one call too many is the last.
                {"producer-consumer/task-done-twice",
                 {{{"items", 100}, {"capacity", 200}, {"produce", 0}},
                  RunState::Failed,
                  {"never-too-often"},
                  [](const Outcome &outcome) {
                      return outcome.report.message.contains("taskDone()")
                             && outcome.report.results["items"].toInt() == 100;
                  }}},
                // All three wait for room when one item is taken.
                {"producer-consumer/if-not-while",
                 {{{"producers", 3}, {"items", 200}, {"consume", 5}},
                  RunState::Finished,
                  {"bounded"},
                  [](const Outcome &outcome) {
                      return greatestCount(*outcome.trace, "items") > 16;
                  }}},
                {"producer-consumer/unbounded-growth",
                 {{{"items", 200}, {"consume", 5}},
                  RunState::Finished,
                  {"bounded"},
                  [](const Outcome &outcome) {
                      return greatestCount(*outcome.trace, "items") > 16
                             && outcome.report.results["max-depth"].toInt() > 16;
                  }}},
                {"echo-server/idle-clients",
                 {{{"msgs", 10}, {"runCap", 2}},
                  RunState::TimedOut,
                  {"no-starvation"},
                  [](const Outcome &outcome) {
                      const QVariantMap &results = outcome.report.results;
                      return results["requests"].toInt() == 0 && results["accepted"].toInt() == 12
                             && results["bytes-out"].toInt() == 0 && !results.contains("p50")
                             && countSlices(*outcome.trace, "serve a connection") == 4;
                  }}},
                {"echo-server/handler-throws",
                 {{{"clients", 4}, {"msgs", 5}, {"think", 0}},
                  RunState::Finished,
                  {"echoed"},
                  [](const Outcome &outcome) {
                      const int answered = outcome.report.results["requests"].toInt();
                      return answered < 20 && countSlices(*outcome.trace, "echo") == answered + 1
                             && outcome.log.join('\n').contains("handler of a connection failed");
                  }}},
                {"echo-server/slow-reader",
                 {{{"clients", 4}, {"msgs", 5}, {"think", 0}},
                  RunState::Finished,
                  {"echoed"},
                  [](const Outcome &outcome) {
                      const QVariantMap &results = outcome.report.results;
                      return results["requests"].toInt() == 20
                             && results["bytes-in"].toLongLong()
                                        > results["bytes-out"].toLongLong();
                  }}},
                {"publish-subscribe/slow-direct",
                 {{{"msgs", 100}},
                  RunState::Finished,
                  {},
                  [](const Outcome &outcome) {
                      return countSlices(*outcome.trace, "handle", "sender") == 100
                             && outcome.report.results["handled-by-sender"].toInt() == 100;
                  }}},
                {"publish-subscribe/unbounded-queue",
                 {{{"msgs", 500}},
                  RunState::Finished,
                  {"bounded"},
                  [](const Outcome &outcome) {
                      return greatestCount(*outcome.trace, "exchange 1 mailbox") > 64
                             && outcome.report.results["max-backlog"].toInt() > 65;
                  }}},
                {"publish-subscribe/missing-detach",
                 {{{"msgs", 100}},
                  RunState::Finished,
                  {"all-detached"},
                  [](const Outcome &outcome) {
                      return outcome.report.results["left-attached"].toInt() == 1;
                  }}},
                {"publish-subscribe/blocking-to-self",
                 {{{"msgs", 100}},
                  RunState::Finished,
                  {"each-once-in-order"},
                  [](const Outcome &outcome) {
                      return outcome.log.join('\n').contains("would wait for ever")
                             && countSlices(*outcome.trace, "handle") == 3 * 100;
                  }}},
                {"map-reduce/tiny-grain",
                 {{{"items", 20}},
                  RunState::Finished,
                  {},
                  [](const Outcome &outcome) {
                      return countSlices(*outcome.trace, "map: count a line") > 100 * 20;
                  }}},
                {"map-reduce/ordered-backlog",
                 {{{"items", 100}},
                  RunState::Finished,
                  {},
                  [](const Outcome &outcome) {
                      return greatestCount(*outcome.trace, "results waiting") > 5
                             && outcome.report.results["max-waiting"].toInt() > 5;
                  }}},
        };
    }

private Q_SLOTS:
    void everyPresetRunsAndHealthyOnesHoldTheirInvariants_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("preset");
        const Catalog catalog;
        for (const PatternInfo &info : catalog.patterns()) {
            for (const PresetInfo &preset : info.presets)
                QTest::addRow("%s/%s", qPrintable(info.id), qPrintable(preset.id))
                        << info.id << preset.id;
        }
    }
    void everyPresetRunsAndHealthyOnesHoldTheirInvariants()
    {
        QFETCH(QString, id);
        QFETCH(QString, preset);
        // These show what goes wrong.
        const bool healthy = preset != "set-at-end" && preset != "guess"
                             && preset != "join-with-reput";
        const PatternInfo info = *Catalog().find(id);
        for (const PresetInfo &candidate : info.presets) {
            if (candidate.id != preset)
                continue;
            QJsonObject values = candidate.values;
            if (id == "map-reduce")
                values["items"] = 60; // real work, which takes its time
            else if (id != "thread-start")
                values["timeScale"] = 0.25;
            const Outcome outcome = execute(id, values, candidate.faults);
            if (healthy) {
                QVERIFY2(outcome.report.state == RunState::Finished,
                         qPrintable(outcome.report.message));
                QVERIFY2(brokenInvariants(outcome.report).isEmpty(),
                         qPrintable(brokenInvariants(outcome.report)));
                QVERIFY(!outcome.report.invariants.isEmpty());
            } else {
                QVERIFY(!brokenInvariants(outcome.report).isEmpty());
            }
            QCOMPARE(outcome.trace->counts().lost, std::uint64_t{0});
        }
    }

    void everyFaultLeadsToWhatItsDescriptionSays_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("fault");
        const Catalog catalog;
        for (const PatternInfo &info : catalog.patterns()) {
            for (const FaultInfo &fault : info.faults)
                QTest::addRow("%s/%s", qPrintable(info.id), qPrintable(fault.id))
                        << info.id << fault.id;
        }
    }
    void everyFaultLeadsToWhatItsDescriptionSays()
    {
        QFETCH(QString, id);
        QFETCH(QString, fault);
        const auto all = expectations();
        const auto found = all.find(id + '/' + fault);
        QVERIFY2(found != all.end(), "say above what this fault leads to");
        const Expectation &expected = found->second;
        const Outcome outcome = execute(id, expected.parameters, {fault});
        QVERIFY2(outcome.report.state == expected.state,
                 qPrintable(runStateId(outcome.report.state) + ": " + outcome.report.message));
        QStringList broken;
        for (const InvariantOutcome &invariant : outcome.report.invariants) {
            if (!invariant.holds)
                broken << invariant.id;
        }
        QCOMPARE(broken, expected.broken);
        QVERIFY(expected.sign(outcome));
        // Without the fault, nothing of this is to be seen.
        const Outcome healthy = execute(id, expected.parameters);
        QCOMPARE(healthy.report.state, RunState::Finished);
        QCOMPARE(brokenInvariants(healthy.report), QString());
        QVERIFY(!expected.sign(healthy));
    }

    void producerConsumerHandsOverEachItemOnce()
    {
        const Outcome outcome = execute("producer-consumer", {{"producers", 3},
                                                              {"consumers", 2},
                                                              {"items", 1000},
                                                              {"produce", 0},
                                                              {"consume", 0}});
        QCOMPARE(outcome.report.results["items"].toInt(), 1000);
        QCOMPARE(outcome.trace->counts().flows, std::uint64_t{1000});
        QCOMPARE(outcome.trace->counts().completeFlows, std::uint64_t{1000});
        QCOMPARE(countSlices(*outcome.trace, "put"), 1000);
        QCOMPARE(countSlices(*outcome.trace, "consume"), 1000);
        const QSet<QString> names = threadNames(*outcome.trace);
        QVERIFY(names.contains("producer 3") && names.contains("consumer 2"));
    }

    void aQueueWrittenByHandKeepsTheSamePromises()
    {
        for (const QString stop : {"sentinel", "perConsumer", "close"}) {
            const Outcome outcome = execute("producer-consumer",
                                            {{"queue", "byHand"},
                                             {"producers", 3},
                                             {"consumers", stop == "sentinel" ? 1 : 3},
                                             {"capacity", 2},
                                             {"items", 1000},
                                             {"produce", 0},
                                             {"consume", 0},
                                             {"stop", stop}});
            QCOMPARE(outcome.report.state, RunState::Finished);
            QCOMPARE(brokenInvariants(outcome.report), QString());
            QCOMPARE(outcome.trace->counts().completeFlows, std::uint64_t{1000});
        }
    }

    void aConsumerThatDoesNotLookAgainFindsTheQueueEmpty()
    {
        const Outcome outcome = execute(
                "producer-consumer",
                {{"consumers", 3}, {"produce", 20}, {"consume", 0}, {"items", 100}},
                {"if-not-while"});
        QCOMPARE(outcome.report.state, RunState::Failed);
        QVERIFY2(outcome.report.message.contains("empty queue"),
                 qPrintable(outcome.report.message));
    }

    void aWaitNamesTheThreadThatEndedIt()
    {
        const Outcome outcome = execute(
                "producer-consumer",
                {{"items", 50}, {"consume", 1}, {"produce", 0}, {"capacity", 2}});
        const std::vector<ThreadInfo> threads = outcome.trace->threads();
        int full = 0;
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            for (std::size_t k = 0; k < outcome.trace->waits(thread).size(); ++k) {
                const WaitInfo wait = outcome.trace->wait(thread, k);
                // The sentinel is put by the pattern's own thread.
                if (wait.reason != WaitReason::QueueFull || threads[thread].name == "pattern")
                    continue;
                ++full;
                QCOMPARE(threads[thread].name, QStringLiteral("producer 1"));
                QVERIFY(wait.waker);
                QCOMPARE(threads[*wait.waker].name, QStringLiteral("consumer 1"));
                QCOMPARE(outcome.trace->objects()[*wait.object].name, QStringLiteral("items"));
            }
        }
        QVERIFY(full >= 10);
    }

    void aConsumerThatFailsDoesNotLeaveItsProducerAtAFullQueue()
    {
        // The second taskDone() of the first item comes while the second is being produced.
        const Outcome outcome = execute(
                "producer-consumer",
                {{"items", 100}, {"produce", 20}, {"consume", 0}, {"capacity", 2}, {"runCap", 4}},
                {"task-done-twice"});
        QCOMPARE(outcome.report.state, RunState::Failed);
        QVERIFY2(outcome.report.message.contains("taskDone()"), qPrintable(outcome.report.message));
        // Reported, since it was not the limit of the run that ended it.
        QVERIFY2(brokenInvariants(outcome.report).contains("each-once"),
                 qPrintable(brokenInvariants(outcome.report)));
    }

    void aStoppedPatternEndsSoonAndHasBrokenNothing_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QJsonObject>("parameters");
        QTest::newRow("producer-consumer")
                << "producer-consumer" << QJsonObject{{"items", 1000000}};
        QTest::newRow("thread-start")
                << "thread-start" << QJsonObject{{"ticks", 1000}, {"tick", 10}};
        QTest::newRow("echo-server")
                << "echo-server" << QJsonObject{{"msgs", 10000}, {"clients", 20}};
        QTest::newRow("publish-subscribe")
                << "publish-subscribe" << QJsonObject{{"msgs", 100000}, {"slowSub", 5}};
        QTest::newRow("map-reduce")
                << "map-reduce" << QJsonObject{{"items", 400}, {"perItem", 20000}};
    }
    void aStoppedPatternEndsSoonAndHasBrokenNothing()
    {
        QFETCH(QString, id);
        QFETCH(QJsonObject, parameters);
        RunRequest request;
        request.pattern = *Catalog().find(id);
        request.parameters = parameters;
        request.stopGrace = std::chrono::seconds(15);
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QTRY_VERIFY_WITH_TIMEOUT(run.trace()->counts().slices > 100, 20'000);
        run.stop();
        QVERIFY(finished.wait(20'000));
        QCOMPARE(run.report().state, RunState::Cancelled);
        QCOMPARE(run.report().signalNumber, 0);
        QCOMPARE(brokenInvariants(run.report()), QString());
    }

    void mapReduceCountsAsWeDo()
    {
        // A corpus with a known answer, counted by code that has nothing in common with the
        // plugin's.
        QTemporaryDir folder;
        std::map<std::string, long> expected;
        long words = 0;
        for (int file = 0; file < 12; ++file) {
            std::ostringstream text;
            for (int k = 0; k < 500; ++k) {
                const std::string word = std::string(
                        1 + k % 7, static_cast<char>('a' + (k * (file + 3)) % 26));
                text << word << (k % 9 == 8 ? ",\n" : " ");
                ++words;
                if (word.size() >= 4)
                    ++expected[word];
            }
            QFile target(folder.filePath(QStringLiteral("%1.txt").arg(file)));
            QVERIFY(target.open(QIODevice::WriteOnly));
            target.write(QByteArray::fromStdString(text.str()));
        }
        for (const QString reduce : {"unordered", "ordered", "sequential"}) {
            const Outcome outcome = execute("map-reduce", {{"folder", folder.path()},
                                                           {"minimumLength", 4},
                                                           {"reduce", reduce},
                                                           {"threads", 3}});
            QVERIFY2(outcome.report.state == RunState::Finished,
                     qPrintable(outcome.report.message));
            QCOMPARE(outcome.report.results["words"].toLongLong(), words);
            QCOMPARE(outcome.report.results["distinct"].toLongLong(),
                     static_cast<qint64>(expected.size()));
        }
    }

    void anEmptyFolderIsExplained()
    {
        QTemporaryDir folder;
        const Outcome outcome = execute("map-reduce", {{"folder", folder.path()}});
        QCOMPARE(outcome.report.state, RunState::Failed);
        QVERIFY2(outcome.report.message.contains(folder.path()),
                 qPrintable(outcome.report.message));
    }

    void aTextThatCannotBeReadIsTold()
    {
        QTemporaryDir folder;
        QVERIFY(QFile::link("/proc/self/mem", folder.filePath("unreadable.txt")));
        const Outcome outcome = execute("map-reduce", {{"folder", folder.path()}});
        QCOMPARE(outcome.report.state, RunState::Finished);
        QVERIFY2(outcome.log.join('\n').contains(folder.filePath("unreadable.txt")),
                 qPrintable(outcome.log.join('\n')));
    }

    void aFolderThatIsMissingIsExplainedInTheFormsWordsBeforeAnythingStarts()
    {
        const PatternInfo info = *Catalog().find("producer-consumer");
        QTemporaryDir empty;
        for (const QString &folder : {QString(), empty.path(), QStringLiteral("/no/such/folder")}) {
            const Outcome outcome = execute("producer-consumer",
                                            {{"source", "files"}, {"folder", folder}});
            QCOMPARE(outcome.report.state, RunState::Failed);
            const QString told = outcome.report.message;
            for (const char *parameter : {"folder", "source"})
                QVERIFY2(told.contains(info.parameter(parameter)->title.text("en")),
                         qPrintable(told));
            QVERIFY2(!told.contains("source"), qPrintable(told)); // no id
            QVERIFY(!threadNames(*outcome.trace).contains("producer 1"));
        }
    }

    void realFilesAreHashed()
    {
        const Outcome outcome = execute(
                "producer-consumer",
                {{"source", "files"}, {"folder", QDir::currentPath()}, {"items", 20}});
        QVERIFY2(outcome.report.state == RunState::Finished, qPrintable(outcome.report.message));
        QCOMPARE(outcome.report.results["items"].toInt(), 20);
    }

    void aFileThatCannotBeReadIsToldAndNotCountedAsEmpty()
    {
        QTemporaryDir folder;
        // Opens, and fails at the first byte.
        QVERIFY(QFile::link("/proc/self/mem", folder.filePath("unreadable")));
        const Outcome outcome = execute(
                "producer-consumer",
                {{"source", "files"}, {"folder", folder.path()}, {"items", 3}});
        QCOMPARE(outcome.report.state, RunState::Finished);
        const QString log = outcome.log.join('\n');
        QVERIFY2(log.contains(folder.filePath("unreadable")) && log.contains("3 of 3"),
                 qPrintable(log));
        QCOMPARE(outcome.report.results["checksum"].toString(), QString(16, '0'));
    }

    void echoServerAnswersEveryByte()
    {
        for (const QString mode : {"poolPerConn", "threadPerConn", "eventLoop"}) {
            const Outcome outcome = execute("echo-server", {{"clients", 5},
                                                            {"msgs", 7},
                                                            {"size", 3000},
                                                            {"think", 0},
                                                            {"pool", 2},
                                                            {"mode", mode}});
            QVERIFY2(brokenInvariants(outcome.report).isEmpty(),
                     qPrintable(brokenInvariants(outcome.report)));
            QCOMPARE(outcome.report.results["requests"].toInt(), 35);
            QCOMPARE(outcome.report.results["bytes-in"].toInt(), 35 * 3000);
            QCOMPARE(outcome.report.results["bytes-out"].toInt(), 35 * 3000);
        }
    }

    void theSystemGrantsTheBacklogThatWasAskedFor()
    {
        for (const int backlog : {3, 17}) {
            const Outcome outcome = execute("echo-server",
                                            {{"backlog", backlog}, {"clients", 1}, {"msgs", 1}});
            QCOMPARE(outcome.report.results["backlog"].toInt(), backlog);
        }
    }

    void aHandlersExceptionIsToldInEveryDesign()
    {
        for (const QString mode : {"poolPerConn", "threadPerConn", "eventLoop"}) {
            const Outcome outcome = execute(
                    "echo-server", {{"clients", 2}, {"msgs", 4}, {"think", 0}, {"mode", mode}},
                    {"handler-throws"});
            QCOMPARE(outcome.report.state, RunState::Finished);
            QVERIFY2(outcome.log.join('\n').contains("handler of a connection failed"),
                     qPrintable(mode));
            const QString missing = QStringLiteral("%1 of 8 replies missing, 0 wrong")
                                            .arg(8 - outcome.report.results["requests"].toInt());
            QVERIFY2(brokenInvariants(outcome.report).contains(missing),
                     qPrintable(brokenInvariants(outcome.report)));
        }
    }

    void thinkingIsSlowedDownToo()
    {
        const Outcome outcome = execute(
                "echo-server", {{"clients", 1}, {"msgs", 3}, {"think", 20}, {"timeScale", 5}});
        std::vector<std::int64_t> sent;
        for (std::size_t thread = 0; thread < outcome.trace->threadCount(); ++thread) {
            if (outcome.trace->threads()[thread].name != "clients 1")
                continue;
            const IntervalTrack &slices = outcome.trace->slices(thread, 0);
            for (std::size_t k = 0; k < slices.size(); ++k) {
                if (outcome.trace->name(slices.at(k).value) == "send")
                    sent.push_back(slices.at(k).startNs);
            }
        }
        QCOMPARE(sent.size(), std::size_t{3});
        for (std::size_t k = 1; k < sent.size(); ++k)
            QVERIFY(sent[k] - sent[k - 1] >= 99'000'000);
    }

    void publishSubscribeReachesEachSubscriberOnce()
    {
        for (const QString delivery : {"direct", "queued", "blockingQueued"}) {
            const Outcome outcome = execute("publish-subscribe", {{"subs", 4},
                                                                  {"msgs", 60},
                                                                  {"exchanges", 2},
                                                                  {"slowSub", 0},
                                                                  {"delivery", delivery}});
            QVERIFY2(brokenInvariants(outcome.report).isEmpty(),
                     qPrintable(brokenInvariants(outcome.report)));
            QCOMPARE(outcome.report.results["deliveries"].toInt(), 4 * 60);
            QCOMPARE(countSlices(*outcome.trace, "handle"), 4 * 60);
        }
    }

    void theThreadStartIsMeasured()
    {
        const Outcome entry = execute("thread-start", {{"ticks", 3}, {"tick", 20}});
        QCOMPARE(entry.report.results["ticks-before"].toInt(), 0);
        QVERIFY(entry.report.results["start-latency"].toDouble() > 0);
        const Outcome end = execute("thread-start",
                                    {{"ticks", 3}, {"tick", 20}, {"signalAt", "end"}});
        QCOMPARE(end.report.results["ticks-before"].toInt(), 3);
    }

    void aHandshakeIsJudgedByItsEventHoweverLateTheWaiterWakes()
    {
        for (int attempt = 0; attempt < 5; ++attempt) {
            const Outcome outcome = execute("thread-start",
                                            {{"ticks", 200}, {"tick", 1}, {"timeScale", 0.05}});
            QCOMPARE(outcome.report.results["ticks-before"].toInt(), 0);
            QCOMPARE(brokenInvariants(outcome.report), QString());
        }
    }
};

QTEST_GUILESS_MAIN(TestPatterns)
#include "tst_patterns.moc"
