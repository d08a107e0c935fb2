// SPDX-License-Identifier: Apache-2.0
#include "terminalcolumns.h"

#include <QTest>

using heddle::cli::terminalColumns;

class TestTerminalColumns : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aTextTakesAsManyColumnsAsATerminalGivesIt_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qsizetype>("columns");
        QTest::newRow("empty") << QString() << qsizetype{0};
        QTest::newRow("Latin") << "Grüße" << qsizetype{5};
        QTest::newRow("Chinese") << "生产者 a" << qsizetype{8};
        QTest::newRow("Chinese punctuation") << "：，" << qsizetype{4};
        QTest::newRow("Korean") << "한글" << qsizetype{4};
        QTest::newRow("combining accent") << QString::fromUtf8("e\xcc\x81") << qsizetype{1};
        QTest::newRow("beyond 16 bits") << QString::fromUtf8("\xf0\xa0\x80\x80") << qsizetype{2};
        QTest::newRow("emoji") << QString::fromUtf8("\xf0\x9f\xa7\xb5") << qsizetype{2};
        QTest::newRow("symbols") << "→ µs … “”" << qsizetype{9};
    }
    void aTextTakesAsManyColumnsAsATerminalGivesIt()
    {
        QFETCH(QString, text);
        QFETCH(qsizetype, columns);
        QCOMPARE(terminalColumns(text), columns);
    }
};

QTEST_GUILESS_MAIN(TestTerminalColumns)
#include "tst_terminalcolumns.moc"
