// SPDX-License-Identifier: Apache-2.0
// Checking the values that a user gives against a pattern's schema. The messages are the point:
// they name the parameter, what it may be, and what was given.
#include <heddle/catalog/patterninfo.h>

#include <QJsonDocument>

#include <algorithm>
#include <cmath>

namespace heddle {

namespace {

QString numberText(double value)
{
    return QString::number(value, 'g', 12);
}

QString valueText(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Double:
        return numberText(value.toDouble());
    case QJsonValue::Bool:
        return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case QJsonValue::String:
        return QLatin1Char('\'') + value.toString() + QLatin1Char('\'');
    case QJsonValue::Array:
        return QStringLiteral("a list");
    case QJsonValue::Object:
        return QStringLiteral("an object");
    default:
        return QStringLiteral("null");
    }
}

// Whether it is an integer that a qint64 holds exactly; only then the default does not matter.
bool isWhole(const QJsonValue &value)
{
    return value.toInteger(0) == value.toInteger(1);
}

int editDistance(const QString &a, const QString &b)
{
    QList<int> row(b.size() + 1);
    for (int k = 0; k < row.size(); ++k)
        row[k] = k;
    for (qsizetype i = 1; i <= a.size(); ++i) {
        int diagonal = row[0];
        row[0] = static_cast<int>(i);
        for (qsizetype j = 1; j <= b.size(); ++j) {
            const int substitution = diagonal + (a[i - 1].toLower() == b[j - 1].toLower() ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
        }
    }
    return row[b.size()];
}

} // namespace

QString nearestName(const QString &given, const QStringList &known)
{
    QString best;
    int distance = static_cast<int>(given.size()) / 2 + 1;
    for (const QString &candidate : known) {
        if (const int d = editDistance(given, candidate); d < distance) {
            distance = d;
            best = candidate;
        }
    }
    return best;
}

QString ParameterInfo::range() const
{
    QString text;
    switch (type) {
    case Type::Boolean:
        return QStringLiteral("true or false");
    case Type::Text:
        return QStringLiteral("a text");
    case Type::Choice:
        return QStringLiteral("one of ") + choices.join(QStringLiteral(", "));
    case Type::Integer:
        text = QStringLiteral("an integer");
        break;
    case Type::Number:
        text = QStringLiteral("a number");
        break;
    }
    if (minimum && maximum)
        text += QStringLiteral(" from %1 to %2").arg(numberText(*minimum), numberText(*maximum));
    else if (minimum)
        text += QStringLiteral(" of at least ") + numberText(*minimum);
    else if (maximum)
        text += QStringLiteral(" of at most ") + numberText(*maximum);
    if (const QString english = unit.text(QStringLiteral("en")); !english.isEmpty())
        text += QStringLiteral(" (%1)").arg(english);
    return text;
}

bool ParameterInfo::accepts(const QJsonValue &value, QString *problem) const
{
    bool fits = false;
    switch (type) {
    case Type::Integer:
    case Type::Number: {
        const double number = value.toDouble(std::nan(""));
        fits = value.isDouble() && std::isfinite(number) && (type == Type::Number || isWhole(value))
               && (!minimum || number >= *minimum) && (!maximum || number <= *maximum);
        break;
    }
    case Type::Boolean:
        fits = value.isBool();
        break;
    case Type::Text:
        fits = value.isString();
        break;
    case Type::Choice:
        fits = value.isString() && choices.contains(value.toString());
        break;
    }
    if (!fits && problem) {
        *problem = QStringLiteral("Parameter '%1' must be %2; the value given was %3.")
                           .arg(name, range(), valueText(value));
    }
    return fits;
}

const FaultInfo *PatternInfo::fault(const QString &wanted) const
{
    for (const FaultInfo &candidate : faults) {
        if (candidate.id == wanted)
            return &candidate;
    }
    return nullptr;
}

QString PatternInfo::unknownParameter(const QString &given) const
{
    QStringList known;
    for (const ParameterInfo &candidate : parameters)
        known << candidate.name;
    const QString nearest = nearestName(given, known);
    return QStringLiteral("Pattern '%1' has no parameter '%2'.%3 It has: %4.")
            .arg(id, given,
                 nearest.isEmpty() ? QString() : QStringLiteral(" Did you mean '%1'?").arg(nearest),
                 known.join(QStringLiteral(", ")));
}

std::optional<QJsonObject> PatternInfo::complete(const QJsonObject &values, QString *problem) const
{
    QJsonObject all;
    for (const ParameterInfo &candidate : parameters)
        all.insert(candidate.name, candidate.defaultValue);
    for (auto entry = values.begin(); entry != values.end(); ++entry) {
        const ParameterInfo *known = parameter(entry.key());
        if (!known) {
            if (problem)
                *problem = unknownParameter(entry.key());
            return std::nullopt;
        }
        if (!known->accepts(entry.value(), problem))
            return std::nullopt;
        all.insert(entry.key(), entry.value());
    }
    return all;
}

std::optional<QJsonValue> PatternInfo::parse(const QString &wanted, const QString &text,
                                             QString *problem) const
{
    const ParameterInfo *known = parameter(wanted);
    if (!known) {
        if (problem)
            *problem = unknownParameter(wanted);
        return std::nullopt;
    }
    QJsonValue value(text);
    switch (known->type) {
    case ParameterInfo::Type::Integer:
    case ParameterInfo::Type::Number: {
        bool isNumber = false;
        if (const qint64 whole = text.toLongLong(&isNumber); isNumber) {
            value = whole; // a double has 53 bits
            break;
        }
        const double number = text.toDouble(&isNumber);
        if (isNumber)
            value = number;
        break;
    }
    case ParameterInfo::Type::Boolean:
        if (text == QLatin1String("true") || text == QLatin1String("1")
            || text == QLatin1String("yes") || text == QLatin1String("on")) {
            value = true;
        } else if (text == QLatin1String("false") || text == QLatin1String("0")
                   || text == QLatin1String("no") || text == QLatin1String("off")) {
            value = false;
        }
        break;
    case ParameterInfo::Type::Text:
    case ParameterInfo::Type::Choice:
        break;
    }
    if (!known->accepts(value, problem))
        return std::nullopt;
    return value;
}

} // namespace heddle
