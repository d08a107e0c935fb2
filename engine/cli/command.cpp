// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
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
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    for (const QStringList &row : rows) {
        QString line;
        for (qsizetype column = 0; column < row.size(); ++column) {
            const bool isLast = column + 1 == row.size();
            line += isLast ? row[column] : row[column].leftJustified(widths[column] + 2);
        }
        print(line);
    }
}

bool isTerminal(int fileDescriptor)
{
    return ::isatty(fileDescriptor) != 0;
}

} // namespace heddle::cli
