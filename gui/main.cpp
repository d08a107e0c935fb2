// SPDX-License-Identifier: GPL-3.0-or-later
#include "appearance.h"
#include "language.h"
#include "mainwindow.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QTimer>

using namespace heddle::studio;

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("heddle"));
    QApplication::setApplicationName(QStringLiteral("heddle-studio"));
    Language::apply();
    QApplication::setApplicationDisplayName(QApplication::translate("main", "Heddle Studio"));
    QApplication::setApplicationVersion(QStringLiteral(HEDDLE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("org.heddle.Studio"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/studio.svg")));

    QCommandLineParser parser;
    parser.setApplicationDescription(QApplication::translate(
            "main", "Runs concurrency patterns and shows what their threads did."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("FILE…"),
                                 QApplication::translate("main", "Traces to open."));
    const QCommandLineOption pattern(QStringLiteral("pattern"),
                                     QApplication::translate("main", "Choose this pattern."),
                                     QStringLiteral("id"));
    const QCommandLineOption run(QStringLiteral("run"),
                                 QApplication::translate("main", "Run it at once."));
    parser.addOptions({pattern, run});
    parser.process(application);

    const QString mode = QSettings().value(QStringLiteral("appearance")).toString();
    Appearance::apply(mode.isEmpty()                  ? Appearance::systemMode()
                      : mode == QLatin1String("dark") ? Appearance::Mode::Dark
                                                      : Appearance::Mode::Light);
    MainWindow window;
    window.show();
    for (const QString &file : parser.positionalArguments())
        window.openFile(file);
    if (parser.isSet(pattern) && !window.patternList()->selectPattern(parser.value(pattern)))
        qWarning("There is no pattern '%s'.", qPrintable(parser.value(pattern)));
    if (parser.isSet(run))
        QTimer::singleShot(0, &window, &MainWindow::startRun);
    return QApplication::exec();
}
