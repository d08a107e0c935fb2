// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <heddle/formats/traceformat.h>
#include <heddle/timeline/traceinfo.h>

#include <QCommandLineParser>
#include <QJsonArray>
#include <QJsonObject>

namespace heddle::cli {

namespace {

QString number(const QJsonObject &object, const char *key)
{
    return QString::number(object.value(QLatin1String(key)).toInteger());
}

void printInfo(const QJsonObject &info)
{
    print(QStringLiteral("%1 trace, %2 ms")
                  .arg(info.value(QStringLiteral("format")).toString(),
                       QString::number(info.value(QStringLiteral("span_ns")).toDouble() / 1e6, 'f',
                                       3)));
    printTable({{QStringLiteral("  slices"), number(info, "slices")},
                {QStringLiteral("  instants"), number(info, "instants")},
                {QStringLiteral("  counter samples"), number(info, "counters")},
                {QStringLiteral("  flows"), number(info, "flows")},
                {QStringLiteral("  lost records"), number(info, "lost")}});
    std::vector<QStringList> rows{{QStringLiteral("Thread"), QStringLiteral("id"),
                                   QStringLiteral("slices"), QStringLiteral("waits"),
                                   QStringLiteral("lost")}};
    for (const QJsonValue &value : info.value(QStringLiteral("threads")).toArray()) {
        const QJsonObject thread = value.toObject();
        rows.push_back({thread.value(QStringLiteral("name")).toString(), number(thread, "tid"),
                        number(thread, "slices"), number(thread, "waits"), number(thread, "lost")});
    }
    print(QString());
    printTable(rows);
    rows = {{QStringLiteral("Object"), QStringLiteral("kind"), QStringLiteral("capacity")}};
    for (const QJsonValue &value : info.value(QStringLiteral("objects")).toArray()) {
        const QJsonObject object = value.toObject();
        rows.push_back({object.value(QStringLiteral("name")).toString(),
                        object.value(QStringLiteral("kind")).toString(),
                        number(object, "capacity")});
    }
    if (rows.size() > 1) {
        print(QString());
        printTable(rows);
    }
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
    parser.process(arguments);
    if (parser.positionalArguments().size() != 2)
        throw UsageError(QStringLiteral("Give one trace file. heddle info --help tells more."));

    TraceStore store;
    const QString format = importTrace(parser.positionalArguments().at(1), store);
    const QJsonObject info = traceInfo(store, format);
    if (parser.isSet(json))
        printJson(info);
    else
        printInfo(info);
    return Done;
}

} // namespace heddle::cli
