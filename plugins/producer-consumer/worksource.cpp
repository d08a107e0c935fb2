// SPDX-License-Identifier: Apache-2.0
#include "worksource.h"

#include <heddle/core/error.h>

#include <QCryptographicHash>
#include <QDirIterator>
#include <QFile>

namespace {
constexpr qsizetype MostFiles = 20'000;

quint64 firstBytes(const QByteArray &digest)
{
    quint64 value = 0;
    for (int k = 0; k < 8; ++k)
        value = (value << 8) | static_cast<quint8>(digest[k]);
    return value;
}
} // namespace

WorkSource WorkSource::files(const QString &folder)
{
    WorkSource source;
    if (!folder.isEmpty()) {
        QDirIterator entries(folder, QDir::Files | QDir::Readable, QDirIterator::Subdirectories);
        while (entries.hasNext() && source.m_paths.size() < MostFiles)
            source.m_paths << entries.next();
    }
    if (source.m_paths.isEmpty()) {
        throw heddle::Error(
                QStringLiteral("There are no readable files in the folder '%1'").arg(folder),
                QStringLiteral("parameter 'folder'"),
                QStringLiteral("Choose a folder with files, or set source to synthetic"));
    }
    source.m_paths.sort();
    return source;
}

quint64 WorkSource::digest(qint64 number) const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (m_paths.isEmpty()) {
        hash.addData(QByteArray::number(number));
        return firstBytes(hash.result());
    }
    QFile file(m_paths[number % m_paths.size()]);
    if (file.open(QIODevice::ReadOnly))
        hash.addData(&file);
    return firstBytes(hash.result());
}
