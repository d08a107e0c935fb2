// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QStringList>

/// What the items are: numbers, or real files.
class WorkSource
{
public:
    /// \throws heddle::Error when \a folder holds no readable file.
    static WorkSource files(const QString &folder);
    static WorkSource synthetic() { return {}; }

    /// The consumer's work on item \a number: a digest. Any thread; blocks for the disk.
    [[nodiscard]] quint64 digest(qint64 number) const;
    [[nodiscard]] bool isFiles() const { return !m_paths.isEmpty(); }
    [[nodiscard]] qsizetype fileCount() const { return m_paths.size(); }

private:
    QStringList m_paths;
};
