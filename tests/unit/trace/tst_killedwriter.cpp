// SPDX-License-Identifier: Apache-2.0
#include "collectedrecords.h"

#include <QProcess>
#include <QTest>

using namespace heddle::trace;

class TestKilledWriter : public QObject
{
    Q_OBJECT

    static void check(const CollectedRecords &found)
    {
        for (const auto &[thread, entries] : found.threads) {
            std::int64_t expected = 0;
            bool gap = false;
            for (std::size_t k = 0; k < entries.size(); ++k) {
                if (entries[k].record.type() == RecordType::Lost)
                    gap = true;
                if (entries[k].record.type() != RecordType::Instant)
                    continue;
                QVERIFY(k + 1 < entries.size()); // its argument was committed with it
                const auto value = static_cast<std::int64_t>(entries[k + 1].record.payload);
                if (!gap)
                    QCOMPARE(value, expected);
                QVERIFY(value >= expected);
                gap = false;
                expected = value + 1;
            }
        }
    }

private Q_SLOTS:
    void whatWasCommittedIsReadAfterSigkill()
    {
        TemporaryRecording recording({.capacityBytes = 8 << 20});
        QVERIFY(!recording.error);
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        QCOMPARE(reader.processId(), std::uint64_t{0});

        QProcess writer;
        writer.start(QStringLiteral(RECORDING_WRITER), {QString::fromStdString(recording.path)});
        QVERIFY(writer.waitForReadyRead(20'000));
        CollectedRecords found;
        while (found.total() < 50'000) // live, in another process
            reader.drain(found);
        QCOMPARE(reader.processId(), static_cast<std::uint64_t>(writer.processId()));
        const std::size_t whileAlive = found.total();
        writer.kill();
        QVERIFY(writer.waitForFinished(20'000));
        QCOMPARE(writer.exitStatus(), QProcess::CrashExit);
        reader.drain(found);
        QVERIFY(found.total() >= whileAlive);
        QVERIFY(!reader.isFinished());
        QVERIFY(found.threads.size() >= 2);
        check(found);
    }

    void aRecordingThatNobodyReadKeepsItsBeginning()
    {
        TemporaryRecording recording({.capacityBytes = 1 << 20});
        QProcess writer;
        writer.start(QStringLiteral(RECORDING_WRITER), {QString::fromStdString(recording.path)});
        QVERIFY(writer.waitForReadyRead(20'000));
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        QTRY_VERIFY(reader.lost() > 0);
        writer.kill();
        QVERIFY(writer.waitForFinished(20'000));
        CollectedRecords found;
        reader.drain(found);
        QVERIFY(found.total() > 40'000);
        check(found);
    }
};

QTEST_GUILESS_MAIN(TestKilledWriter)
#include "tst_killedwriter.moc"
