// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/catalog.h>
#include <heddle/runs/run.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

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
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        finished.wait(60'000);
        return {run.report(), run.trace()};
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
    static int countSlices(const TraceStore &store, const QString &name)
    {
        int found = 0;
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                for (std::size_t k = 0; k < store.slices(thread, depth).size(); ++k)
                    found += store.name(store.slices(thread, depth).at(k).value) == name;
            }
        }
        return found;
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
        // These two show what goes wrong.
        const bool healthy = preset != "as-in-the-note" && preset != "join-with-reput";
        const PatternInfo info = *Catalog().find(id);
        for (const PresetInfo &candidate : info.presets) {
            if (candidate.id != preset)
                continue;
            const Outcome outcome = execute(id, candidate.values, candidate.faults);
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

    void everyFaultRunsAndEnds_data()
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
    void everyFaultRunsAndEnds()
    {
        QFETCH(QString, id);
        QFETCH(QString, fault);
        const Outcome outcome = execute(id, {{"runCap", 1.5}}, {fault});
        QVERIFY2(outcome.report.state == RunState::Finished
                         || outcome.report.state == RunState::TimedOut
                         || outcome.report.state == RunState::Failed,
                 qPrintable(outcome.report.message));
        QCOMPARE(outcome.report.signalNumber, 0); // it listened to the stop
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

    void missingTaskDoneIsTold()
    {
        const Outcome outcome = execute("producer-consumer", {{"items", 20}, {"runCap", 1}},
                                        {"missing-task-done"});
        QCOMPARE(outcome.report.state, RunState::TimedOut);
        QCOMPARE(outcome.report.results["unfinished"].toInt(), 1);
    }

    void aStoppedPatternEndsSoon_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QJsonObject>("parameters");
        QTest::newRow("producer-consumer")
                << "producer-consumer" << QJsonObject{{"items", 1000000}};
        QTest::newRow("thread-start") << "thread-start" << QJsonObject{{"ticks", 1000}};
        QTest::newRow("echo-server")
                << "echo-server" << QJsonObject{{"msgs", 10000}, {"clients", 20}};
        QTest::newRow("publish-subscribe")
                << "publish-subscribe" << QJsonObject{{"msgs", 100000}, {"slowSub", 5}};
        QTest::newRow("map-reduce")
                << "map-reduce" << QJsonObject{{"items", 2000}, {"perItem", 20000}};
    }
    void aStoppedPatternEndsSoon()
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
        QTRY_VERIFY_WITH_TIMEOUT(run.trace()->counts().slices > 20, 20'000);
        run.stop();
        QVERIFY(finished.wait(20'000));
        QCOMPARE(run.report().state, RunState::Cancelled);
        QCOMPARE(run.report().signalNumber, 0);
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

    void realFilesAreHashed()
    {
        const Outcome outcome = execute(
                "producer-consumer",
                {{"source", "files"}, {"folder", QDir::currentPath()}, {"items", 20}});
        QVERIFY2(outcome.report.state == RunState::Finished, qPrintable(outcome.report.message));
        QCOMPARE(outcome.report.results["items"].toInt(), 20);
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

    void clientsBeyondThePoolAreAcceptedAndWait()
    {
        const Outcome outcome = execute(
                "echo-server", {{"clients", 4}, {"pool", 2}, {"runCap", 1.5}}, {"idle-clients"});
        QCOMPARE(outcome.report.state, RunState::TimedOut);
        QCOMPARE(outcome.report.results["accepted"].toInt(), 6);
        QCOMPARE(outcome.report.results["requests"].toInt(), 0);
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
};

QTEST_GUILESS_MAIN(TestPatterns)
#include "tst_patterns.moc"
