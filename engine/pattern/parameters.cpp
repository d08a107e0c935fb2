// SPDX-License-Identifier: Apache-2.0
#include <heddle/pattern/parameters.h>

#include <heddle/core/error.h>

#include <cmath>

namespace heddle {

namespace {

QJsonValue valueOf(const QJsonObject &values, const QString &name, const char *type,
                   bool matches(const QJsonValue &))
{
    const auto value = values.constFind(name);
    if (value == values.constEnd()) {
        throw Error(QStringLiteral("The pattern asks for a parameter that it does not declare"),
                    name, QStringLiteral("Add it to the parameters of the plugin's metadata"));
    }
    if (!matches(*value)) {
        throw Error(QStringLiteral("The pattern asks for a parameter as %1, which it is not")
                            .arg(QLatin1String(type)),
                    name, QStringLiteral("Correct its type in the plugin's metadata"));
    }
    return *value;
}

bool isNumber(const QJsonValue &value)
{
    return value.isDouble();
}

// Whether a qint64 holds it exactly; only then the default does not matter.
bool isWhole(const QJsonValue &value)
{
    return value.toInteger(0) == value.toInteger(1);
}

std::chrono::nanoseconds scaled(double value, double nanoseconds)
{
    return std::chrono::nanoseconds(std::llround(value * nanoseconds));
}

} // namespace

Parameters::Parameters(QJsonObject values)
    : m_values(std::move(values))
{}

qint64 Parameters::integer(const QString &name) const
{
    return valueOf(m_values, name, "an integer", isWhole).toInteger();
}

double Parameters::number(const QString &name) const
{
    return valueOf(m_values, name, "a number", isNumber).toDouble();
}

bool Parameters::boolean(const QString &name) const
{
    return valueOf(m_values, name, "a truth value",
                   [](const QJsonValue &value) { return value.isBool(); })
            .toBool();
}

QString Parameters::text(const QString &name) const
{
    return valueOf(m_values, name, "a text",
                   [](const QJsonValue &value) { return value.isString(); })
            .toString();
}

std::chrono::nanoseconds Parameters::milliseconds(const QString &name) const
{
    return scaled(number(name), 1e6);
}

std::chrono::nanoseconds Parameters::microseconds(const QString &name) const
{
    return scaled(number(name), 1e3);
}

} // namespace heddle
