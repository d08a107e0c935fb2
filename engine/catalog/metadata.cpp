// SPDX-License-Identifier: Apache-2.0
#include "metadata_p.h"

#include <QRegularExpression>
#include <QSet>

#include <algorithm>
#include <cmath>

namespace heddle {

namespace {

LocalizedText titleOf(const QJsonObject &schema, const QString &key)
{
    QJsonObject texts = schema.value(QStringLiteral("x-") + key).toObject();
    texts.insert(QStringLiteral("en"), schema.value(key));
    return LocalizedText(texts);
}

QStringList stringsOf(const QJsonValue &value)
{
    QStringList found;
    for (const QJsonValue &entry : value.toArray())
        found << entry.toString();
    return found;
}

std::optional<double> numberOf(const QJsonValue &value)
{
    return value.isDouble() ? std::optional<double>(value.toDouble()) : std::nullopt;
}

// What every pattern has besides its own.
QList<ParameterInfo> commonParameters()
{
    const LocalizedText runGroup(QJsonObject{{"en", "Run"}, {"zh_CN", "运行"}});
    ParameterInfo timeScale;
    timeScale.name = QStringLiteral("timeScale");
    timeScale.type = ParameterInfo::Type::Number;
    timeScale.title = LocalizedText(QJsonObject{{"en", "Slow motion"}, {"zh_CN", "慢动作"}});
    timeScale.description = LocalizedText(QJsonObject{
            {"en", "Stretches all simulated work by this factor; real work takes its time."},
            {"zh_CN", "把所有模拟的工作按此倍数拉长；真实的工作不变。"}});
    timeScale.defaultValue = 1.0;
    timeScale.minimum = 0.05;
    timeScale.maximum = 50;
    timeScale.unit = LocalizedText(QJsonValue(QStringLiteral("×")));
    timeScale.group = runGroup;
    ParameterInfo runCap;
    runCap.name = QStringLiteral("runCap");
    runCap.type = ParameterInfo::Type::Number;
    runCap.title = LocalizedText(QJsonObject{{"en", "Longest run"}, {"zh_CN", "最长运行时间"}});
    runCap.description = LocalizedText(
            QJsonObject{{"en", "After this long the run is asked to stop, then ended by force."},
                        {"zh_CN", "超过此时间后先请求停止，仍不停止则强制结束。"}});
    runCap.defaultValue = 30;
    runCap.minimum = 1;
    runCap.maximum = 600;
    runCap.unit = LocalizedText(QJsonValue(QStringLiteral("s")));
    runCap.group = runGroup;
    return {timeScale, runCap};
}

} // namespace

MetadataParser::MetadataParser(QJsonObject metadata)
    : m_metadata(std::move(metadata))
{}

bool MetadataParser::fail(const QString &where, const QString &what)
{
    const QString sentence = what.endsWith(QLatin1Char('.')) ? what.chopped(1) : what;
    m_problem = QStringLiteral("%1 (at \"%2\" in the plugin's metadata)").arg(sentence, where);
    return false;
}

std::optional<PatternInfo> MetadataParser::parse()
{
    PatternInfo info;
    if (checkShape() && readIdentity(info) && readParameters(info) && readFaults(info)
        && readPresets(info) && readOutcomes(info)) {
        return info;
    }
    return std::nullopt;
}

// An entry of another type would be read as empty, and silently have no effect.
bool MetadataParser::checkShape()
{
    for (const char *key : {"tags", "presets", "faults", "results", "invariants"}) {
        const QJsonValue value = m_metadata.value(QLatin1String(key));
        if (!value.isUndefined() && !value.isArray())
            return fail(QLatin1String(key), QStringLiteral("This entry must be a list"));
    }
    const QJsonValue parameters = m_metadata.value(QStringLiteral("parameters"));
    if (!parameters.isUndefined() && !parameters.isObject()) {
        return fail(QStringLiteral("parameters"),
                    QStringLiteral("This entry must be an object with \"properties\""));
    }
    const QJsonValue properties = parameters.toObject().value(QStringLiteral("properties"));
    if (!properties.isUndefined() && !properties.isObject()) {
        return fail(QStringLiteral("parameters.properties"),
                    QStringLiteral("This entry must be an object of name and schema"));
    }
    return true;
}

bool MetadataParser::readIdentity(PatternInfo &info)
{
    static const QRegularExpression wellFormed(QStringLiteral("^[a-z][a-z0-9]*(-[a-z0-9]+)*\\z"));
    info.id = m_metadata.value(QStringLiteral("id")).toString();
    if (!wellFormed.match(info.id).hasMatch()) {
        return fail(
                QStringLiteral("id"),
                QStringLiteral("The id \"%1\" must be lower-case words joined by hyphens, such as "
                               "\"producer-consumer\"")
                        .arg(info.id));
    }
    info.version = m_metadata.value(QStringLiteral("version")).toString(QStringLiteral("0"));
    info.name = LocalizedText(m_metadata.value(QStringLiteral("name")));
    if (info.name.text(QStringLiteral("en")).isEmpty())
        return fail(QStringLiteral("name"), QStringLiteral("The pattern needs a name in English"));
    info.summary = LocalizedText(m_metadata.value(QStringLiteral("summary")));
    info.mechanism =
            m_metadata.value(QStringLiteral("mechanism")).toString(QStringLiteral("other"));
    info.tags = stringsOf(m_metadata.value(QStringLiteral("tags")));
    return true;
}

bool MetadataParser::readParameters(PatternInfo &info)
{
    const QJsonObject properties = m_metadata.value(QStringLiteral("parameters"))
                                           .toObject()
                                           .value(QStringLiteral("properties"))
                                           .toObject();
    QList<std::pair<int, ParameterInfo>> ordered;
    for (auto entry = properties.begin(); entry != properties.end(); ++entry) {
        ParameterInfo parameter;
        const QJsonObject schema = entry.value().toObject();
        if (!readParameter(entry.key(), schema, parameter))
            return false;
        ordered.append({schema.value(QStringLiteral("x-order")).toInt(1000), parameter});
    }
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto &a, const auto &b) { return a.first < b.first; });
    for (const auto &[order, parameter] : ordered)
        info.parameters.append(parameter);
    for (const ParameterInfo &common : commonParameters()) {
        if (!info.parameter(common.name))
            info.parameters.append(common);
    }
    return true;
}

bool MetadataParser::readParameter(const QString &name, const QJsonObject &schema,
                                   ParameterInfo &parameter)
{
    const QString where = QStringLiteral("parameters.properties.") + name;
    const QString type = schema.value(QStringLiteral("type")).toString();
    parameter.name = name;
    parameter.choices = stringsOf(schema.value(QStringLiteral("enum")));
    if (type == QLatin1String("integer"))
        parameter.type = ParameterInfo::Type::Integer;
    else if (type == QLatin1String("number"))
        parameter.type = ParameterInfo::Type::Number;
    else if (type == QLatin1String("boolean"))
        parameter.type = ParameterInfo::Type::Boolean;
    else if (type == QLatin1String("string"))
        parameter.type = parameter.choices.isEmpty() ? ParameterInfo::Type::Text
                                                     : ParameterInfo::Type::Choice;
    else
        return fail(where, QStringLiteral("The type \"%1\" is none of integer, number, boolean and "
                                          "string")
                                   .arg(type));
    if (!readLimits(where, schema, parameter) || !readChoices(where, schema, parameter))
        return false;
    parameter.title = titleOf(schema, QStringLiteral("title"));
    if (parameter.title.text(QStringLiteral("en")).isEmpty())
        parameter.title = LocalizedText(QJsonValue(name));
    parameter.description = titleOf(schema, QStringLiteral("description"));
    parameter.unit = LocalizedText(schema.value(QStringLiteral("x-unit")));
    parameter.group = LocalizedText(schema.value(QStringLiteral("x-group")));
    parameter.hint = schema.value(QStringLiteral("x-hint")).toString();
    parameter.defaultValue = schema.value(QStringLiteral("default"));
    QString problem;
    if (parameter.defaultValue.isUndefined())
        return fail(where, QStringLiteral("The parameter needs a default"));
    if (!parameter.accepts(parameter.defaultValue, &problem))
        return fail(where + QStringLiteral(".default"), problem);
    return true;
}

bool MetadataParser::readLimits(const QString &where, const QJsonObject &schema,
                                ParameterInfo &parameter)
{
    for (const char *key : {"minimum", "maximum"}) {
        const QJsonValue limit = schema.value(QLatin1String(key));
        if (!limit.isUndefined() && !limit.isDouble()) {
            return fail(where + QLatin1Char('.') + QLatin1String(key),
                        QStringLiteral("The limit must be a number"));
        }
    }
    parameter.minimum = numberOf(schema.value(QStringLiteral("minimum")));
    parameter.maximum = numberOf(schema.value(QStringLiteral("maximum")));
    if (parameter.minimum && parameter.maximum && *parameter.minimum > *parameter.maximum) {
        return fail(where + QStringLiteral(".minimum"),
                    QStringLiteral("The minimum is above the maximum"));
    }
    return true;
}

bool MetadataParser::readChoices(const QString &where, const QJsonObject &schema,
                                 ParameterInfo &parameter)
{
    const QJsonValue choices = schema.value(QStringLiteral("enum"));
    if (choices.isUndefined())
        return true;
    const QString place = where + QStringLiteral(".enum");
    const QJsonArray entries = choices.toArray();
    if (schema.value(QStringLiteral("type")) != QLatin1String("string"))
        return fail(place, QStringLiteral("Only a parameter of type string can have choices"));
    if (entries.isEmpty()
        || !std::all_of(entries.begin(), entries.end(),
                        [](const QJsonValue &entry) { return entry.isString(); })) {
        return fail(place, QStringLiteral("The choices must be a list of one text or more"));
    }
    for (const QJsonValue &title : schema.value(QStringLiteral("x-enum-titles")).toArray())
        parameter.choiceTitles.append(LocalizedText(title));
    if (!parameter.choiceTitles.isEmpty() && parameter.choiceTitles.size() != entries.size()) {
        return fail(where + QStringLiteral(".x-enum-titles"),
                    QStringLiteral("There must be one title for each choice, or none"));
    }
    return true;
}

bool MetadataParser::readFaults(PatternInfo &info)
{
    for (const QJsonValue &value : m_metadata.value(QStringLiteral("faults")).toArray()) {
        const QJsonObject fault = value.toObject();
        FaultInfo entry;
        entry.id = fault.value(QStringLiteral("id")).toString();
        if (entry.id.isEmpty())
            return fail(QStringLiteral("faults"), QStringLiteral("A fault needs an id"));
        entry.name = LocalizedText(fault.value(QStringLiteral("name")));
        entry.description = LocalizedText(fault.value(QStringLiteral("description")));
        entry.findings = stringsOf(fault.value(QStringLiteral("findings")));
        info.faults.append(entry);
    }
    return true;
}

bool MetadataParser::readPresets(PatternInfo &info)
{
    for (const QJsonValue &value : m_metadata.value(QStringLiteral("presets")).toArray()) {
        const QJsonObject preset = value.toObject();
        PresetInfo entry;
        entry.id = preset.value(QStringLiteral("id")).toString();
        entry.name = LocalizedText(preset.value(QStringLiteral("name")));
        entry.description = LocalizedText(preset.value(QStringLiteral("description")));
        entry.values = preset.value(QStringLiteral("values")).toObject();
        entry.faults = stringsOf(preset.value(QStringLiteral("faults")));
        const QString where = QStringLiteral("presets.") + entry.id;
        QString problem;
        if (entry.id.isEmpty())
            return fail(QStringLiteral("presets"), QStringLiteral("A preset needs an id"));
        if (!info.complete(entry.values, &problem))
            return fail(where, problem);
        for (const QString &fault : entry.faults) {
            if (!info.fault(fault))
                return fail(where, QStringLiteral("The fault \"%1\" is not declared").arg(fault));
        }
        info.presets.append(entry);
    }
    return true;
}

bool MetadataParser::readOutcomes(PatternInfo &info)
{
    for (const QJsonValue &value : m_metadata.value(QStringLiteral("results")).toArray()) {
        const QJsonObject result = value.toObject();
        ResultInfo entry;
        entry.id = result.value(QStringLiteral("id")).toString();
        entry.name = LocalizedText(result.value(QStringLiteral("name")));
        entry.unit = LocalizedText(result.value(QStringLiteral("unit")));
        entry.direction = result.value(QStringLiteral("direction")).toString();
        if (entry.id.isEmpty())
            return fail(QStringLiteral("results"), QStringLiteral("A result needs an id"));
        static const QStringList directions{QString(), QStringLiteral("higher"),
                                            QStringLiteral("lower")};
        if (!directions.contains(entry.direction)) {
            return fail(QStringLiteral("results.") + entry.id,
                        QStringLiteral("The direction \"%1\" is neither higher nor lower")
                                .arg(entry.direction));
        }
        info.results.append(entry);
    }
    for (const QJsonValue &value : m_metadata.value(QStringLiteral("invariants")).toArray()) {
        const QJsonObject invariant = value.toObject();
        InvariantInfo entry;
        entry.id = invariant.value(QStringLiteral("id")).toString();
        entry.description = LocalizedText(invariant.value(QStringLiteral("description")));
        if (entry.id.isEmpty())
            return fail(QStringLiteral("invariants"), QStringLiteral("An invariant needs an id"));
        info.invariants.append(entry);
    }
    return true;
}

} // namespace heddle
