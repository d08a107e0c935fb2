// SPDX-License-Identifier: Apache-2.0
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

// The command as a user types it: docs/cli.md is the contract.
class TestCommandLine : public QObject
{
    Q_OBJECT

    static QJsonObject parse(const QByteArray &text)
    {
        return QJsonDocument::fromJson(text).object();
    }
    struct Outcome
    {
        int code = -1;
        QByteArray output;
        QByteArray errors;
        QJsonObject json() const { return parse(output); }
    };
    static Outcome heddle(const QStringList &arguments)
    {
        QProcess process;
        process.start(HEDDLE_PROGRAM, arguments);
        if (!process.waitForFinished(60'000))
            return {};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2,
                process.readAllStandardOutput(), process.readAllStandardError()};
    }

private Q_SLOTS:
    void theReportAndTheTraceAreNotMixedInOneStream()
    {
        const Outcome run = heddle({"run", "producer-consumer", "--json", "-o", "-"});
        QCOMPARE(run.code, 2);
        QVERIFY(run.output.isEmpty());
        QVERIFY(run.errors.contains("--json"));
    }

    void theStudioWithoutADisplayIsExplained()
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
            environment.remove(QLatin1String(name));
        process.setProcessEnvironment(environment);
        process.start(HEDDLE_PROGRAM, QStringList());
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("display"));
    }

    void theMainJobEndsWithEveryItemAccountedFor()
    {
        QTemporaryDir folder;
        const QString trace = folder.filePath("a.pftrace");
        const Outcome run = heddle({"run", "producer-consumer", "--set", "producers=2", "--set",
                                    "consumers=2", "--set", "items=10000", "-o", trace});
        QVERIFY2(run.code == 0, run.errors.constData());
        const QJsonObject info = heddle({"info", trace, "--json"}).json();
        QCOMPARE(info["format"].toString(), "perfetto");
        QCOMPARE(info["flows"].toInt(), 10000);
        QCOMPARE(info["complete_flows"].toInt(), 10000);
        QCOMPARE(info["flows_by_kind"].toObject()["queue_item"].toObject()["completed"].toInt(),
                 10000);
        QCOMPARE(info["lost"].toInt(), 0);
        QVERIFY(info["span_ns"].toDouble() > 0);
        QStringList names;
        for (const QJsonValue &thread : info["threads"].toArray()) {
            names << thread.toObject()["name"].toString();
            QCOMPARE(thread.toObject()["lost"].toInt(), 0);
        }
        for (const char *expected : {"producer 1", "producer 2", "consumer 1", "consumer 2"})
            QVERIFY2(names.contains(QLatin1String(expected)), expected);
    }

    void wrongUsageEndsWithTwoAndAMessage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("words");
        QTest::newRow("out of range")
                << QStringList{"run", "producer-consumer", "--set", "producers=-1"}
                << QStringList{"producers", "1 to 32", "-1"};
        QTest::newRow("no number") << QStringList{"run", "producer-consumer", "--set", "items=many"}
                                   << QStringList{"items", "integer", "many"};
        QTest::newRow("fraction") << QStringList{"run", "producer-consumer", "--set", "items=1.5"}
                                  << QStringList{"items", "1.5"};
        QTest::newRow("choice") << QStringList{"run", "producer-consumer", "--set", "stop=never"}
                                << QStringList{"stop", "perConsumer", "never"};
        QTest::newRow("unknown parameter")
                << QStringList{"run", "producer-consumer", "--set", "producer=1"}
                << QStringList{"Did you mean 'producers'"};
        QTest::newRow("unknown pattern") << QStringList{"run", "producer-consumr"}
                                         << QStringList{"Did you mean 'producer-consumer'"};
        QTest::newRow("unknown preset") << QStringList{"run", "producer-consumer", "--preset", "x"}
                                        << QStringList{"balanced"};
        QTest::newRow("unknown fault") << QStringList{"run", "producer-consumer", "--fault", "x"}
                                       << QStringList{"lost-sentinel"};
        QTest::newRow("unknown suffix") << QStringList{"run", "producer-consumer", "-o", "a.xyz"}
                                        << QStringList{".pftrace", ".json"};
        QTest::newRow("timeout") << QStringList{"run", "producer-consumer", "--timeout", "soon"}
                                 << QStringList{"timeout", "soon"};
        QTest::newRow("unknown option") << QStringList{"run", "producer-consumer", "--frobnicate"}
                                        << QStringList{"frobnicate"};
        QTest::newRow("unknown command")
                << QStringList{"frobnicate"} << QStringList{"frobnicate", "--help"};
        QTest::newRow("no file") << QStringList{"info"} << QStringList{"file"};
    }
    void wrongUsageEndsWithTwoAndAMessage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, words);
        const Outcome outcome = heddle(arguments);
        QCOMPARE(outcome.code, 2);
        QVERIFY(outcome.output.isEmpty());
        for (const QString &word : words)
            QVERIFY2(outcome.errors.contains(word.toUtf8()), outcome.errors.constData());
    }

    void aFileThatIsNoTraceIsRefused()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("x.pftrace");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("this is text");
        file.close();
        const Outcome outcome = heddle({"info", path});
        QCOMPARE(outcome.code, 1);
        QVERIFY(outcome.errors.contains(path.toUtf8()));
        QCOMPARE(heddle({"info", folder.filePath("missing")}).code, 1);
    }

    void anExportThatFailsLeavesTheOldFile()
    {
        QTemporaryDir folder;
        const QString trace = folder.filePath("a.pftrace");
        QCOMPARE(heddle({"run", "producer-consumer", "--set", "items=20", "-o", trace}).code, 0);
        const Outcome outcome = heddle({"convert", trace, "/proc/no/such/folder.json"});
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.errors.contains("/proc/no/such/folder.json"), outcome.errors.constData());
        QVERIFY(QFile::exists(trace));
    }

    void tracesConvertToEveryFormat_data()
    {
        QTest::addColumn<QString>("suffix");
        QTest::addColumn<QByteArray>("head");
        QTest::newRow("Perfetto") << "pftrace" << QByteArray("\x0a");
        QTest::newRow("Chrome") << "json" << QByteArray("{");
        QTest::newRow("PNG") << "png" << QByteArray("\x89PNG");
        QTest::newRow("SVG") << "svg" << QByteArray("<?xml");
        QTest::newRow("PDF") << "pdf" << QByteArray("%PDF");
    }
    void tracesConvertToEveryFormat()
    {
        QFETCH(QString, suffix);
        QFETCH(QByteArray, head);
        static QTemporaryDir folder;
        const QString trace = folder.filePath("source.pftrace");
        if (!QFile::exists(trace))
            QCOMPARE(heddle({"run", "producer-consumer", "--set", "items=50", "-o", trace}).code,
                     0);
        const QString target = folder.filePath("target." + suffix);
        const Outcome outcome = heddle({"convert", trace, target});
        QVERIFY2(outcome.code == 0, outcome.errors.constData());
        QFile file(target);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.size() > 1000);
        QVERIFY(file.readAll().startsWith(head));
    }

    void listAndDescribeTellWhatThereIs()
    {
        const QJsonObject list = heddle({"list", "--json"}).json();
        QStringList ids;
        for (const QJsonValue &pattern : list["patterns"].toArray())
            ids << pattern.toObject()["id"].toString();
        QVERIFY(ids.contains("producer-consumer"));
        const Outcome text = heddle({"describe", "producer-consumer"});
        QCOMPARE(text.code, 0);
        for (const char *word :
             {"producers", "1 to 32", "lost-sentinel", "back-pressure", "each-once"})
            QVERIFY2(text.output.contains(word), word);
        QCOMPARE(heddle({"describe", "producer-consumer", "--json"}).json()["id"].toString(),
                 "producer-consumer");
    }

    void theSameSeedGivesTheSameResult()
    {
        const QStringList arguments{"run",   "producer-consumer", "--json", "--seed",  "7",
                                    "--set", "jitter=50",         "--set",  "items=50"};
        const QString first = heddle(arguments).json()["results"].toObject()["checksum"].toString();
        QVERIFY(!first.isEmpty());
        QCOMPARE(heddle(arguments).json()["results"].toObject()["checksum"].toString(), first);
    }

    void anInterruptedRunEndsInOrder()
    {
        QProcess process;
        process.start(HEDDLE_PROGRAM, {"run", "producer-consumer", "--json", "--set",
                                       "items=100000", "--set", "consume=5"});
        QVERIFY(process.waitForStarted());
        QVERIFY(!process.waitForFinished(700)); // it would take minutes
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QCOMPARE(parse(process.readAllStandardOutput())["state"].toString(), "cancelled");
    }

    void inProcessRunsGiveTheSameReport()
    {
        const Outcome outcome = heddle(
                {"run", "producer-consumer", "--in-process", "--json", "--set", "items=100"});
        QVERIFY2(outcome.code == 0, outcome.errors.constData());
        QCOMPARE(outcome.json()["results"].toObject()["items"].toInt(), 100);
        QCOMPARE(outcome.json()["lost"].toInt(), 0);
    }

    void aPluginCanBeCheckedFromWhereOneStands()
    {
        const QString plugin = QFileInfo(HEDDLE_PROGRAM).absolutePath()
                               + "/../lib/heddle/patterns/producer-consumer/producer-consumer.so";
        const Outcome check = heddle({"plugin", "check", QDir::current().relativeFilePath(plugin)});
        QVERIFY2(check.code == 0, check.errors.constData());
        QVERIFY2(check.output.contains("in order"), check.output.constData());
        QVERIFY2(check.output.contains("a lesson"), check.output.constData());
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_commandline.moc"
