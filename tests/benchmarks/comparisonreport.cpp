// SPDX-License-Identifier: Apache-2.0
#include "comparisonreport.h"

#include <QFile>
#include <QJsonArray>
#include <QSaveFile>
#include <QSysInfo>
#include <QThread>

#include <algorithm>

namespace heddle::benchmarks {

namespace {

using Role = Comparison::Entry::Role;

QString percent(double part)
{
    return QStringLiteral("±%1 %").arg(qRound(part * 100));
}

QString displayName(const Measurement &measurement)
{
    if (measurement.role != Role::Heddle)
        return measurement.name;
    return QStringLiteral("Heddle %1, recording %2")
            .arg(measurement.name,
                 measurement.recording ? QStringLiteral("on") : QStringLiteral("off"));
}

QString ratio(const Measurement &measurement, const Result &result, int measure)
{
    const Measurement *baseline = result.heddle(false);
    if (!baseline || baseline->median(measure) == 0)
        return {};
    return asNumber(measurement.median(measure) / baseline->median(measure));
}

QString machine(const Effort &effort)
{
    return QStringLiteral("%1 processors, %2, %3, Qt %4, %5; medians of %6 rounds")
            .arg(QThread::idealThreadCount())
            .arg(QSysInfo::currentCpuArchitecture(),
                 QStringLiteral("g++ %1").arg(QString::fromLatin1(__VERSION__)),
                 QString::fromLatin1(qVersion()), QSysInfo::prettyProductName())
            .arg(effort.rounds);
}

QString markdownFigures(const Measurement &measurement, int measures)
{
    QStringList figures;
    for (int measure = 0; measure < measures; ++measure)
        figures << asNumber(measurement.median(measure));
    QString text = figures.join(QStringLiteral(" / "));
    if (measures == 1)
        text += QLatin1Char(' ') + percent(measurement.spread());
    return text;
}

QString markdownRow(const Result &result)
{
    const Comparison &comparison = result.comparison;
    const auto measures = static_cast<int>(comparison.measureNames().size());
    QString work = comparison.work();
    if (measures > 1)
        work += QStringLiteral(" (%1)").arg(comparison.measureNames().join(QStringLiteral(" / ")));
    if (comparison.unitName() != QLatin1String("ns"))
        work += QStringLiteral(", ") + comparison.unitName();
    const auto cell = [measures](const Measurement *measurement) {
        return measurement ? markdownFigures(*measurement, measures) : QStringLiteral("–");
    };
    QStringList others;
    for (const Measurement &measurement : result.measurements) {
        if (measurement.role == Role::Heddle)
            continue;
        QStringList ratios;
        for (int measure = 0; measure < measures; ++measure)
            ratios << ratio(measurement, result, measure);
        others << QStringLiteral("%1: %2 (%3)")
                          .arg(measurement.name, markdownFigures(measurement, measures),
                               ratios.join(QStringLiteral(" / ")));
    }
    QStringList goals;
    for (const Judgement &judgement : result.judgements()) {
        goals << QStringLiteral("%1 %2: %3")
                         .arg(judgement.isReached ? QStringLiteral("✓") : QStringLiteral("✗"),
                              judgement.goal, judgement.measured);
    }
    return QStringLiteral("| %1 | %2 | %3 | %4 | %5 |\n")
            .arg(work, cell(result.heddle(false)), cell(result.heddle(true)),
                 others.join(QStringLiteral("<br>")), goals.join(QStringLiteral("<br>")));
}

} // namespace

QString asText(const Result &result)
{
    const Comparison &comparison = result.comparison;
    qsizetype width = 0;
    for (const Measurement &measurement : result.measurements)
        width = std::max(width, displayName(measurement).size());
    QString text = QStringLiteral("%1: %2\n").arg(comparison.topic(), comparison.work());
    for (const Measurement &measurement : result.measurements) {
        text += QStringLiteral("  ") + displayName(measurement).leftJustified(width);
        for (int measure = 0; measure < comparison.measureNames().size(); ++measure) {
            const QString &name = comparison.measureNames().at(measure);
            text += QStringLiteral("  %1%2 %3 %4")
                            .arg(name.isEmpty() ? name : name + QLatin1Char(' '),
                                 asNumber(measurement.median(measure)).rightJustified(9),
                                 comparison.unitName(),
                                 percent(measurement.spread(measure)).leftJustified(6));
            text += ratio(measurement, result, measure).rightJustified(8);
        }
        if (measurement.recording)
            text += QStringLiteral("  %1 records").arg(measurement.records, 0, 'f', 2);
        if (measurement.recordsLost > 0)
            text += QStringLiteral("  LOST %1").arg(measurement.recordsLost);
        text += QLatin1Char('\n');
    }
    for (const Judgement &judgement : result.judgements()) {
        text += QStringLiteral("  %1 %2: %3\n")
                        .arg(judgement.isReached ? QStringLiteral("reached")
                                                 : QStringLiteral("MISSED "),
                             judgement.goal, judgement.measured);
    }
    return text;
}

QString asMarkdown(const std::vector<Result> &results, const Effort &effort)
{
    QString text = QStringLiteral("%1. Nanoseconds for each operation unless said otherwise; in "
                                  "brackets the ratio to Heddle with recording off.\n")
                           .arg(machine(effort));
    QString topic;
    for (const Result &result : results) {
        if (result.comparison.topic() != topic) {
            topic = result.comparison.topic();
            text += QStringLiteral(
                            "\n### %1\n\n| work | Heddle | Heddle, recording | others | goals "
                            "|\n|---|---|---|---|---|\n")
                            .arg(topic.left(1).toUpper() + topic.mid(1));
        }
        text += markdownRow(result);
    }
    return text;
}

QJsonObject asJson(const std::vector<Result> &results, const Effort &effort)
{
    QJsonArray comparisons;
    for (const Result &result : results) {
        const Comparison &comparison = result.comparison;
        QJsonArray contestants;
        for (const Measurement &measurement : result.measurements) {
            QJsonArray medians;
            QJsonArray spreads;
            for (int measure = 0; measure < comparison.measureNames().size(); ++measure) {
                medians.append(measurement.median(measure));
                spreads.append(measurement.spread(measure));
            }
            contestants.append(QJsonObject{
                    {QStringLiteral("name"), displayName(measurement)},
                    {QStringLiteral("heddle"), measurement.role == Role::Heddle},
                    {QStringLiteral("recording"), measurement.recording},
                    {QStringLiteral("operations"), measurement.operations},
                    {QStringLiteral("medians"), medians},
                    {QStringLiteral("spreads"), spreads},
                    {QStringLiteral("records_per_operation"), measurement.records},
                    {QStringLiteral("records_lost"), static_cast<qint64>(measurement.recordsLost)},
            });
        }
        QJsonArray goals;
        for (const Judgement &judgement : result.judgements()) {
            goals.append(QJsonObject{{QStringLiteral("goal"), judgement.goal},
                                     {QStringLiteral("measured"), judgement.measured},
                                     {QStringLiteral("reached"), judgement.isReached}});
        }
        comparisons.append(QJsonObject{
                {QStringLiteral("topic"), comparison.topic()},
                {QStringLiteral("work"), comparison.work()},
                {QStringLiteral("unit"), comparison.unitName()},
                {QStringLiteral("measures"), QJsonArray::fromStringList(comparison.measureNames())},
                {QStringLiteral("contestants"), contestants},
                {QStringLiteral("goals"), goals},
        });
    }
    return {{QStringLiteral("machine"), machine(effort)},
            {QStringLiteral("comparisons"), comparisons}};
}

QString replaceSection(const QString &file, const QString &text)
{
    QFile source(file);
    if (!source.open(QIODevice::ReadOnly))
        return source.errorString();
    QString content = QString::fromUtf8(source.readAll());
    const QString begin = QStringLiteral("<!-- engine:begin -->\n");
    const QString end = QStringLiteral("<!-- engine:end -->");
    const qsizetype from = content.indexOf(begin);
    const qsizetype to = content.indexOf(end, from);
    if (from < 0 || to < 0)
        return QStringLiteral("It has no lines \"%1\" and \"%2\"").arg(begin.trimmed(), end);
    const qsizetype start = from + begin.size();
    content.replace(start, to - start, QLatin1Char('\n') + text + QLatin1Char('\n'));
    QSaveFile target(file);
    if (!target.open(QIODevice::WriteOnly) || target.write(content.toUtf8()) < 0
        || !target.commit())
        return target.errorString();
    return {};
}

} // namespace heddle::benchmarks
