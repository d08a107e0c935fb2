// SPDX-License-Identifier: Apache-2.0
#include "randomtrace.h"

#include <QTest>

using namespace heddle;

class TestPerfettoDamage : public QObject
{
    Q_OBJECT

    // Looks at everything, so that a store that is wrong inside does not go unnoticed.
    static qsizetype linesAfter(const QByteArray &bytes)
    {
        TraceStore store;
        try {
            readInto(store, bytes);
        } catch (const Error &error) {
            if (error.message().isEmpty() || error.where().isEmpty() || error.remedy().isEmpty())
                return -1;
            return 0;
        }
        std::vector<IntervalRun> runs;
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth)
                store.slices(thread, depth)
                        .collect({0, store.endNs(), 1 << 20}, store.endNs(), runs);
        }
        (void)written(store, "perfetto");
        (void)written(store, "chrome");
        (void)traceInfo(store, QStringLiteral("perfetto"));
        return linesOf(store).size();
    }

    QByteArray m_bytes;

private Q_SLOTS:
    void initTestCase()
    {
        TraceStore store;
        fillRandomly(store, 400, 3);
        m_bytes = written(store, "perfetto");
        QVERIFY(m_bytes.size() > 5000);
    }

    void aFileThatEndsAnywhereGivesWhatCameBefore()
    {
        qsizetype before = 0;
        for (qsizetype size = 1; size < m_bytes.size(); size += 37) {
            const qsizetype lines = linesAfter(m_bytes.first(size));
            QVERIFY2(lines >= 0, "an error without its three parts");
            // Slices that lose their end keep their line, so more bytes never give less.
            QVERIFY2(lines + 2 >= before, qPrintable(QString::number(size)));
            before = std::max(before, lines);
        }
        QVERIFY(before > 100);
    }

    void aCutFileSaysSo()
    {
        TraceStore store;
        readInto(store, m_bytes.first(m_bytes.size() * 2 / 3));
        QVERIFY(store.attributes().contains(QStringLiteral("damage")));
        QVERIFY(store.counts().slices > 0);
    }

    void changedBytesNeverCrash()
    {
        std::mt19937_64 random(17);
        for (int k = 0; k < 400; ++k) {
            QByteArray damaged = m_bytes;
            for (std::uint64_t flips = 1 + random() % 8; flips > 0; --flips) {
                const auto at = static_cast<qsizetype>(
                        random() % static_cast<std::uint64_t>(damaged.size()));
                damaged[at] = static_cast<char>(damaged[at]
                                                ^ static_cast<char>(1 << (random() % 8)));
            }
            QVERIFY(linesAfter(damaged) >= 0);
        }
    }

    void noiseNeverCrashes()
    {
        std::mt19937_64 random(18);
        for (int k = 0; k < 300; ++k) {
            QByteArray noise(static_cast<qsizetype>(random() % 300), '\0');
            for (char &byte : noise)
                byte = static_cast<char>(random());
            QVERIFY(linesAfter("\x0a" + noise) >= 0);
        }
    }

    void whatIsNoTraceIsRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("\nThis is a letter to a friend.\n");
        QTest::newRow("zeros") << QByteArray(100, '\0');
        QTest::newRow("an empty packet") << QByteArray("\x0a\x00", 2);
    }

    void whatIsNoTraceIsRefused()
    {
        QFETCH(const QByteArray, bytes);
        TraceStore store;
        QVERIFY_EXCEPTION_THROWN(readInto(store, bytes), Error);
    }
};

QTEST_APPLESS_MAIN(TestPerfettoDamage)
#include "tst_perfettodamage.moc"
