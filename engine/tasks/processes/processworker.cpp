// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/processworker.h>

#include "processmessage_p.h"
#include "processstart_p.h"

#include <heddle/core/error.h>
#include <heddle/core/handedover.h>
#include <heddle/tasks/jobs.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>
#include <QLocalSocket>
#include <QThread>

#include <cstdio>
#include <cstdlib>
#include <limits>

#if defined(Q_OS_UNIX)
#    include <csignal>
#endif

namespace heddle {

namespace {

constexpr int ConnectionMilliseconds = 10'000;

ProcessMessage failure(quint64 job, JobFailureKind kind, const QString &what,
                       const QString &where = {}, const QString &remedy = {})
{
    return {ProcessMessage::Failure,
            job,
            {QString::number(static_cast<int>(kind)), what, where, remedy},
            {}};
}

// In the thread of the jobs.
ProcessMessage run(const ProcessMessage &call)
{
    const QString name = call.texts.value(0);
    const std::optional<Job> job = JobRegistry::ofProcess().find(name);
    if (!job) {
        return failure(call.job, JobFailureKind::Unknown,
                       QStringLiteral("The worker has no job called %1").arg(name), name,
                       QStringLiteral("It has: %1")
                               .arg(JobRegistry::ofProcess().names().join(QStringLiteral(", "))));
    }
    ProcessMessage answer;
    try {
        const trace::Slice slice(trace::Name(name.toStdString()));
        answer = {ProcessMessage::Result, call.job, {}, (*job)(call.bytes)};
    } catch (const Error &error) {
        answer = failure(call.job, JobFailureKind::Thrown, error.message(), error.where(),
                         error.remedy());
    } catch (const std::exception &error) {
        answer = failure(call.job, JobFailureKind::Thrown, QString::fromUtf8(error.what()), name);
    } catch (...) {
        answer = failure(call.job, JobFailureKind::Thrown,
                         QStringLiteral("An exception of unknown type"), name);
    }
    // What the job has printed comes before its result, as far as that can be had.
    std::fflush(stdout);
    return answer;
}

class Worker : public QObject
{
public:
    explicit Worker(QLocalSocket &socket)
        : m_socket(socket)
        , m_reader(std::numeric_limits<qint64>::max())
    {
        m_jobThread.setObjectName(QStringLiteral("jobs"));
        m_runner.moveToThread(&m_jobThread);
        m_jobThread.start();
        connect(&socket, &QLocalSocket::readyRead, this, &Worker::readCalls);
        connect(&socket, &QLocalSocket::disconnected, this, [this] {
            // A job may run on for ever; there is nobody left who wants its result.
            if (m_isBusy)
                std::_Exit(WorkerExitCode::ExecutorLost);
            QCoreApplication::quit();
        });
    }
    ~Worker() override
    {
        m_jobThread.quit();
        m_jobThread.wait();
    }

    void readCalls()
    {
        if (!m_reader.read(m_socket))
            std::_Exit(WorkerExitCode::ExecutorLost);
        while (auto message = m_reader.take()) {
            m_isBusy = true;
            QMetaObject::invokeMethod(&m_runner, HandedOver([this, call = std::move(*message)] {
                QMetaObject::invokeMethod(this, HandedOver([this, answer = run(call)] {
                                              m_isBusy = false;
                                              writeMessage(m_socket, answer);
                                              m_socket.flush();
                                          }));
            }));
        }
    }

private:
    QLocalSocket &m_socket;
    ProcessMessageReader m_reader;
    QThread m_jobThread;
    QObject m_runner;
    bool m_isBusy = false;
};

} // namespace

bool isProcessWorker()
{
    return qEnvironmentVariableIsSet(WorkerSocketVariable);
}

int runProcessWorker(int &argc, char **argv)
{
    const QString socketName = qEnvironmentVariable(WorkerSocketVariable);
    const QString token = qEnvironmentVariable(WorkerTokenVariable);
    // Not for the processes that a job starts.
    qunsetenv(WorkerSocketVariable);
    qunsetenv(WorkerTokenVariable);
#if defined(Q_OS_UNIX)
    // The terminal's Ctrl+C is the executor's program's to handle.
    std::signal(SIGINT, SIG_IGN);
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
#endif
    QCoreApplication application(argc, argv);
    QLocalSocket socket;
    socket.connectToServer(socketName);
    if (!socket.waitForConnected(ConnectionMilliseconds)) {
        std::fprintf(stderr, "heddle: the executor cannot be reached: %s (%s)\n",
                     qPrintable(socket.errorString()), qPrintable(socketName));
        return WorkerExitCode::ExecutorLost;
    }
    writeMessage(socket, {ProcessMessage::Hello, 0, {token}, {}});
    Worker worker(socket);
    worker.readCalls(); // what has come before it listened
    if (socket.state() != QLocalSocket::ConnectedState)
        return WorkerExitCode::ExecutorLost;
    return QCoreApplication::exec();
}

} // namespace heddle
