// SPDX-License-Identifier: Apache-2.0
#include "randomtrace.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <sys/stat.h>

using namespace heddle;

namespace {

// Takes some bytes, then none, as a disk that is full.
class FullDevice final : public QIODevice
{
public:
    explicit FullDevice(qint64 room)
        : m_room(room)
    {
        open(WriteOnly | Unbuffered);
    }

protected:
    qint64 readData(char *, qint64) override { return -1; }
    qint64 writeData(const char *, qint64 size) override
    {
        const qint64 taken = std::min(size, m_room);
        m_room -= taken;
        if (taken < size)
            setErrorString(QStringLiteral("No space left on device"));
        return taken > 0 ? taken : -1;
    }

private:
    qint64 m_room;
};

} // namespace

class TestTraceFormat : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const char *name) const { return m_folder.filePath(QLatin1String(name)); }
    static QByteArray content(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    template <typename Call>
    static QString failure(Call call)
    {
        try {
            call();
        } catch (const Error &error) {
            return error.message() + QLatin1Char('|') + error.where() + QLatin1Char('|')
                   + error.remedy();
        }
        return {};
    }

private Q_SLOTS:
    void theSuffixChoosesTheFormat()
    {
        QCOMPARE(writerFor(QStringLiteral("a.pftrace"))->id(), QStringLiteral("perfetto"));
        QCOMPARE(writerFor(QStringLiteral("A.PFTRACE"))->id(), QStringLiteral("perfetto"));
        QCOMPARE(writerFor(QStringLiteral("a.json"))->id(), QStringLiteral("chrome"));
        QCOMPARE(writerFor(QStringLiteral("-"))->id(), QStringLiteral("perfetto"));
        QCOMPARE(writerFor(QStringLiteral("a.doc")), nullptr);
        QCOMPARE(writerFor(QStringLiteral("pftrace")), nullptr);
        QVERIFY(knownSuffixes().contains(QStringLiteral(".json")));
    }

    void identifiersAreUnique()
    {
        QStringList ids;
        for (const auto &writer : traceWriters()) {
            QVERIFY(!writer->title().isEmpty());
            QVERIFY(!writer->suffixes().isEmpty());
            ids << writer->id();
        }
        QCOMPARE(ids.removeDuplicates(), 0);
    }

    void anUnknownSuffixNamesTheKnownOnes()
    {
        const TraceStore store;
        const QString message = failure([&] { exportTrace(store, path("trace.doc")); });
        QVERIFY(message.contains(QStringLiteral(".pftrace")));
        QVERIFY(message.contains(QStringLiteral(".json")));
        QVERIFY(message.contains(QStringLiteral("trace.doc")));
        QVERIFY(!QFile::exists(path("trace.doc")));
    }

    void aFileComesBackByItsContent()
    {
        TraceStore store;
        fillRandomly(store, 500, 31);
        exportTrace(store, path("renamed.data"), QStringLiteral("perfetto"));
        TraceStore copy;
        QCOMPARE(importTrace(path("renamed.data"), copy), QStringLiteral("perfetto"));
        QCOMPARE(linesOf(copy), linesOf(store));
    }

    void nothingIsLeftBesideTheFile()
    {
        const QDir folder(m_folder.path());
        TraceStore store;
        fillRandomly(store, 100, 32);
        exportTrace(store, path("one.pftrace"));
        QVERIFY(folder.entryList(QDir::Files).contains(QStringLiteral("one.pftrace")));
        for (const QString &name :
             folder.entryList({QStringLiteral("one.pftrace*")}, QDir::Files | QDir::Hidden))
            QCOMPARE(name, QStringLiteral("one.pftrace"));
    }

    void aCancelledExportLeavesTheOldFile()
    {
        TraceStore store;
        fillRandomly(store, 1000, 33);
        exportTrace(store, path("kept.pftrace"));
        const QByteArray before = content(path("kept.pftrace"));
        std::stop_source source;
        source.request_stop();
        TraceStore other;
        fillRandomly(other, 50, 34);
        for (const char *format : {"perfetto", "chrome"}) {
            QVERIFY_EXCEPTION_THROWN(exportTrace(other, path("kept.pftrace"), QLatin1String(format),
                                                 {}, source.get_token()),
                                     Stopped);
            QCOMPARE(content(path("kept.pftrace")), before);
        }
        QCOMPARE(QDir(m_folder.path())
                         .entryList({QStringLiteral("kept.pftrace*")}, QDir::Files)
                         .size(),
                 1);
    }

    void aFormatIsCalledByItsIdOrASuffix()
    {
        for (const auto &writer : traceWriters()) {
            QCOMPARE(writerCalled(writer->id()), writer.get());
            for (const QString &suffix : writer->suffixes())
                QCOMPARE(writerCalled(suffix), writer.get());
        }
        QCOMPARE(writerCalled(QStringLiteral("doc")), nullptr);
    }

    void aFullDeviceIsAnError_data()
    {
        QTest::addColumn<QString>("format");
        for (const auto &writer : traceWriters())
            QTest::addRow("%s", qPrintable(writer->id())) << writer->id();
    }
    void aFullDeviceIsAnError()
    {
        QFETCH(QString, format);
        TraceStore store;
        fillRandomly(store, 20'000, 35);
        FullDevice device(1'000);
        const QString message = failure(
                [&] { writerCalled(format)->write(store, device, {}, {}); });
        QVERIFY2(message.contains(QStringLiteral("No space left on device")), qPrintable(message));
    }

    void aFullDiskNamesTheFile_data() { aFullDeviceIsAnError_data(); }
    void aFullDiskNamesTheFile()
    {
        QFETCH(QString, format);
        TraceStore store;
        fillRandomly(store, 2'000, 36);
        const QString message = failure(
                [&] { exportTrace(store, QStringLiteral("/dev/full"), format); });
        QVERIFY2(message.contains(QStringLiteral("No space left on device|/dev/full|")),
                 qPrintable(message));
    }

    void aPipeIsWrittenTo()
    {
        const QString pipe = path("pipe");
        QCOMPARE(::mkfifo(qPrintable(pipe), 0600), 0);
        TraceStore store;
        fillRandomly(store, 2'000, 37);
        QByteArray received;
        const std::unique_ptr<QThread> reader(QThread::create([&] { received = content(pipe); }));
        reader->start();
        exportTrace(store, pipe, QStringLiteral("perfetto"));
        reader->wait();
        exportTrace(store, path("file.pftrace"));
        QCOMPARE(received, content(path("file.pftrace")));
    }

    void aMissingFolderIsAnError()
    {
        const TraceStore store;
        const QString message = failure([&] { exportTrace(store, path("none/trace.pftrace")); });
        QVERIFY(message.contains(QStringLiteral("none/trace.pftrace")));
        QVERIFY(!message.endsWith(QLatin1Char('|')));
    }

    void whatCannotBeReadSaysWhy()
    {
        TraceStore store;
        QVERIFY(failure([&] {
                    (void)importTrace(path("missing.pftrace"), store);
                }).contains(QStringLiteral("missing.pftrace")));
        QFile(path("empty")).open(QIODevice::WriteOnly);
        QVERIFY(failure([&] {
                    (void)importTrace(path("empty"), store);
                }).contains(QStringLiteral("empty")));
        QFile text(path("text"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write("Dear reader, this is no trace.");
        text.close();
        QVERIFY(!failure([&] { (void)importTrace(path("text"), store); }).isEmpty());
        QCOMPARE(store.threadCount(), std::size_t{0});
    }
};

QTEST_MAIN(TestTraceFormat)
#include "tst_traceformat.moc"
