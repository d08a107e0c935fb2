// SPDX-License-Identifier: Apache-2.0
#include "runreport.h"

#include "command.h"

#include <QJsonArray>
#include <QJsonObject>

#include <cstdio>

namespace heddle::cli {

namespace {

void printResults(const PatternInfo &pattern, const RunReport &report)
{
    std::vector<QStringList> rows;
    for (const ResultInfo &info : pattern.results) {
        if (!report.results.contains(info.id))
            continue;
        // Beside the name: a number and a unit would have to agree, in every language.
        const QString unit = info.unit.text();
        rows.push_back({QStringLiteral("  ") + info.name.text()
                                + (unit.isEmpty() ? QString() : QStringLiteral(" [%1]").arg(unit)),
                        valueText(QJsonValue::fromVariant(report.results.value(info.id)))});
    }
    printTable(rows);
    for (const InvariantOutcome &outcome : report.invariants) {
        print(QStringLiteral("  %1 %2: %3")
                      .arg(outcome.holds ? QStringLiteral("holds ") : QStringLiteral("BROKEN"),
                           outcome.id, outcome.evidence));
    }
}

} // namespace

void printReport(const Run &run, const QString &output)
{
    const RunReport &report = run.report();
    const PatternInfo &pattern = run.request().pattern;
    print(QStringLiteral("%1: %2 after %3 s")
                  .arg(pattern.id,
                       runStateId(report.state).replace(QLatin1Char('_'), QLatin1Char(' ')),
                       QString::number(std::chrono::duration<double>(report.wallTime).count(), 'f',
                                       3)));
    printResults(pattern, report);
    const TraceCounts counts = run.trace()->counts();
    if (run.request().record) {
        print(QStringLiteral("  trace: %1, %2, %3, %4, %5 lost%6")
                      .arg(counted(run.trace()->threadCount(), QStringLiteral("thread")),
                           counted(counts.slices, QStringLiteral("slice")),
                           counted(counts.waits, QStringLiteral("wait")),
                           counted(counts.flows, QStringLiteral("flow")),
                           QString::number(counts.lost),
                           output.isEmpty() ? QString() : QStringLiteral(" → ") + output));
    }
    std::fflush(stdout);
    if (!report.message.isEmpty())
        printError(report.message);
    if (!report.lastRecords.isEmpty())
        printError(QStringLiteral("What the threads were doing then:"));
    for (const QString &line : report.lastRecords)
        printError(QStringLiteral("    ") + line);
    if (!report.backtrace.isEmpty())
        printError(QStringLiteral("Backtrace, innermost first:"));
    for (const QString &frame : report.backtrace)
        printError(QStringLiteral("    ") + frame);
}

QJsonObject reportJson(const Run &run, const QString &output)
{
    const RunReport &report = run.report();
    QJsonArray invariants;
    for (const InvariantOutcome &outcome : report.invariants) {
        invariants.append(QJsonObject{{QStringLiteral("id"), outcome.id},
                                      {QStringLiteral("holds"), outcome.holds},
                                      {QStringLiteral("evidence"), outcome.evidence}});
    }
    return {{QStringLiteral("pattern"), run.request().pattern.id},
            {QStringLiteral("state"), runStateId(report.state)},
            {QStringLiteral("message"), report.message},
            {QStringLiteral("wall_ns"), static_cast<qint64>(report.wallTime.count())},
            {QStringLiteral("results"), QJsonObject::fromVariantMap(report.results)},
            {QStringLiteral("invariants"), invariants},
            {QStringLiteral("findings"), QJsonArray()},
            {QStringLiteral("signal"), report.signalNumber},
            {QStringLiteral("exit_code"), report.exitCode},
            {QStringLiteral("crashed_thread"), report.crashedThread},
            {QStringLiteral("backtrace"), QJsonArray::fromStringList(report.backtrace)},
            {QStringLiteral("last_records"), QJsonArray::fromStringList(report.lastRecords)},
            {QStringLiteral("trace"), output.isEmpty() ? QJsonValue() : QJsonValue(output)},
            {QStringLiteral("lost"), static_cast<qint64>(run.trace()->counts().lost)}};
}

} // namespace heddle::cli
