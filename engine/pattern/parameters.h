// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QJsonObject>
#include <QString>

#include <chrono>

namespace heddle {

/// The values of a run's parameters: complete, since defaults are filled in, and checked against
/// the plugin's JSON Schema before the run begins.
///
/// Asking for a parameter that the schema does not declare, or as another type, throws
/// heddle::Error: it is a bug of the plugin. Any thread; never blocks.
class HEDDLE_ENGINE_EXPORT Parameters
{
public:
    Parameters() = default;
    /// Complete and checked \a values, one for each parameter of the schema.
    explicit Parameters(QJsonObject values);

    /// The value of a parameter of type integer.
    [[nodiscard]] qint64 integer(const QString &name) const;
    /// The value of a parameter of type number.
    [[nodiscard]] double number(const QString &name) const;
    /// The value of a parameter of type boolean.
    [[nodiscard]] bool boolean(const QString &name) const;
    /// The value of a parameter of type string.
    [[nodiscard]] QString text(const QString &name) const;
    /// A number whose unit in the schema (x-unit) is milliseconds.
    [[nodiscard]] std::chrono::nanoseconds milliseconds(const QString &name) const;
    /// A number whose unit in the schema (x-unit) is microseconds.
    [[nodiscard]] std::chrono::nanoseconds microseconds(const QString &name) const;

    /// All of them.
    [[nodiscard]] const QJsonObject &values() const { return m_values; }

private:
    QJsonObject m_values;
};

} // namespace heddle
