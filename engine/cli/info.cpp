// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <heddle/formats/traceformat.h>
#include <heddle/timeline/traceinfo.h>

#include <QCommandLineParser>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace heddle::cli {

namespace {

QString number(const QJsonObject &object, const char *key)
{
    return QString::number(object.value(QLatin1String(key)).toInteger());
}

// A table below its heading, after an empty line; nothing if it has no rows.
void printSection(const QStringList &heading, std::vector<QStringList> rows)
{
    if (rows.empty())
        return;
    rows.insert(rows.begin(), heading);
    print(QString());
    printTable(rows);
}

// What a run has written into its trace.
void printRun(const QJsonObject &attributes)
{
    std::vector<QStringList> rows;
    for (const char *key : {"pattern", "seed", "faults", "state", "message"}) {
        const QString value = attributes.value(QLatin1String(key)).toString();
        if (!value.isEmpty())
            rows.push_back({QStringLiteral("  ") + QLatin1String(key), value});
    }
    printTable(rows);
    const auto json = [&attributes](const char *key) {
        return QJsonDocument::fromJson(attributes.value(QLatin1String(key)).toString().toUtf8());
    };
    rows.clear();
    const QJsonObject results = json("results").object();
    for (auto result = results.begin(); result != results.end(); ++result)
        rows.push_back({QStringLiteral("  ") + result.key(), valueText(result.value())});
    printSection({QStringLiteral("Result")}, rows);
    rows.clear();
    for (const QJsonValue &value : json("invariants").array()) {
        rows.push_back({QStringLiteral("  ") + value[QStringLiteral("id")].toString(),
                        value[QStringLiteral("holds")].toBool() ? QStringLiteral("holds")
                                                                : QStringLiteral("BROKEN"),
                        value[QStringLiteral("evidence")].toString()});
    }
    printSection({QStringLiteral("Invariant")}, rows);
}

void printInfo(const QJsonObject &info)
{
    print(QStringLiteral("%1 trace, %2 ms")
                  .arg(info.value(QStringLiteral("format")).toString(),
                       QString::number(info.value(QStringLiteral("span_ns")).toDouble() / 1e6, 'f',
                                       3)));
    printTable({{QStringLiteral("  slices"), number(info, "slices")},
                {QStringLiteral("  waits"), number(info, "waits")},
                {QStringLiteral("  instants"), number(info, "instants")},
                {QStringLiteral("  counter samples"), number(info, "counters")},
                {QStringLiteral("  flows"), number(info, "flows")},
                {QStringLiteral("  tasks"), number(info, "tasks")},
                {QStringLiteral("  coroutines"), number(info, "coroutines")},
                {QStringLiteral("  lost records"), number(info, "lost")}});
    printRun(info.value(QStringLiteral("attributes")).toObject());
    std::vector<QStringList> rows;
    for (const QJsonValue &value : info.value(QStringLiteral("processes")).toArray()) {
        const QJsonObject process = value.toObject();
        rows.push_back({process.value(QStringLiteral("name")).toString(), number(process, "pid")});
    }
    printSection({QStringLiteral("Process"), QStringLiteral("id")}, rows);
    rows.clear();
    for (const QJsonValue &value : info.value(QStringLiteral("threads")).toArray()) {
        const QJsonObject thread = value.toObject();
        rows.push_back({thread.value(QStringLiteral("name")).toString(), number(thread, "tid"),
                        number(thread, "slices"), number(thread, "waits"), number(thread, "lost")});
    }
    printSection({QStringLiteral("Thread"), QStringLiteral("id"), QStringLiteral("slices"),
                  QStringLiteral("waits"), QStringLiteral("lost")},
                 rows);
    rows.clear();
    for (const QJsonValue &value : info.value(QStringLiteral("objects")).toArray()) {
        const QJsonObject object = value.toObject();
        rows.push_back({object.value(QStringLiteral("name")).toString(),
                        object.value(QStringLiteral("kind")).toString(),
                        number(object, "capacity")});
    }
    printSection({QStringLiteral("Object"), QStringLiteral("kind"), QStringLiteral("capacity")},
                 rows);
}

} // namespace

int runInfo(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Tells what a trace holds."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("info"), QString(), QStringLiteral("info"));
    parser.addPositionalArgument(QStringLiteral("FILE"),
                                 QStringLiteral("The trace; - is standard input."));
    const QCommandLineOption json(QStringLiteral("json"), QStringLiteral("Print one JSON object."));
    parser.addOption(json);
    parse(parser, arguments, 2);
    if (parser.positionalArguments().size() != 2)
        throw UsageError(QStringLiteral("Give one trace file. heddle info --help tells more."));

    TraceStore store;
    const QString format = importTrace(parser.positionalArguments().at(1), store);
    for (const QString &gap : traceGaps(store))
        printError(QStringLiteral("! ") + gap);
    const QJsonObject info = traceInfo(store, format);
    if (parser.isSet(json))
        printJson(info);
    else
        printInfo(info);
    return Done;
}

} // namespace heddle::cli
