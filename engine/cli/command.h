// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QJsonValue>
#include <QString>
#include <QStringList>

#include <exception>
#include <vector>

class QCommandLineParser;

namespace heddle::cli {

/// Exit codes of the command line; a contract (docs/cli.md).
enum ExitCode {
    Done = 0,
    RunFailed = 1,
    WrongUsage = 2,
    PluginCrashed = 3,
    RunTimedOut = 4,
    Interrupted = 130,
};

/// Thrown for wrong usage: the message goes to stderr and the exit code is WrongUsage.
class UsageError : public std::exception
{
public:
    explicit UsageError(const QString &message)
        : m_message(message.toUtf8())
    {}
    [[nodiscard]] const char *what() const noexcept override { return m_message.constData(); }

private:
    QByteArray m_message;
};

/// A sub-command of heddle. \a arguments begin with the program's and command's names.
struct Command
{
    const char *name;
    const char *synopsis;
    const char *summary;
    int (*run)(const QStringList &arguments);
};
const std::vector<Command> &commands();

int runList(const QStringList &arguments);
int runDescribe(const QStringList &arguments);
int runRun(const QStringList &arguments);
int runInfo(const QStringList &arguments);
int runConvert(const QStringList &arguments);
int runPlugin(const QStringList &arguments);
int runOpen(const QStringList &arguments);

/// Parses \a arguments: prints the help if it is asked for (then the process ends with Done).
/// \throws UsageError for an unknown option, or when there are more than \a most words besides the
/// options; -1 means any number. The command's name is one.
void parse(QCommandLineParser &parser, const QStringList &arguments, qsizetype most);

/// "1 thread", "2 threads".
[[nodiscard]] QString counted(quint64 number, const QString &singular);
/// A value of a parameter or a result as a user writes it.
[[nodiscard]] QString valueText(const QJsonValue &value);

/// Writes a line to standard output, UTF-8.
void print(const QString &line);
/// Writes a line to standard error, UTF-8.
void printError(const QString &line);
/// Writes one JSON document to standard output.
void printJson(const QJsonValue &value);
/// Aligns columns with two spaces between them, as a terminal shows them.
void printTable(const std::vector<QStringList> &rows);
[[nodiscard]] bool isTerminal(int fileDescriptor);

} // namespace heddle::cli
