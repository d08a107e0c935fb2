// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/thread.h>
#include <heddle/formats/traceformat.h>
#include <heddle/timeline/tracestore.h>
#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace heddle;

/// What a program records itself can be opened like any trace.
class TestRecordingFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const char *name) const { return m_folder.filePath(QLatin1String(name)); }
    static void record(const QString &path, int slices, bool isEnded = true)
    {
        const std::string file = path.toStdString();
        const auto created = trace::createRecording(file, {.capacityBytes = 4 << 20});
        QVERIFY2(!created, created.what.c_str());
        const auto started = trace::Recorder::start(file);
        QVERIFY2(!started, started.what.c_str());
        Thread("worker", [slices] {
            for (int k = 0; k < slices; ++k) {
                HEDDLE_SLICE("step");
            }
        }).join();
        if (isEnded)
            trace::Recorder::stop();
    }
    static std::size_t slices(const TraceStore &store)
    {
        return static_cast<std::size_t>(store.counts().slices);
    }

private Q_SLOTS:
    void itHoldsWhatWasRecorded()
    {
        record(path("a.recording"), 1000);
        // Twice: reading leaves the file as it was.
        for (int time = 0; time < 2; ++time) {
            TraceStore store;
            QCOMPARE(importTrace(path("a.recording"), store), QStringLiteral("recording"));
            QCOMPARE(slices(store), std::size_t{1000});
            QVERIFY(store.attributes().value(QStringLiteral("trace_gap")).isEmpty());
            QStringList threads;
            for (const auto &thread : store.threads())
                threads << thread.name;
            QVERIFY2(threads.contains(QStringLiteral("worker")), qPrintable(threads.join(u' ')));
        }
    }

    void oneThatGoesOnIsReadSoFar()
    {
        record(path("b.recording"), 10, false);
        TraceStore store;
        importTrace(path("b.recording"), store);
        QCOMPARE(slices(store), std::size_t{10});
        QVERIFY(!store.attributes().value(QStringLiteral("trace_gap")).isEmpty());
        {
            HEDDLE_SLICE("later");
        }
        trace::Recorder::stop();
        TraceStore whole;
        importTrace(path("b.recording"), whole);
        QCOMPARE(slices(whole), std::size_t{11});
    }

    void damageIsToldAndHarmless()
    {
        record(path("c.recording"), 100);
        QFile original(path("c.recording"));
        QVERIFY(original.open(QIODevice::ReadOnly));
        const QByteArray content = original.readAll();
        for (const qsizetype size : {qsizetype{8}, qsizetype{100}, content.size() / 2}) {
            QFile cut(path("cut.recording"));
            QVERIFY(cut.open(QIODevice::WriteOnly | QIODevice::Truncate));
            cut.write(content.left(size));
            cut.close();
            TraceStore store;
            bool isTold = false;
            try {
                importTrace(cut.fileName(), store);
            } catch (const Error &error) {
                isTold = error.where().contains(QStringLiteral("cut.recording"));
            }
            QVERIFY(isTold);
        }
    }

    void anUnusedOneIsTold()
    {
        QVERIFY(!trace::createRecording(path("d.recording").toStdString(),
                                        {.capacityBytes = 4 << 20}));
        TraceStore store;
        QVERIFY_EXCEPTION_THROWN(importTrace(path("d.recording"), store), Error);
    }
};

QTEST_GUILESS_MAIN(TestRecordingFile)
#include "tst_recordingfile.moc"
