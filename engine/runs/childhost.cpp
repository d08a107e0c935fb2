// SPDX-License-Identifier: Apache-2.0
#include "controlchannel_p.h"
#include "crashreport_p.h"
#include "linebudget_p.h"
#include "run_p.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocalServer>
#include <QProcess>
#include <QProcessEnvironment>

#include <algorithm>

#if defined(Q_OS_UNIX)
#    include <csignal>
#    include <dlfcn.h>
#    include <fcntl.h>
#    include <unistd.h>
#endif

namespace heddle {

namespace {

constexpr qsizetype LongestText = 4096;
constexpr qsizetype MostBacktraceLines = 100;
constexpr std::chrono::seconds ClosedChannelGrace(2);

// The program that runs patterns: named by HEDDLE_RUNNER, or beside this one, or beside the
// library.
QString runnerProgram()
{
    const QString named = qEnvironmentVariable("HEDDLE_RUNNER");
    if (!named.isEmpty())
        return named;
    QStringList folders{QCoreApplication::applicationDirPath()};
#if defined(Q_OS_UNIX)
    Dl_info found = {};
    if (::dladdr(reinterpret_cast<void *>(&runnerProgram), &found) && found.dli_fname) {
        const QString library = QFileInfo(QString::fromLocal8Bit(found.dli_fname)).absolutePath();
        folders << library + QStringLiteral("/../bin") << library + QStringLiteral("/../../bin");
    }
#endif
    for (const QString &folder : folders) {
        const QFileInfo program(folder + QStringLiteral("/heddle"));
        if (program.isExecutable())
            return program.absoluteFilePath();
    }
    return QStringLiteral("heddle");
}

class ChildHost final : public ExecutionHost
{
public:
    ChildHost(const QString &folder, int descriptor)
        : m_folder(folder)
        , m_socketName(folder + QStringLiteral("/control"))
        , m_descriptor(descriptor)
    {
        m_deafness.setSingleShot(true);
        connect(&m_deafness, &QTimer::timeout, this, [this] {
            m_wasDeaf = true;
            kill();
        });
        connect(&m_server, &QLocalServer::newConnection, this, &ChildHost::connected);
        connect(&m_process, &QProcess::readyReadStandardError, this, [this] {
            m_errors += m_process.readAllStandardError();
            readErrors(false);
        });
        connect(&m_process, &QProcess::readyReadStandardOutput, this, [this] {
            m_output += m_process.readAllStandardOutput();
            readOutput(false);
        });
        connect(&m_process, &QProcess::finished, this, &ChildHost::finished);
        connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
            if (error == QProcess::FailedToStart) {
                fail(QStringLiteral(
                             "The program that runs patterns cannot be started: %1 (%2). Install "
                             "heddle beside this program, or name it in HEDDLE_RUNNER")
                             .arg(m_process.errorString(), m_process.program()));
            }
        });
    }
    ~ChildHost() override
    {
        disconnect(&m_process, nullptr, this, nullptr);
        if (m_process.state() != QProcess::NotRunning) {
            kill();
            m_process.waitForFinished(5000);
        }
    }

    void prepare() override
    {
        m_server.setSocketOptions(QLocalServer::UserAccessOption);
        if (!m_server.listen(m_socketName)) {
            QMetaObject::invokeMethod(
                    this,
                    [this] {
                        fail(QStringLiteral("The control channel cannot be opened: %1 (%2). "
                                            "Set TMPDIR to a folder that you may write to, "
                                            "with a path of less than 80 characters")
                                     .arg(m_server.errorString(), m_socketName));
                    },
                    Qt::QueuedConnection);
            return;
        }
#if defined(Q_OS_UNIX)
        // A process group of its own, so that what a pattern starts ends with it.
        m_process.setChildProcessModifier([descriptor = m_descriptor] {
            ::setpgid(0, 0);
            if (descriptor >= 0)
                ::fcntl(descriptor, F_SETFD, 0); // inherited
        });
#endif
        // What a pattern that is ended leaves there goes with the run.
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("TMPDIR"), m_folder);
        m_process.setProcessEnvironment(environment);
        m_process.start(runnerProgram(),
                        {QStringLiteral("run"), QStringLiteral("--child"), m_socketName});
        m_processId = m_process.processId();
        m_process.closeWriteChannel();
    }
    void execute(const ExecutionRequest &request) override
    {
        if (m_channel) {
            m_channel->send({{QStringLiteral("type"), QStringLiteral("start")},
                             {QStringLiteral("request"), request.toJson()}});
        }
    }
    void requestStop() override
    {
        if (m_channel)
            m_channel->send({{QStringLiteral("type"), QStringLiteral("stop")}});
    }
    bool kill() override
    {
        m_process.kill();
        killGroup();
        return true;
    }

private:
    void killGroup() const
    {
#if defined(Q_OS_UNIX)
        if (m_processId > 0)
            ::kill(static_cast<pid_t>(-m_processId), SIGKILL);
#endif
    }

    void connected()
    {
        QLocalSocket *socket = m_server.nextPendingConnection();
        if (m_channel) {
            delete socket; // only the child knows the folder; one connection is all it needs
            return;
        }
        m_channel = new ControlChannel(socket, this);
        connect(m_channel, &ControlChannel::received, this, &ChildHost::received);
        connect(m_channel, &ControlChannel::closed, this, [this] {
            // Who sends that does not hear either.
            if (m_channel->isBroken())
                kill();
            else if (!m_hasFinished)
                m_deafness.start(ClosedChannelGrace); // it may just be on its way out
        });
        m_channel->readAvailable();
    }

    void received(const QJsonObject &message)
    {
        const QString type = message.value(QStringLiteral("type")).toString();
        const auto text = [&message](const char *key) {
            return message.value(QLatin1String(key)).toString().left(LongestText);
        };
        if (type == QLatin1String("hello")) {
            Q_EMIT ready(message.value(QStringLiteral("pid")).toInteger());
        } else if (type == QLatin1String("started")) {
            Q_EMIT started();
        } else if (type == QLatin1String("progress")) {
            Q_EMIT progressed(message.value(QStringLiteral("fraction")).toDouble(), text("text"));
        } else if (type == QLatin1String("log")) {
            const int level = std::clamp(message.value(QStringLiteral("level")).toInt(), 0, 3);
            forward(m_logBudget, static_cast<LogLevel>(level), text("text"));
        } else if (type == QLatin1String("result")) {
            Q_EMIT resultReported(text("id"), message.value(QStringLiteral("value")).toVariant());
        } else if (type == QLatin1String("invariant")) {
            Q_EMIT invariantReported({text("id"), message.value(QStringLiteral("holds")).toBool(),
                                      text("evidence")});
        } else if (type == QLatin1String("finished")) {
            m_hasFinished = true;
            const QString state = text("state");
            m_report.state = state == runStateId(RunState::Finished)    ? RunState::Finished
                             : state == runStateId(RunState::Cancelled) ? RunState::Cancelled
                                                                        : RunState::Failed;
            m_report.message = text("message");
        }
    }

    void readErrors(bool all)
    {
        for (const QString &line : takeLines(m_errors, all)) {
            const QLatin1String prefix(CrashLinePrefix);
            if (line.startsWith(prefix)) {
                const QString what = line.mid(prefix.size());
                m_inBacktrace = what == QLatin1String("frames");
                if (what.startsWith(QLatin1String("exit ")))
                    m_exitedByItself = true;
                else if (what.startsWith(QLatin1String("signal ")))
                    m_reportedSignal = what.sliced(7).toInt();
                else if (what.startsWith(QLatin1String("thread ")))
                    m_report.crashedThreadId = what.sliced(7).toLongLong();
            } else if (m_inBacktrace) {
                if (m_report.backtrace.size() < MostBacktraceLines)
                    m_report.backtrace << line;
            } else {
                forward(m_outputBudget, LogLevel::Warning, line);
            }
        }
    }
    void readOutput(bool all)
    {
        for (const QString &line : takeLines(m_output, all))
            forward(m_outputBudget, LogLevel::Info, line);
    }
    void forward(LineBudget &budget, LogLevel level, const QString &line)
    {
        if (line.isEmpty())
            return;
        for (const QString &admitted : budget.admit(line, LineBudget::Clock::now()))
            Q_EMIT logged(level, admitted);
    }
    static QStringList takeLines(QByteArray &buffer, bool all)
    {
        QStringList lines;
        qsizetype start = 0;
        while (start < buffer.size()) {
            qsizetype end = buffer.indexOf('\n', start);
            if (end < 0) {
                if (!all && buffer.size() - start < LongestText)
                    break;
                end = buffer.size();
            }
            lines << QString::fromUtf8(buffer.sliced(start, std::min(end - start, LongestText)));
            start = end + 1;
        }
        buffer.remove(0, std::min(start, buffer.size()));
        return lines;
    }

    void finished(int exitCode, QProcess::ExitStatus status)
    {
        m_deafness.stop();
        killGroup(); // before the channel is read to its end, which such a process could put off
        if (m_channel)
            m_channel->readToEnd();
        m_errors += m_process.readAllStandardError();
        m_output += m_process.readAllStandardOutput();
        readErrors(true);
        readOutput(true);
        for (LineBudget *budget : {&m_outputBudget, &m_logBudget}) {
            for (const QString &line : budget->finish())
                Q_EMIT logged(LogLevel::Warning, line);
        }
        m_report.exitCode = status == QProcess::NormalExit ? exitCode : 0;
        const int signalNumber = m_reportedSignal ? m_reportedSignal : exitCode;
        m_report.signalNumber = status == QProcess::CrashExit ? signalNumber : 0;
        if (m_channel && m_channel->isBroken()) {
            m_report.state = RunState::Crashed;
            m_report.message = QStringLiteral(
                    "The pattern's process sent what is no report, or far too much of it, and was "
                    "ended. A pattern reports through its RunContext and leaves the process's "
                    "sockets alone");
        } else if (m_wasDeaf
                   || (status == QProcess::NormalExit && !m_hasFinished
                       && exitCode == ControlChannel::LostExitCode)) {
            m_report.state = RunState::Crashed;
            m_report.message = QStringLiteral(
                    "The pattern's process closed its control channel, so it could not be told "
                    "anything any more, and was ended. A pattern must not close descriptors that "
                    "it did not open");
        } else if (status == QProcess::CrashExit) {
            m_report.state = RunState::Crashed;
            m_report.message =
                    QStringLiteral("The pattern crashed with %1").arg(signalText(signalNumber));
        } else if (!m_hasFinished) {
            m_report.state = RunState::Crashed;
            m_report.message =
                    m_exitedByItself
                            ? QStringLiteral("The pattern ended its process by calling exit(%1). A "
                                             "pattern must return from run() instead")
                                      .arg(exitCode)
                            : QStringLiteral("The process ended with code %1 before the pattern "
                                             "was done")
                                      .arg(exitCode);
        }
        Q_EMIT ended(m_report);
    }

    void fail(const QString &message)
    {
        m_report.state = RunState::Failed;
        m_report.message = message;
        Q_EMIT ended(m_report);
    }

    const QString m_folder;
    const QString m_socketName;
    const int m_descriptor;
    QLocalServer m_server;
    QProcess m_process;
    ControlChannel *m_channel = nullptr;
    QByteArray m_errors;
    QByteArray m_output;
    RunReport m_report;
    qint64 m_processId = 0; // and its group's
    LineBudget m_outputBudget;
    LineBudget m_logBudget{2 * LineBudget::MostPerSecond, 2 * LineBudget::MostInAll};
    QTimer m_deafness; // runs when the process can no longer hear
    bool m_wasDeaf = false;
    int m_reportedSignal = 0; // by its own handler, which may have taken too long
    bool m_inBacktrace = false;
    bool m_exitedByItself = false;
    bool m_hasFinished = false;
};

} // namespace

std::unique_ptr<ExecutionHost> makeChildHost(const QString &folder, int descriptor)
{
    return std::make_unique<ChildHost>(folder, descriptor);
}

} // namespace heddle
