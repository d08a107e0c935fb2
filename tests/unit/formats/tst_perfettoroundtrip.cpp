// SPDX-License-Identifier: Apache-2.0
#include "randomtrace.h"

#include <QTest>

using namespace heddle;

class TestPerfettoRoundTrip : public QObject
{
    Q_OBJECT

    static void compare(const TraceStore &actual, const TraceStore &expected)
    {
        const QStringList found = linesOf(actual);
        const QStringList wanted = linesOf(expected);
        for (qsizetype k = 0; k < std::min(found.size(), wanted.size()); ++k)
            QCOMPARE(found[k], wanted[k]);
        QCOMPARE(found.size(), wanted.size());
    }

private Q_SLOTS:
    void whatIsWrittenComesBack_data()
    {
        QTest::addColumn<int>("events");
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 20; ++seed)
            QTest::addRow("seed %u", seed) << 300 << seed;
        QTest::newRow("large") << 30'000 << 99u;
    }

    void whatIsWrittenComesBack()
    {
        QFETCH(const int, events);
        QFETCH(const unsigned, seed);
        TraceStore original;
        fillRandomly(original, events, seed);
        TraceStore copy;
        readInto(copy, written(original, "perfetto"));
        compare(copy, original);
    }

    void aSecondWritingGivesTheSameBytes()
    {
        TraceStore original;
        fillRandomly(original, 2000, 7);
        const QByteArray first = written(original, "perfetto");
        TraceStore copy;
        readInto(copy, first);
        QCOMPARE(written(copy, "perfetto"), first);
    }

    void anEmptyTraceComesBack()
    {
        TraceStore original;
        TraceStore::Writer(original).complete();
        TraceStore copy;
        readInto(copy, written(original, "perfetto"));
        compare(copy, original);
    }

    void progressGrowsToOne()
    {
        TraceStore store;
        fillRandomly(store, 30'000, 5);
        QByteArray bytes = written(store, "perfetto");
        double last = 0;
        bool grows = true;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::ReadOnly);
        TraceStore copy;
        readerNamed("perfetto")
                .read(buffer, copy,
                      [&](double fraction) {
                          grows &= fraction >= last && fraction <= 1.0;
                          last = fraction;
                      },
                      {});
        QVERIFY(grows);
        QCOMPARE(last, 1.0);
    }

    void aStopRequestEndsWritingAndReading()
    {
        TraceStore store;
        fillRandomly(store, 30'000, 5);
        QByteArray bytes = written(store, "perfetto");
        std::stop_source source;
        source.request_stop();
        QBuffer out;
        out.open(QIODevice::WriteOnly);
        QVERIFY_EXCEPTION_THROWN(
                writerCalled(QStringLiteral("perfetto"))->write(store, out, {}, source.get_token()),
                Stopped);
        QBuffer in(&bytes);
        in.open(QIODevice::ReadOnly);
        TraceStore copy;
        QVERIFY_EXCEPTION_THROWN(readerNamed("perfetto").read(in, copy, {}, source.get_token()),
                                 Stopped);
    }
};

QTEST_APPLESS_MAIN(TestPerfettoRoundTrip)
#include "tst_perfettoroundtrip.moc"
