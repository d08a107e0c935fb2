// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QStringList>

#include <optional>

/// What the items are: numbers, or real files.
class WorkSource
{
public:
    /// \throws heddle::Error when there is no \a folder, or no readable file in it.
    static WorkSource files(const QString &folder);
    static WorkSource synthetic() { return {}; }

    /// The consumer's work on item \a number: a digest; nothing when its file cannot be read. Any
    /// thread; blocks for the disk.
    [[nodiscard]] std::optional<quint64> digest(qint64 number) const;
    /// The file of item \a number; empty for synthetic items.
    [[nodiscard]] QString path(qint64 number) const;
    [[nodiscard]] qsizetype fileCount() const { return m_paths.size(); }

private:
    QStringList m_paths;
};
