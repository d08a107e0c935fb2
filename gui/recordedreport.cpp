// SPDX-License-Identifier: GPL-3.0-or-later
#include "recordedreport.h"

#include <heddle/timeline/traceinfo.h>

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

namespace heddle::studio {

namespace {
struct RecordedReport
{
    Q_DECLARE_TR_FUNCTIONS(heddle::studio::RecordedReport)
};

QJsonDocument json(const QMap<QString, QString> &attributes, const QString &key)
{
    return QJsonDocument::fromJson(attributes.value(key).toUtf8());
}
} // namespace

RunReport recordedReport(const TraceStore &store)
{
    const QMap<QString, QString> attributes = store.attributes();
    RunReport report;
    report.message = attributes.value(QStringLiteral("message"));
    report.results = json(attributes, QStringLiteral("results")).object().toVariantMap();
    for (const QJsonValue &value : json(attributes, QStringLiteral("invariants")).array()) {
        const QJsonObject outcome = value.toObject();
        report.invariants.append({outcome.value(QStringLiteral("id")).toString(),
                                  outcome.value(QStringLiteral("holds")).toBool(),
                                  outcome.value(QStringLiteral("evidence")).toString()});
    }
    return report;
}

QString recordedProblems(const TraceStore &store)
{
    const QMap<QString, QString> attributes = store.attributes();
    QStringList problems = traceGaps(store);
    if (const auto lost = store.counts().lost; lost > 0)
        problems << RecordedReport::tr("%1 records were lost while it was recorded.").arg(lost);
    if (const QString message = attributes.value(QStringLiteral("message")); !message.isEmpty())
        problems << RecordedReport::tr("How its run ended: %1").arg(message);
    return problems.join(QLatin1Char('\n'));
}

} // namespace heddle::studio
