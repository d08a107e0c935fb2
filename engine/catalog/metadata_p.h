// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/catalog/patterninfo.h>

namespace heddle {

/// Turns a plugin's metadata into a PatternInfo, or says in one sentence what is wrong with them.
class MetadataParser
{
public:
    explicit MetadataParser(QJsonObject metadata);
    std::optional<PatternInfo> parse();
    /// Where in the JSON, what is wrong, and what to do.
    [[nodiscard]] const QString &problem() const { return m_problem; }

private:
    bool fail(const QString &where, const QString &what);
    bool checkShape();
    bool readIdentity(PatternInfo &info);
    bool readParameters(PatternInfo &info);
    bool readParameter(const QString &name, const QJsonObject &schema, ParameterInfo &parameter);
    bool readLimits(const QString &where, const QJsonObject &schema, ParameterInfo &parameter);
    bool readChoices(const QString &where, const QJsonObject &schema, ParameterInfo &parameter);
    bool readPresets(PatternInfo &info);
    bool readFaults(PatternInfo &info);
    bool readOutcomes(PatternInfo &info);

    QJsonObject m_metadata;
    QString m_problem;
};

} // namespace heddle
