// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QProcess>

namespace heddle::cli {

int runOpen(const QStringList &arguments)
{
    QStringList files;
    for (const QString &file : arguments.mid(2)) {
        if (!QFileInfo::exists(file))
            throw UsageError(QStringLiteral("There is no file '%1'.").arg(file));
        files << QFileInfo(file).absoluteFilePath();
    }
    const QString beside = QCoreApplication::applicationDirPath()
                           + QStringLiteral("/heddle-studio");
    const QString studio = QFileInfo(beside).isExecutable() ? beside
                                                            : QStringLiteral("heddle-studio");
    if (!QProcess::startDetached(studio, files)) {
        printError(
                QStringLiteral("heddle: The studio cannot be started (%1). Install heddle-studio.")
                        .arg(studio));
        return RunFailed;
    }
    return Done;
}

} // namespace heddle::cli
