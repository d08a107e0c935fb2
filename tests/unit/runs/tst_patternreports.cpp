// SPDX-License-Identifier: Apache-2.0
#include "patternreports_p.h"

#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace heddle;
using namespace std::chrono_literals;

// What a pattern reports reaches the run, but not faster than anybody can follow.
class TestPatternReports : public QObject
{
    Q_OBJECT

    static constexpr LineBudget::Clock::time_point Start{1h};

private Q_SLOTS:
    void aReportIsAnnouncedWithoutDelay()
    {
        PatternReports reports({"rate"}, {});
        QSignalSpy results(&reports, &PatternReports::resultReported);
        reports.result("rate", 7);
        QCoreApplication::processEvents();
        QCOMPARE(results.size(), qsizetype{1});
        QCOMPARE(results[0][1].toInt(), 7);
    }

    void ofManyReportsTheLastIsAnnounced()
    {
        PatternReports reports({"rate"}, {"order"});
        QSignalSpy results(&reports, &PatternReports::resultReported);
        QSignalSpy invariants(&reports, &PatternReports::invariantReported);
        QSignalSpy progress(&reports, &PatternReports::progressed);
        std::thread pattern([&reports] {
            for (int k = 0; k < 20'000; ++k) {
                reports.progress(k / 20'000.0, {});
                reports.result("rate", k);
                reports.invariant("order", true, QString::number(k));
            }
        });
        pattern.join();
        reports.finish();
        // All that was waiting in the event loop goes on being announced.
        QCoreApplication::processEvents();
        QCOMPARE(results.last()[1].toInt(), 19'999);
        QCOMPARE(invariants.last()[0].value<InvariantOutcome>().evidence, "19999");
        QCOMPARE(results.size(), qsizetype{1});
        QCOMPARE(invariants.size(), qsizetype{1});
        QCOMPARE(progress.size(), qsizetype{1});
    }

    void whatComesLaterIsAnnouncedLater()
    {
        PatternReports reports({"rate"}, {});
        QSignalSpy results(&reports, &PatternReports::resultReported);
        for (int k = 1; k <= 3; ++k) {
            reports.result("rate", k);
            QTRY_COMPARE(results.size(), qsizetype{k});
        }
    }

    void anInvariantThatWasBrokenStaysBroken()
    {
        PatternReports reports({}, {"order"});
        QSignalSpy invariants(&reports, &PatternReports::invariantReported);
        reports.invariant("order", true, "first");
        reports.invariant("order", false, "second");
        reports.invariant("order", true, "third");
        reports.finish();
        QCOMPARE(invariants.size(), qsizetype{1});
        const auto outcome = invariants[0][0].value<InvariantOutcome>();
        QVERIFY(!outcome.holds);
        QCOMPARE(outcome.evidence, "second");
    }

    void whatIsNotDeclaredIsKeptInSmallNumbers()
    {
        PatternReports reports({"declared"}, {});
        QSignalSpy results(&reports, &PatternReports::resultReported);
        QSignalSpy lines(&reports, &PatternReports::logged);
        for (int k = 0; k < 1000; ++k)
            reports.result(QString::number(k), k);
        reports.result("declared", 1);
        reports.finish();
        QVERIFY(results.size() <= PatternReports::MostUndeclared + 2);
        QCOMPARE(results.last()[0].toString(), "declared");
        QCOMPARE(lines.size(), qsizetype{2}); // that it happens, and how often it did
        QVERIFY(lines[1][1].toString().contains(QString::number(1000 - (results.size() - 1))));
    }

    void textsAreCut()
    {
        PatternReports reports({"text"}, {});
        QSignalSpy results(&reports, &PatternReports::resultReported);
        QSignalSpy lines(&reports, &PatternReports::logged);
        reports.result("text", QString(1 << 20, 'x'));
        reports.log(LogLevel::Info, QString(1 << 20, 'x'));
        reports.finish();
        QVERIFY(results[0][1].toString().size() <= 4096);
        QVERIFY(lines[0][1].toString().size() <= 4096);
    }

    void aFloodOfLinesIsCutAndTold()
    {
        LineBudget budget;
        QStringList passed;
        for (int k = 0; k < 1000; ++k)
            passed << budget.admit(QString::number(k), Start);
        QCOMPARE(passed.size(), qsizetype{LineBudget::MostPerSecond});
        passed = budget.admit("later", Start + 1s);
        QCOMPARE(passed.size(), qsizetype{2});
        QVERIFY2(passed[0].startsWith("800 lines were left out"), qPrintable(passed[0]));
        QCOMPARE(passed[1], "later");
        QVERIFY(budget.finish().isEmpty());
    }

    void aFloodThatDoesNotEndIsToldAtTheEnd()
    {
        LineBudget budget;
        for (int k = 0; k < 201; ++k)
            static_cast<void>(budget.admit("x", Start));
        QCOMPARE(budget.finish().size(), qsizetype{1});
        QVERIFY(budget.finish().isEmpty());
    }

    void linesThatComeSlowlyAllPassUntilThereAreTooMany()
    {
        LineBudget budget(10, 30);
        QStringList passed;
        for (int k = 0; k < 40; ++k)
            passed << budget.admit(QString::number(k), Start + k * 200ms);
        QCOMPARE(passed.size(), qsizetype{31}); // with the line that says so
        QCOMPARE(passed[29], "29");
    }
};

QTEST_GUILESS_MAIN(TestPatternReports)
#include "tst_patternreports.moc"
