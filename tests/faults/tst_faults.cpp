// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/catalog.h>
#include <heddle/runs/run.h>

#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace heddle;

class TestFaults : public QObject
{
    Q_OBJECT

    static bool holdsSlice(const TraceStore &store, const QString &name)
    {
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                const IntervalTrack &track = store.slices(thread, depth);
                for (std::size_t k = 0; k < track.size(); ++k) {
                    if (store.name(track.at(k).value) == name)
                        return true;
                }
            }
        }
        return false;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("HEDDLE_PLUGIN_PATH", FAULT_PATTERNS);
        qputenv("HEDDLE_RUNNER", HEDDLE_PROGRAM);
    }

    void aFaultyPluginEndsItsRunAndNothingElse_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QJsonObject>("parameters");
        QTest::addColumn<int>("state");
        QTest::addColumn<QString>("message");
        QTest::addColumn<int>("exitCode");
        QTest::newRow("null") << "null-dereference" << QJsonObject() << int(RunState::Crashed)
                              << "SIGSEGV" << 3;
        QTest::newRow("abort") << "abort" << QJsonObject() << int(RunState::Crashed) << "SIGABRT"
                               << 3;
        QTest::newRow("hang") << "never-returns" << QJsonObject{{"runCap", 1}}
                              << int(RunState::TimedOut) << "did not react" << 4;
        QTest::newRow("throw") << "throws" << QJsonObject() << int(RunState::Failed)
                               << "this pattern has failed" << 1;
        QTest::newRow("throw int") << "throws" << QJsonObject{{"anInteger", 1}}
                                   << int(RunState::Failed) << "not an exception" << 1;
        QTest::newRow("exit") << "exits" << QJsonObject() << int(RunState::Crashed) << "exit(0)"
                              << 3;
        QTest::newRow("kill") << "kills-itself" << QJsonObject() << int(RunState::Crashed)
                              << "SIGKILL" << 3;
        QTest::newRow("flood") << "floods" << QJsonObject() << int(RunState::Finished) << "" << 0;
        QTest::newRow("flood of reports")
                << "floods-reports" << QJsonObject() << int(RunState::Finished) << "" << 0;
        QTest::newRow("stack overflow") << "overflows-the-stack" << QJsonObject()
                                        << int(RunState::Crashed) << "SIGSEGV" << 3;
        QTest::newRow("quit") << "quits-the-loop" << QJsonObject() << int(RunState::Finished) << ""
                              << 0;
        QTest::newRow("recording cut")
                << "cuts-its-recording" << QJsonObject() << int(RunState::Finished) << "" << 0;
        QTest::newRow("descriptors closed") << "closes-everything" << QJsonObject()
                                            << int(RunState::Crashed) << "control channel" << 3;
        QTest::newRow("process left")
                << "leaves-a-process" << QJsonObject() << int(RunState::Crashed) << "SIGKILL" << 3;
    }
    void aFaultyPluginEndsItsRunAndNothingElse()
    {
        QFETCH(QString, id);
        QFETCH(QJsonObject, parameters);
        QFETCH(int, state);
        QFETCH(QString, message);
        const auto pattern = Catalog().find(id);
        QVERIFY(pattern);
        RunRequest request;
        request.pattern = *pattern;
        request.parameters = parameters;
        request.stopGrace = std::chrono::milliseconds(300);
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        QSignalSpy logged(&run, &Run::logged);
        run.start();
        QVERIFY(finished.wait(30'000));
        const RunReport &report = run.report();
        QVERIFY2(int(report.state) == state, qPrintable(runStateId(report.state) + report.message));
        QVERIFY2(report.message.contains(message), qPrintable(report.message));
        if (report.state == RunState::TimedOut)
            QVERIFY2(report.message.contains("pattern is in \"the fault\""),
                     qPrintable(report.message));
        // The trace until then is there, to the slice in which it happened.
        QVERIFY(holdsSlice(*run.trace(), "before the fault"));
        QVERIFY(holdsSlice(*run.trace(), "the fault"));
        QVERIFY(run.trace()->isComplete());
        QCOMPARE(run.trace()->attributes().value("state"), runStateId(report.state));
        if (report.signalNumber == SIGSEGV || id == "exits") {
            QVERIFY(!report.backtrace.isEmpty());
            QVERIFY2(report.backtrace.join('\n').contains(id), "the backtrace names the plugin");
        }
        if (report.signalNumber == SIGSEGV || report.signalNumber == SIGABRT) {
            QCOMPARE(report.crashedThread, "pattern");
            QVERIFY2(report.message.contains("in thread \"pattern\""), qPrintable(report.message));
        }
        if (report.state == RunState::Crashed) {
            QVERIFY2(report.lastRecords.join('\n').contains("the fault"),
                     qPrintable(report.lastRecords.join('\n')));
        }
        QVERIFY(logged.count() < 2'000); // a flood is cut
    }

    void whatAPatternLeavesInItsTemporaryFolderGoesWithTheRun()
    {
        RunRequest request;
        request.pattern = *Catalog().find("leaves-a-file");
        QString folder;
        {
            Run run(request);
            connect(&run, &Run::logged, &run, [&folder](LogLevel, const QString &text) {
                if (text.startsWith("in "))
                    folder = text.sliced(3);
            });
            QSignalSpy finished(&run, &Run::finished);
            run.start();
            QVERIFY(finished.wait(30'000));
        }
        if (!folder.isEmpty()) // else it was killed before the line had gone out
            QVERIFY(!QFileInfo::exists(folder));
        QVERIFY(!QFileInfo::exists(QDir::tempPath() + "/left-behind"));
    }

    void aFloodOfReportsBecomesTheLastOfEach()
    {
        RunRequest request;
        request.pattern = *Catalog().find("floods-reports");
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        QSignalSpy results(&run, &Run::resultReported);
        QSignalSpy invariants(&run, &Run::invariantReported);
        QStringList lines;
        connect(&run, &Run::logged, &run,
                [&lines](LogLevel, const QString &text) { lines << text; });
        run.start();
        QVERIFY(finished.wait(60'000));
        const RunReport &report = run.report();
        QCOMPARE(report.state, RunState::Finished);
        QCOMPARE(report.results.value("same").toInt(), 99'999);
        QCOMPARE(report.results.size(), 32); // the metadata declare none
        QCOMPARE(report.invariants.size(), 32);
        QCOMPARE(report.invariants.first().evidence, "99999");
        // One report in 30 ms and of each id that is kept.
        const auto rounds = report.wallTime / std::chrono::milliseconds(30) + 1;
        QVERIFY(results.count() <= rounds + 32);
        QVERIFY(invariants.count() <= rounds + 32);
        QCOMPARE(lines.filter("metadata do not declare").size(), 2);
    }

    void aHangNamesWhoWaitsForWhat()
    {
        RunRequest request;
        request.pattern = *Catalog().find("waits-forever");
        request.timeout = std::chrono::milliseconds(1000);
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QVERIFY(finished.wait(30'000));
        const RunReport &report = run.report();
        QCOMPARE(report.state, RunState::TimedOut);
        const QString wait = "waits for queue \"items\" (queue empty), for ";
        QVERIFY2(report.message.contains("consumer " + wait), qPrintable(report.message));
        QVERIFY2(report.message.contains("its limit of 1 s"), qPrintable(report.message));
        QVERIFY(!report.lastRecords.isEmpty());
        // The cause before its consequences: the pattern's thread waits for the consumer.
        QVERIFY2(report.lastRecords.first().startsWith("consumer: " + wait)
                         && report.lastRecords.first().endsWith("in \"consume\""),
                 qPrintable(report.lastRecords.join('\n')));
        QVERIFY2(report.lastRecords.join('\n').contains("pattern: waits for thread \"consumer\""),
                 qPrintable(report.lastRecords.join('\n')));
        QVERIFY(run.trace()->attributes().value("message").contains(wait));
    }

    void aStoppedRunTellsWhoHadBeenWaiting()
    {
        RunRequest request;
        request.pattern = *Catalog().find("waits-forever");
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QTRY_VERIFY(holdsSlice(*run.trace(), "consume"));
        // Nothing more is recorded, but the trace goes on.
        const std::int64_t hanging = run.trace()->endNs();
        QTRY_VERIFY(run.trace()->endNs() > hanging + 300'000'000);
        run.stop();
        QVERIFY(finished.wait(30'000));
        QCOMPARE(run.report().state, RunState::Cancelled);
        QVERIFY2(run.report().message.contains("consumer waits for queue"),
                 qPrintable(run.report().message));
        QVERIFY(run.report().lastRecords.join('\n').contains("consumer: waits for queue"));
        QVERIFY(run.trace()->endNs() <= run.report().wallTime.count());
    }

    void aRunThatIsStoppedBeforeItsProcessListensIsNotExecuted_data()
    {
        QTest::addColumn<bool>("isolated");
        QTest::addColumn<bool>("record");
        QTest::newRow("process") << true << true;
        QTest::newRow("process, no trace") << true << false;
        QTest::newRow("in this process") << false << true;
    }
    void aRunThatIsStoppedBeforeItsProcessListensIsNotExecuted()
    {
        QFETCH(bool, isolated);
        QFETCH(bool, record);
        RunRequest request;
        request.pattern = *Catalog().find("never-returns");
        request.isolated = isolated;
        request.record = record;
        request.stopGrace = std::chrono::minutes(1);
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        run.stop();
        QVERIFY(finished.wait(30'000));
        QCOMPARE(run.report().state, RunState::Cancelled);
        QCOMPARE(run.report().message, "The run was stopped.");
        QCOMPARE(run.trace()->threadCount(), std::size_t{0});
    }

    void aRunInThisProcessThatIsDestroyedLeavesNoRecordingBehind()
    {
        RunRequest request;
        request.pattern = *Catalog().find("waits-forever");
        request.isolated = false;
        {
            Run abandoned(request);
            abandoned.start();
            QTRY_VERIFY(holdsSlice(*abandoned.trace(), "consume"));
        }
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QTRY_VERIFY(holdsSlice(*run.trace(), "consume"));
        run.stop();
        QVERIFY(finished.wait(30'000));
        QCOMPARE(run.report().state, RunState::Cancelled);
    }

    void whatAPatternHasStartedEndsWithItsProcess()
    {
        RunRequest request;
        request.pattern = *Catalog().find("leaves-a-process");
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        qint64 left = 0;
        connect(&run, &Run::logged, &run, [&left](LogLevel, const QString &text) {
            if (text.startsWith("left "))
                left = text.mid(5).toLongLong();
        });
        run.start();
        QVERIFY(finished.wait(30'000));
        QVERIFY(left > 0);
        // Whoever adopts it may take his time to bury it.
        const auto isAlive = [left] {
            QFile status(QStringLiteral("/proc/%1/stat").arg(left));
            return status.open(QIODevice::ReadOnly) && !status.readAll().contains(") Z ");
        };
        QTRY_VERIFY(!isAlive());
    }

    void theCommandLineTellsAndKeepsTheTrace_data()
    {
        aFaultyPluginEndsItsRunAndNothingElse_data();
    }
    void theCommandLineTellsAndKeepsTheTrace()
    {
        QFETCH(QString, id);
        QFETCH(QJsonObject, parameters);
        QFETCH(QString, message);
        QFETCH(int, exitCode);
        QTemporaryDir folder;
        const QString trace = folder.filePath("t.pftrace");
        QStringList arguments{"run", id, "--json", "-o", trace};
        for (auto entry = parameters.begin(); entry != parameters.end(); ++entry)
            arguments << "--set"
                      << QStringLiteral("%1=%2").arg(entry.key()).arg(entry.value().toInt());
        QProcess heddle;
        heddle.start(HEDDLE_PROGRAM, arguments);
        QVERIFY(heddle.waitForFinished(30'000));
        QCOMPARE(heddle.exitStatus(), QProcess::NormalExit);
        QCOMPARE(heddle.exitCode(), exitCode);
        // Whatever the plugin printed, standard output is one JSON object.
        const QJsonDocument json = QJsonDocument::fromJson(heddle.readAllStandardOutput());
        QVERIFY(json.isObject());
        QVERIFY(json["message"].toString().contains(message));
        heddle.start(HEDDLE_PROGRAM, {"info", trace, "--json"});
        QVERIFY(heddle.waitForFinished(30'000));
        QCOMPARE(heddle.exitCode(), 0);
        QVERIFY(QJsonDocument::fromJson(heddle.readAllStandardOutput())["slices"].toInt() >= 101);
    }

    void aStoppedRunThatDoesNotListenIsEndedByForce()
    {
        RunRequest request;
        request.pattern = *Catalog().find("never-returns");
        request.stopGrace = std::chrono::milliseconds(100);
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QTRY_COMPARE(run.state(), RunState::Running);
        QTRY_VERIFY(holdsSlice(*run.trace(), "the fault")); // seen while it runs
        run.stop();
        QVERIFY(finished.wait(20'000));
        QCOMPARE(run.report().state, RunState::Cancelled);
        QCOMPARE(run.report().signalNumber, SIGKILL);
    }

    void aRunThatIsDestroyedTakesItsProcessAlong()
    {
        RunRequest request;
        request.pattern = *Catalog().find("never-returns");
        auto run = std::make_unique<Run>(request);
        run->start();
        QTRY_VERIFY(!run->trace()->processes().empty());
        const auto pid = static_cast<pid_t>(run->trace()->processes().front().pid);
        QCOMPARE(::kill(pid, 0), 0);
        run.reset();
        QCOMPARE(::kill(pid, 0), -1);
    }

    void aRunnerThatDoesNotExistIsExplained()
    {
        qputenv("HEDDLE_RUNNER", "/nonexistent/heddle");
        RunRequest request;
        request.pattern = *Catalog().find("throws");
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QVERIFY(finished.wait(20'000));
        QCOMPARE(run.report().state, RunState::Failed);
        QVERIFY2(run.report().message.contains("HEDDLE_RUNNER"), qPrintable(run.report().message));
        qputenv("HEDDLE_RUNNER", HEDDLE_PROGRAM);
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "tst_faults.moc"
