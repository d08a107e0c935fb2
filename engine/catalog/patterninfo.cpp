// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/patterninfo.h>

#include "metadata_p.h"

#include <QFile>
#include <QFileInfo>
#include <QLocale>

namespace heddle {

LocalizedText::LocalizedText(const QJsonValue &value)
{
    if (value.isString()) {
        m_texts.insert(QStringLiteral("en"), value.toString());
        return;
    }
    const QJsonObject texts = value.toObject();
    for (auto entry = texts.begin(); entry != texts.end(); ++entry)
        m_texts.insert(entry.key(), entry.value().toString());
}

QString LocalizedText::text(const QString &language) const
{
    const QString wanted = language.isEmpty() ? QLocale().name() : language;
    if (const auto exact = m_texts.constFind(wanted); exact != m_texts.constEnd())
        return *exact;
    if (const auto general = m_texts.constFind(wanted.section(QLatin1Char('_'), 0, 0));
        general != m_texts.constEnd()) {
        return *general;
    }
    return m_texts.value(QStringLiteral("en"));
}

QString PatternInfo::lesson(const QString &language) const
{
    if (pluginPath.isEmpty())
        return {};
    const QString folder = QFileInfo(pluginPath).absolutePath();
    const QString wanted = language.isEmpty() ? QLocale().name() : language;
    const QStringList candidates{folder + QStringLiteral("/lesson.%1.md").arg(wanted),
                                 folder + QStringLiteral("/lesson.md")};
    for (const QString &path : candidates) {
        QFile file(path);
        if (file.open(QIODevice::ReadOnly))
            return QString::fromUtf8(file.readAll());
    }
    return {};
}

std::optional<PatternInfo> PatternInfo::fromMetadata(const QJsonObject &metadata,
                                                     const QString &pluginPath, QString *problem)
{
    MetadataParser parser(metadata);
    std::optional<PatternInfo> info = parser.parse();
    if (!info) {
        if (problem)
            *problem = parser.problem();
        return std::nullopt;
    }
    info->pluginPath = pluginPath;
    info->metadata = metadata;
    return info;
}

const ParameterInfo *PatternInfo::parameter(const QString &wanted) const
{
    for (const ParameterInfo &candidate : parameters) {
        if (candidate.name == wanted)
            return &candidate;
    }
    return nullptr;
}

} // namespace heddle
