// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <heddle/core/error.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>
#include <QProcess>

namespace heddle::cli {

int runOpen(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Shows traces in the studio."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("open"), QString(), QStringLiteral("open"));
    parser.addPositionalArgument(QStringLiteral("FILE"), QStringLiteral("Traces; none is allowed."),
                                 QStringLiteral("[FILE…]"));
    parse(parser, arguments, -1);
    QStringList files;
    for (const QString &file : parser.positionalArguments().mid(1)) {
        if (!QFileInfo::exists(file)) {
            throw Error(QStringLiteral("There is no such file"), file,
                        QStringLiteral("Check its name"));
        }
        files << QFileInfo(file).absoluteFilePath();
    }
#if defined(Q_OS_UNIX) && !defined(Q_OS_DARWIN)
    // Started apart from this command, the studio could tell nobody.
    if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")
        && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
        printError(QStringLiteral("heddle: The studio needs a display, and there is none. Without "
                                  "one, heddle run makes a trace, and heddle convert a picture."));
        return RunFailed;
    }
#endif
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
