// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include "patternargument.h"

#include <QCommandLineParser>
#include <QJsonObject>

namespace heddle::cli {

namespace {

QString defaultText(const ParameterInfo &parameter)
{
    const QString text = valueText(parameter.defaultValue);
    return text.isEmpty() ? QStringLiteral("(empty)") : text;
}

// As one would write it on the command line.
QString presetText(const PresetInfo &preset)
{
    QStringList words;
    for (auto value = preset.values.begin(); value != preset.values.end(); ++value)
        words << value.key() + QLatin1Char('=') + valueText(value.value());
    for (const QString &fault : preset.faults)
        words << QStringLiteral("fault ") + fault;
    return words.join(QStringLiteral(", "));
}

void printSection(const char *title, const std::vector<QStringList> &rows)
{
    if (rows.empty())
        return;
    print(QString());
    print(QString::fromUtf8(title));
    printTable(rows);
}

} // namespace

int runDescribe(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Tells all about one pattern."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("describe"), QString(), QStringLiteral("describe"));
    parser.addPositionalArgument(QStringLiteral("ID"), QStringLiteral("The pattern's id."));
    const QCommandLineOption json(QStringLiteral("json"), QStringLiteral("Print one JSON object."));
    parser.addOption(json);
    parse(parser, arguments, 2);

    const PatternInfo info = patternArgument(parser.positionalArguments().value(1));
    if (parser.isSet(json)) {
        QJsonObject all = info.metadata;
        all.insert(QStringLiteral("plugin"), info.pluginPath);
        printJson(all);
        return Done;
    }
    print(QStringLiteral("%1 — %2 (version %3)").arg(info.id, info.name.text(), info.version));
    print(info.summary.text());
    std::vector<QStringList> rows;
    for (const ParameterInfo &parameter : info.parameters) {
        rows.push_back({QStringLiteral("  ") + parameter.name, defaultText(parameter),
                        parameter.range(), parameter.description.text()});
    }
    printSection("Parameters (name, default, range)", rows);
    rows.clear();
    for (const PresetInfo &preset : info.presets)
        rows.push_back({QStringLiteral("  ") + preset.id, preset.name.text(), presetText(preset)});
    printSection("Presets", rows);
    rows.clear();
    for (const FaultInfo &fault : info.faults)
        rows.push_back(
                {QStringLiteral("  ") + fault.id, fault.name.text(), fault.description.text()});
    printSection("Faults that can be switched on", rows);
    rows.clear();
    for (const ResultInfo &result : info.results)
        rows.push_back({QStringLiteral("  ") + result.id, result.unit.text(), result.name.text()});
    printSection("Results", rows);
    rows.clear();
    for (const InvariantInfo &invariant : info.invariants)
        rows.push_back({QStringLiteral("  ") + invariant.id, invariant.description.text()});
    printSection("Invariants", rows);
    return Done;
}

} // namespace heddle::cli
