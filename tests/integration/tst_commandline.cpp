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
#include <sys/stat.h>

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
        QTest::newRow("one argument too many")
                << QStringList{"list", "patterns"} << QStringList{"patterns", "too many"};
        QTest::newRow("two patterns") << QStringList{"describe", "producer-consumer", "map-reduce"}
                                      << QStringList{"map-reduce", "too many"};
        QTest::newRow("unknown option elsewhere")
                << QStringList{"list", "--frobnicate"} << QStringList{"frobnicate", "--help"};
        QTest::newRow("no name for the output")
                << QStringList{"run", "producer-consumer", "-o", ""} << QStringList{"-o"};
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

    void aFileThatIsMissingEndsWithOneWhateverTheCommand_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("info") << QStringList{"info", "/nonexistent/a.pftrace"};
        QTest::newRow("convert") << QStringList{"convert", "/nonexistent/a.pftrace", "/tmp/a.json"};
        QTest::newRow("open") << QStringList{"open", "/nonexistent/a.pftrace"};
        QTest::newRow("plugin") << QStringList{"plugin", "check", "/nonexistent/a.so"};
        QTest::newRow("metadata") << QStringList{"plugin", "check", "/nonexistent/a.json"};
    }
    void aFileThatIsMissingEndsWithOneWhateverTheCommand()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = heddle(arguments);
        QCOMPARE(outcome.code, 1);
        QVERIFY2(outcome.errors.contains("/nonexistent/a."), outcome.errors.constData());
    }

    void anOutputThatCannotBeWrittenIsToldBeforeTheRun()
    {
        QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir("folder.pftrace"));
        for (const QString &output :
             {QStringLiteral("/nonexistent/a.pftrace"), folder.filePath("folder.pftrace")}) {
            const Outcome outcome = heddle({"run", "producer-consumer", "-o", output});
            QCOMPARE(outcome.code, 1);
            QVERIFY(outcome.output.isEmpty()); // nothing was run
            QVERIFY2(outcome.errors.contains(output.toUtf8()), outcome.errors.constData());
        }
    }

    void everyCommandExplainsItself()
    {
        for (const char *command :
             {"list", "describe", "run", "info", "convert", "plugin", "open"}) {
            const Outcome outcome = heddle({QLatin1String(command), "--help"});
            QCOMPARE(outcome.code, 0);
            QVERIFY2(outcome.output.contains("Usage:"), command);
        }
    }

    void aRunCanEndInAPicture()
    {
        QTemporaryDir folder;
        const QString picture = folder.filePath("a.PNG");
        const Outcome run = heddle(
                {"run", "producer-consumer", "--set", "items=20", "--output=" + picture});
        QVERIFY2(run.code == 0, run.errors.constData());
        QFile file(picture);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().startsWith("\x89PNG"));
    }

    void anInterruptedExportEndsAndLeavesNoFile()
    {
        QTemporaryDir folder;
        const QString trace = folder.filePath("a.pftrace");
        QCOMPARE(heddle({"run", "producer-consumer", "--set", "items=5000", "--set", "produce=0",
                         "--set", "consume=0", "-o", trace})
                         .code,
                 0);
        // A pipe holds the export up until it is read.
        const QByteArray pipe = folder.filePath("pipe").toLocal8Bit();
        QCOMPARE(::mkfifo(pipe.constData(), 0600), 0);
        QProcess process;
        process.start(HEDDLE_PROGRAM, {"convert", trace, pipe, "--format", "chrome"});
        QVERIFY(process.waitForStarted());
        QFile reader(QString::fromLocal8Bit(pipe));
        QVERIFY(reader.open(QIODevice::ReadOnly | QIODevice::Unbuffered)); // waits for the writer
        QCOMPARE(reader.read(1).size(), qsizetype{1});
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        while (!reader.read(4096).isEmpty()) {
        }
        QVERIFY(process.waitForFinished(20'000));
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(process.readAllStandardError().contains("not written"));
    }

    void theTextTellsWhatTheTraceHolds()
    {
        QTemporaryDir folder;
        const QString trace = folder.filePath("a.pftrace");
        QCOMPARE(heddle({"run", "producer-consumer", "--set", "items=20", "--seed", "9", "-o",
                         trace})
                         .code,
                 0);
        const Outcome info = heddle({"info", trace});
        QCOMPARE(info.code, 0);
        for (const char *word : {"waits", "producer-consumer", "finished", "Process", "checksum",
                                 "each-once", "holds", "consumer 1", "seed"})
            QVERIFY2(info.output.contains(word), word);
        for (const QByteArray &line : info.output.split('\n'))
            QVERIFY2(!line.endsWith(' '), line.constData());
    }

    void metadataCanBeCheckedBeforeThereIsAPlugin()
    {
        QTemporaryDir folder;
        QVERIFY(QDir::setCurrent(folder.path()));
        QCOMPARE(heddle({"plugin", "new", "sleepy"}).code, 0);
        const Outcome check = heddle({"plugin", "check", "sleepy/sleepy.json"});
        QVERIFY2(check.code == 0, check.errors.constData());
        QVERIFY2(check.output.contains("is in order"), check.output.constData());
        QFile broken("broken.json");
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("{\n  \"id\": \"x\",\n  oops\n}\n");
        broken.close();
        const Outcome refused = heddle({"plugin", "check", "broken.json"});
        QCOMPARE(refused.code, 1);
        QVERIFY2(refused.errors.contains("broken.json, line 3"), refused.errors.constData());
        QDir::setCurrent(QDir::tempPath());
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

    void aFileThatEndsWithinAPacketSaysSo()
    {
        const QTemporaryDir folder;
        const QString whole = folder.filePath("whole.pftrace");
        QCOMPARE(heddle({"run", "producer-consumer", "--set", "items=50", "-o", whole}).code, 0);
        QFile file(whole);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QFile cut(folder.filePath("cut.pftrace"));
        QVERIFY(cut.open(QIODevice::WriteOnly));
        cut.write(file.readAll());
        cut.write("\x0a\xff\xff\x03 of which this is all"); // a packet of 64 KiB
        cut.close();
        const Outcome info = heddle({"info", cut.fileName()});
        QCOMPARE(info.code, 0);
        QVERIFY2(info.errors.contains("what came before is shown"), info.errors.constData());
        const Outcome converted = heddle({"convert", cut.fileName(), folder.filePath("cut.json")});
        QCOMPARE(converted.code, 0);
        QVERIFY2(converted.errors.contains("what came before is shown"),
                 converted.errors.constData());
        QVERIFY(heddle({"info", whole}).errors.isEmpty());
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
        for (const char *word : {"producers", "1 to 32", "lost-sentinel", "back-pressure",
                                 "each-once", "capacity=8, consume=1"})
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
