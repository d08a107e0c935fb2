// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <heddle/catalog/catalog.h>

#include <QCommandLineParser>
#include <QJsonArray>
#include <QJsonObject>

namespace heddle::cli {

int runList(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Lists the patterns that were found."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("list"), QString(), QStringLiteral("list"));
    const QCommandLineOption json(QStringLiteral("json"), QStringLiteral("Print one JSON object."));
    parser.addOption(json);
    parse(parser, arguments, 1);

    const Catalog catalog;
    if (parser.isSet(json)) {
        QJsonArray patterns;
        for (const PatternInfo &info : catalog.patterns()) {
            patterns.append(
                    QJsonObject{{QStringLiteral("id"), info.id},
                                {QStringLiteral("version"), info.version},
                                {QStringLiteral("name"), info.name.text()},
                                {QStringLiteral("summary"), info.summary.text()},
                                {QStringLiteral("mechanism"), info.mechanism},
                                {QStringLiteral("tags"), QJsonArray::fromStringList(info.tags)},
                                {QStringLiteral("plugin"), info.pluginPath}});
        }
        QJsonArray problems;
        for (const Catalog::Problem &problem : catalog.problems()) {
            problems.append(QJsonObject{{QStringLiteral("path"), problem.path},
                                        {QStringLiteral("message"), problem.message}});
        }
        printJson(QJsonObject{{QStringLiteral("patterns"), patterns},
                              {QStringLiteral("problems"), problems}});
        return Done;
    }
    std::vector<QStringList> rows;
    for (const PatternInfo &info : catalog.patterns())
        rows.push_back({info.id, info.mechanism, info.summary.text()});
    printTable(rows);
    if (rows.empty()) {
        printError(
                QStringLiteral("No patterns were found. heddle plugin paths tells where they are "
                               "looked for."));
    }
    for (const Catalog::Problem &problem : catalog.problems())
        printError(QStringLiteral("%1\n  (%2)").arg(problem.message, problem.path));
    return Done;
}

} // namespace heddle::cli
