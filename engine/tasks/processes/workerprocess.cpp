// SPDX-License-Identifier: Apache-2.0
#include "workerprocess_p.h"

#include "processstart_p.h"

#include <heddle/tasks/processexecutor.h>

#include <QCoreApplication>
#include <QFileInfo>
#include <QProcessEnvironment>
#include <QUuid>

#include <algorithm>
#include <utility>

#if defined(Q_OS_UNIX)
#    include <csignal>
#    include <dlfcn.h>
#    include <unistd.h>
#endif
#if defined(Q_OS_LINUX)
#    include <sys/prctl.h>
#endif

namespace heddle {

namespace {

constexpr qsizetype LongestLine = 4096;
constexpr std::chrono::seconds ClosingGrace(2);

// Beside this program, or in the folder of programs beside the library.
QString workerProgram()
{
    QStringList folders{QCoreApplication::applicationDirPath()};
#if defined(Q_OS_UNIX)
    Dl_info found = {};
    if (::dladdr(reinterpret_cast<void *>(&workerProgram), &found) && found.dli_fname) {
        const QString library = QFileInfo(QString::fromLocal8Bit(found.dli_fname)).absolutePath();
        folders << library + QStringLiteral("/../bin") << library + QStringLiteral("/../../bin");
    }
#endif
    for (const QString &folder : folders) {
        const QFileInfo program(folder + QStringLiteral("/heddle-worker"));
        if (program.isExecutable())
            return program.absoluteFilePath();
    }
    return QStringLiteral("heddle-worker");
}

QString signalName(int number)
{
#if defined(Q_OS_UNIX)
    switch (number) {
    case SIGSEGV:
        return QStringLiteral("SIGSEGV");
    case SIGABRT:
        return QStringLiteral("SIGABRT");
    case SIGBUS:
        return QStringLiteral("SIGBUS");
    case SIGFPE:
        return QStringLiteral("SIGFPE");
    case SIGILL:
        return QStringLiteral("SIGILL");
    case SIGKILL:
        return QStringLiteral("SIGKILL");
    case SIGTERM:
        return QStringLiteral("SIGTERM");
    default:
        break;
    }
#endif
    return QStringLiteral("signal %1").arg(number);
}

} // namespace

WorkerProcess::WorkerProcess(Listener &listener, const QString &name, const ProcessOptions &options,
                             const QString &socketName)
    : m_listener(listener)
    , m_name(name)
    , m_token(QUuid::createUuid().toString(QUuid::Id128))
    , m_object(trace::ObjectKind::Process, name.toStdString())
    , m_process(this)
    , m_patience(this)
{
    m_process.setProgram(options.program.isEmpty() ? workerProgram() : options.program);
    m_process.setArguments(options.libraries);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QString::fromLatin1(WorkerSocketVariable), socketName);
    environment.insert(QString::fromLatin1(WorkerTokenVariable), m_token);
    m_process.setProcessEnvironment(environment);
    m_process.setStandardInputFile(QProcess::nullDevice());
#if defined(Q_OS_UNIX)
    m_process.setChildProcessModifier([parent = ::getpid()] {
        ::setpgid(0, 0); // so that what a job starts ends with it
#    if defined(Q_OS_LINUX)
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent)
            ::_exit(WorkerExitCode::ExecutorLost); // it has died meanwhile
#    endif
    });
#endif
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this, limit = options.startTimeout] {
        kill(m_isClosing ? QString()
             : m_isDeaf  ? QStringLiteral("closed its connection and lived on")
                         : QStringLiteral("was not ready within %1 ms").arg(limit.count()));
    });
    connect(&m_process, &QProcess::readyReadStandardOutput, this,
            [this] { readOutput(false, false); });
    connect(&m_process, &QProcess::readyReadStandardError, this,
            [this] { readOutput(true, false); });
    connect(&m_process, &QProcess::finished, this, &WorkerProcess::finished);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            m_listener.workerCannotStart(
                    QStringLiteral("The program of the workers cannot be started: %1 (%2)")
                            .arg(m_process.errorString(), m_process.program()));
        }
    });
    m_patience.start(options.startTimeout);
}

WorkerProcess::~WorkerProcess()
{
    m_process.disconnect(this);
    if (m_socket)
        m_socket->disconnect(this);
    if (m_process.state() != QProcess::NotRunning) {
        kill();
        m_process.waitForFinished(5000);
    }
}

void WorkerProcess::start()
{
    m_process.start(QIODevice::ReadOnly);
    m_processId = m_process.processId();
}

void WorkerProcess::connected(std::unique_ptr<QLocalSocket> socket, qint64 largest)
{
    m_patience.stop();
    m_socket = std::move(socket);
    m_reader = std::make_unique<ProcessMessageReader>(largest);
    m_wasReady = true;
    connect(m_socket.get(), &QLocalSocket::readyRead, this, &WorkerProcess::readAnswers);
    connect(m_socket.get(), &QLocalSocket::disconnected, this, [this] {
        // On its way out, or deaf: then it can do nothing any more.
        m_isDeaf = true;
        if (!m_isClosing)
            m_patience.start(ClosingGrace);
    });
    m_listener.workerReady(*this);
    readAnswers();
}

void WorkerProcess::send(const ProcessMessage &call)
{
    writeMessage(*m_socket, call);
    m_socket->flush();
}

void WorkerProcess::readAnswers()
{
    const bool isWellFormed = m_reader->read(*m_socket);
    while (auto answer = m_reader->take())
        m_listener.workerAnswered(*this, *answer);
    if (!isWellFormed)
        kill(m_reader->problem());
}

void WorkerProcess::readOutput(bool isError, bool all)
{
    QByteArray &buffer = isError ? m_errors : m_output;
    buffer += isError ? m_process.readAllStandardError() : m_process.readAllStandardOutput();
    qsizetype start = 0;
    while (start < buffer.size()) {
        qsizetype end = buffer.indexOf('\n', start);
        const bool isWhole = end >= 0 && end - start <= LongestLine;
        if (!isWhole) {
            if (!all && end < 0 && buffer.size() - start < LongestLine)
                break; // the rest of it is to come
            end = std::min(start + LongestLine, buffer.size());
        }
        const QString line = QString::fromUtf8(buffer.constData() + start, end - start);
        start = end + (isWhole ? 1 : 0);
        if (isError && !line.isEmpty())
            m_lastError = line;
        m_listener.workerPrinted(*this, isError, line);
    }
    buffer.remove(0, start);
}

void WorkerProcess::kill(const QString &why)
{
    if (m_why.isEmpty())
        m_why = why;
    m_isClosing = true;
    m_process.kill();
    killGroup();
}

void WorkerProcess::close()
{
    m_isClosing = true;
    if (m_socket)
        m_socket->disconnectFromServer();
    m_patience.start(ClosingGrace);
}

void WorkerProcess::killGroup() const
{
#if defined(Q_OS_UNIX)
    if (m_processId > 0)
        ::kill(static_cast<pid_t>(-m_processId), SIGKILL);
#endif
}

void WorkerProcess::finished(int exitCode, QProcess::ExitStatus status)
{
    m_patience.stop();
    WorkerEnd end;
    end.wasTold = m_isClosing && m_why.isEmpty();
    m_isClosing = true;
    killGroup(); // what its jobs have left behind
    readOutput(false, true);
    readOutput(true, true);
    if (m_socket) {
        // A result may have come before the end.
        while (m_socket->state() == QLocalSocket::ConnectedState && m_socket->waitForReadyRead(0)) {
        }
        readAnswers();
        m_socket->disconnect(this);
    }
    const bool crashed = status == QProcess::CrashExit;
    end.signalNumber = crashed ? exitCode : 0;
    end.exitCode = crashed ? 0 : exitCode;
    if (!m_why.isEmpty())
        end.what = m_why;
    else if (crashed)
        end.what = QStringLiteral("died of signal %1 (%2)").arg(exitCode).arg(signalName(exitCode));
    else
        end.what = QStringLiteral("ended with exit code %1").arg(exitCode);
    if (!m_wasReady) {
        if (m_why.isEmpty())
            end.what += QStringLiteral(" before it was ready");
        if (!m_lastError.isEmpty())
            end.what += QStringLiteral(" and said: ") + m_lastError;
    }
    m_listener.workerEnded(*this, end);
}

} // namespace heddle
