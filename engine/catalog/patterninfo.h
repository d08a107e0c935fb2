// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QJsonArray>
#include <QJsonObject>
#include <QJsonValue>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace heddle {

/// A text in several languages: "en" and, where given, "zh_CN" …
class HEDDLE_TIMELINE_EXPORT LocalizedText
{
public:
    LocalizedText() = default;
    /// From a JSON string (English) or an object of language → text.
    explicit LocalizedText(const QJsonValue &value);
    /// The text in \a language ("zh_CN"; empty: the system's), else in English.
    [[nodiscard]] QString text(const QString &language = {}) const;
    [[nodiscard]] bool isEmpty() const { return m_texts.isEmpty(); }

private:
    QMap<QString, QString> m_texts;
};

/// One parameter of a pattern: a property of the JSON Schema.
struct HEDDLE_TIMELINE_EXPORT ParameterInfo
{
    enum class Type { Integer, Number, Boolean, Text, Choice };

    QString name;
    Type type = Type::Integer;
    LocalizedText title;
    LocalizedText description;
    QJsonValue defaultValue;
    std::optional<double> minimum;
    std::optional<double> maximum;
    QStringList choices;               ///< of a Choice, the schema's enum
    QList<LocalizedText> choiceTitles; ///< one per choice (x-enum-titles), may be empty
    LocalizedText unit;                ///< x-unit: "ms", "items" …
    LocalizedText group;               ///< x-group
    QString hint;                      ///< x-hint: "folder" or "file" lets the form offer a chooser

    /// What it may be, in words: "an integer from 1 to 32 (threads)".
    [[nodiscard]] QString range() const;
    /// Whether \a value fits; if not, \a problem names the parameter, its range and the value.
    [[nodiscard]] bool accepts(const QJsonValue &value, QString *problem) const;
};

struct PresetInfo
{
    QString id;
    LocalizedText name;
    LocalizedText description;
    QJsonObject values;
    QStringList faults;
};

struct FaultInfo
{
    QString id;
    LocalizedText name;
    LocalizedText description;
    QStringList findings; ///< ids that a run with this fault must raise
};

struct ResultInfo
{
    QString id;
    LocalizedText name;
    LocalizedText unit;
    QString direction; ///< "higher", "lower" (is better) or empty
};

struct InvariantInfo
{
    QString id;
    LocalizedText description;
};

/// All that a plugin's metadata tell, checked.
struct HEDDLE_TIMELINE_EXPORT PatternInfo
{
    QString id;
    QString version;
    LocalizedText name;
    LocalizedText summary;
    QString mechanism; ///< groups the list: "threads", "thread pool", "signals" …
    QStringList tags;
    QList<ParameterInfo> parameters; ///< in the metadata's order ("x-order"), the common ones last
    QList<PresetInfo> presets;
    QList<FaultInfo> faults;
    QList<ResultInfo> results;
    QList<InvariantInfo> invariants;
    QString pluginPath; ///< the library; empty for a static plugin
    QJsonObject metadata;

    /// The lesson in \a language as Markdown, else in English; empty if there is none. Blocks.
    [[nodiscard]] QString lesson(const QString &language = {}) const;

    /// Reads metadata (the user part of QPluginLoader::metaData()). On failure nothing, and
    /// \a problem says what is wrong, where and what to do.
    static std::optional<PatternInfo> fromMetadata(const QJsonObject &metadata,
                                                   const QString &pluginPath, QString *problem);

    [[nodiscard]] const ParameterInfo *parameter(const QString &name) const;
    [[nodiscard]] const FaultInfo *fault(const QString &id) const;
    /// The message for a parameter that does not exist, with the nearest one that does.
    [[nodiscard]] QString unknownParameter(const QString &name) const;
    /// Fills in the defaults and checks every value. On failure \a problem names the parameter, its
    /// range and the value given.
    [[nodiscard]] std::optional<QJsonObject> complete(const QJsonObject &values,
                                                      QString *problem) const;
    /// Turns the text of a command line ("2", "true", "entry") into a value of \a name's type.
    [[nodiscard]] std::optional<QJsonValue> parse(const QString &name, const QString &text,
                                                  QString *problem) const;
};

/// The one of \a known that \a given was probably meant to be; empty if none is near.
HEDDLE_TIMELINE_EXPORT QString nearestName(const QString &given, const QStringList &known);

} // namespace heddle
