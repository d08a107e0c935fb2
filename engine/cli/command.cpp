// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include "terminalcolumns.h"

#include <QCommandLineParser>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace heddle::cli {

const std::vector<Command> &commands()
{
    static const std::vector<Command> all{
            {"list", "list [--json]", "the patterns", runList},
            {"describe", "describe ID [--json]",
             "a pattern's parameters, presets, faults and results", runDescribe},
            {"run", "run ID [--set k=v]… [-o FILE]", "run a pattern and report", runRun},
            {"info", "info FILE [--json]", "what a trace holds", runInfo},
            {"convert", "convert IN OUT [--format F]", "a trace as another format, or as a picture",
             runConvert},
            {"plugin", "plugin new NAME | check FILE | paths", "make, check and find plugins",
             runPlugin},
            {"open", "open FILE…", "show traces in the studio", runOpen},
    };
    return all;
}

void parse(QCommandLineParser &parser, const QStringList &arguments, qsizetype most)
{
    const QString help = QStringLiteral("heddle %1 --help tells more.").arg(arguments.value(1));
    if (!parser.parse(arguments))
        throw UsageError(parser.errorText() + QStringLiteral(". ") + help);
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp(Done);
    const QStringList words = parser.positionalArguments();
    if (most >= 0 && words.size() > most) {
        throw UsageError(
                QStringLiteral("'%1' is one argument too many. %2").arg(words.at(most), help));
    }
}

QString counted(quint64 number, const QString &singular)
{
    return QStringLiteral("%1 %2%3").arg(number).arg(singular,
                                                     number == 1 ? QString() : QStringLiteral("s"));
}

QString valueText(const QJsonValue &value)
{
    if (value.isBool())
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    if (value.isDouble()) {
        const double number = value.toDouble();
        return number == std::floor(number) && std::abs(number) < 1e15
                       ? QString::number(static_cast<qint64>(number))
                       : QString::number(number, 'g', 6);
    }
    return value.toString();
}

void print(const QString &line)
{
    const QByteArray bytes = line.toUtf8() + '\n';
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stdout);
}

void printError(const QString &line)
{
    std::fflush(stdout);
    const QByteArray bytes = line.toUtf8() + '\n';
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stderr);
}

void printJson(const QJsonValue &value)
{
    const QJsonDocument document = value.isArray() ? QJsonDocument(value.toArray())
                                                   : QJsonDocument(value.toObject());
    const QByteArray bytes = document.toJson(QJsonDocument::Indented);
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stdout);
}

void printTable(const std::vector<QStringList> &rows)
{
    QList<qsizetype> widths;
    for (const QStringList &row : rows) {
        for (qsizetype column = 0; column < row.size(); ++column) {
            if (column >= widths.size())
                widths.append(0);
            widths[column] = std::max(widths[column], terminalColumns(row[column]));
        }
    }
    for (const QStringList &row : rows) {
        QString line;
        for (qsizetype column = 0; column < row.size(); ++column) {
            line += row[column]
                    + QString(widths[column] + 2 - terminalColumns(row[column]), QLatin1Char(' '));
        }
        while (line.endsWith(QLatin1Char(' ')))
            line.chop(1);
        print(line);
    }
}

bool isTerminal(int fileDescriptor)
{
    return ::isatty(fileDescriptor) != 0;
}

} // namespace heddle::cli
