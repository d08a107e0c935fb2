// SPDX-License-Identifier: Apache-2.0
#include "outputfile.h"

#include <heddle/core/error.h>

#include <QFileInfo>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace heddle::cli {

namespace {

Error refusal(const QString &why, const QString &path)
{
    return Error(QStringLiteral("The file cannot be written: %1").arg(why), path,
                 QStringLiteral("Choose a place that you may write to"));
}

} // namespace

void checkOutput(const QString &path)
{
    if (path == QLatin1String("-"))
        return;
    const QFileInfo file(path);
    if (file.isDir())
        throw refusal(QStringLiteral("it is a folder"), path);
    const QFileInfo folder(file.absolutePath());
    if (!folder.isDir())
        throw refusal(QStringLiteral("there is no such folder"), path);
    // The kernel's word, which knows of read-only disks and of access lists, too.
    const bool replaced = !file.exists() || file.isFile(); // by a new file in the folder
    if ((file.exists() && ::access(path.toLocal8Bit().constData(), W_OK) != 0)
        || (replaced && ::access(folder.filePath().toLocal8Bit().constData(), W_OK | X_OK) != 0)) {
        throw refusal(QString::fromLocal8Bit(std::strerror(errno)), path);
    }
}

} // namespace heddle::cli
