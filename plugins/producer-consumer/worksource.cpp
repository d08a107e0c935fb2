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
    const auto refuse = [](const QString &what) {
        throw heddle::Error(what, QStringLiteral("Folder"),
                            QStringLiteral("Choose a folder with files under Folder, or set Items "
                                           "are to Synthetic"));
    };
    if (folder.isEmpty())
        refuse(QStringLiteral("The items are to be files, but no folder is chosen"));
    WorkSource source;
    QDirIterator entries(folder, QDir::Files | QDir::Readable, QDirIterator::Subdirectories);
    while (entries.hasNext() && source.m_paths.size() < MostFiles)
        source.m_paths << entries.next();
    if (source.m_paths.isEmpty())
        refuse(QStringLiteral("There are no readable files in '%1'").arg(folder));
    source.m_paths.sort();
    return source;
}

QString WorkSource::path(qint64 number) const
{
    return m_paths.isEmpty() ? QString() : m_paths[number % m_paths.size()];
}

std::optional<quint64> WorkSource::digest(qint64 number) const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (m_paths.isEmpty()) {
        hash.addData(QByteArray::number(number));
        return firstBytes(hash.result());
    }
    QFile file(path(number));
    // That a read has failed shows in the file alone: addData() takes it for the end.
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file)
        || file.error() != QFileDevice::NoError)
        return std::nullopt;
    return firstBytes(hash.result());
}
