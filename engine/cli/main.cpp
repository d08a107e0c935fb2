// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <heddle/core/error.h>
#include <heddle/runs/childrunner.h>

#include <QCoreApplication>
#include <QGuiApplication>
#include <QTemporaryDir>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

using namespace heddle;
using namespace heddle::cli;

namespace {

void printUsage()
{
    print(QStringLiteral("Usage: heddle COMMAND [OPTION…]\n"
                         "\n"
                         "Runs concurrency patterns and shows what their threads really did.\n"));
    std::vector<QStringList> rows;
    for (const Command &command : commands())
        rows.push_back({QStringLiteral("  ") + QString::fromUtf8(command.synopsis),
                        QString::fromUtf8(command.summary)});
    printTable(rows);
    print(QStringLiteral(
            "\nWithout a command, the studio is started. heddle COMMAND --help tells more.\n"
            "Exit codes: 0 done, 1 the run failed, 2 wrong usage, 3 the plugin crashed,\n"
            "4 timed out, 130 interrupted."));
}

// Whether a picture may be asked for: "a.png", "--output=a.png", "--format png" …
bool mayDraw(const QString &argument)
{
    for (const char *format : {"png", "svg", "pdf"}) {
        const QLatin1String suffix(format);
        if (argument.compare(suffix, Qt::CaseInsensitive) == 0
            || argument.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive)
            || argument.endsWith(QLatin1Char('=') + suffix, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

// Pictures need fonts, hence a QGuiApplication; it must work where there is no display.
std::unique_ptr<QCoreApplication> makeApplication(int &argc, char **argv)
{
    const bool writes =
            argc > 1 && (std::strcmp(argv[1], "convert") == 0 || std::strcmp(argv[1], "run") == 0);
    const bool draws = writes && std::any_of(argv + 2, argv + argc, [](const char *argument) {
                           return mayDraw(QString::fromLocal8Bit(argument));
                       });
    if (!draws)
        return std::make_unique<QCoreApplication>(argc, argv);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    static const QTemporaryDir runtime; // Qt complains without one
    if (!qEnvironmentVariableIsSet("XDG_RUNTIME_DIR"))
        qputenv("XDG_RUNTIME_DIR", runtime.path().toLocal8Bit());
    return std::make_unique<QGuiApplication>(argc, argv);
}

// A descriptor of ours must not be taken for one of the first three.
void openStandardFiles()
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) < 0)
            (void)::open("/dev/null", O_RDWR); // the lowest free number
    }
}

int runCommand(const QStringList &arguments);

} // namespace

int main(int argc, char **argv)
{
    openStandardFiles();
    std::signal(SIGXFSZ, SIG_IGN); // a file that grows too large is an error of writing it
    const auto application = makeApplication(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("heddle"));
    QCoreApplication::setApplicationVersion(QStringLiteral(HEDDLE_VERSION));
    const QStringList arguments = QCoreApplication::arguments();
    const QString name = arguments.value(1);
    if (name == QLatin1String("run") && arguments.value(2) == QLatin1String("--child"))
        return runChild(arguments.value(3));
    const int code = runCommand(arguments);
    if ((std::fflush(stdout) != 0 || std::ferror(stdout)) && code == Done) {
        printError(QStringLiteral("heddle: The standard output cannot be written: %1")
                           .arg(QString::fromLocal8Bit(std::strerror(errno))));
        return RunFailed;
    }
    return code;
}

namespace {

int runCommand(const QStringList &arguments)
{
    const QString name = arguments.value(1);
    if (name == QLatin1String("--help") || name == QLatin1String("-h")
        || name == QLatin1String("help")) {
        printUsage();
        return Done;
    }
    if (name == QLatin1String("--version") || name == QLatin1String("-v")) {
        print(QStringLiteral("heddle %1").arg(QCoreApplication::applicationVersion()));
        return Done;
    }
    try {
        if (name.isEmpty())
            return runOpen({arguments.value(0), QStringLiteral("open")});
        for (const Command &command : commands()) {
            if (name == QLatin1String(command.name))
                return command.run(arguments);
        }
        throw UsageError(
                QStringLiteral("There is no command '%1'. heddle --help lists them.").arg(name));
    } catch (const UsageError &error) {
        printError(QStringLiteral("heddle: ") + QString::fromUtf8(error.what()));
        return WrongUsage;
    } catch (const std::exception &error) {
        printError(QStringLiteral("heddle: ") + QString::fromUtf8(error.what()));
        return RunFailed;
    }
}

} // namespace
