// SPDX-License-Identifier: Apache-2.0
#include "collectedrecords.h"

#include <heddle/trace/slice.h>

#include <QTest>

using namespace heddle::trace;

class TestRecordingLoss : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatDoesNotFitIsCountedExactly()
    {
        TemporaryRecording recording({.capacityBytes = 16 << 10, .chunkBytes = 4096});
        QVERIFY(!Recorder::start(recording.path));
        constexpr std::uint64_t written = 10'000;
        const Name name("x");
        for (std::uint64_t k = 0; k < written; ++k)
            instant(name);
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        reader.drain(found);
        QCOMPARE(found.count(RecordType::Instant) + reader.lost(), written);
        QVERIFY(reader.lost() > 0);
    }

    void afterALossTheRecordSaysHowMuchAndHowDeep()
    {
        TemporaryRecording recording({.capacityBytes = 16 << 10, .chunkBytes = 4096});
        QVERIFY(!Recorder::start(recording.path));
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        const Name name("x");
        const Name outer("outer");
        const std::uint64_t before = reader.lost();
        {
            const Slice first(outer);
            const Slice second(outer);
            for (int k = 0; k < 5'000; ++k)
                instant(name);
            QVERIFY(reader.lost() > before);
            reader.drain(found);          // makes room
            for (int k = 0; k < 300; ++k) // one in 256 looks for room again
                instant(name);
        }
        Recorder::stop();
        reader.drain(found);
        QCOMPARE(found.count(RecordType::Lost), std::size_t{1});
        for (const auto &entry : found.threads.begin()->second) {
            if (entry.record.type() == RecordType::Lost) {
                QCOMPARE(entry.record.payload & ((std::uint64_t{1} << 40) - 1), reader.lost());
                QCOMPARE(entry.record.payload >> 40, std::uint64_t{2});
            }
        }
        QCOMPARE(found.count(RecordType::Instant) + reader.lost(), std::uint64_t{5'300});
        QCOMPARE(found.count(RecordType::SliceEnd), std::size_t{2});
    }
};

QTEST_GUILESS_MAIN(TestRecordingLoss)
#include "tst_recordingloss.moc"
