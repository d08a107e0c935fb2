// SPDX-License-Identifier: Apache-2.0
#include <heddle/runs/childrunner.h>

#include "controlchannel_p.h"
#include "crashreport_p.h"
#include "patternexecution_p.h"

#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>

#include <thread>

#if defined(Q_OS_LINUX)
#    include <csignal>
#    include <sys/prctl.h>
#    include <unistd.h>
#endif

namespace heddle {

namespace {

constexpr int MostLogLines = 5000;

// Sends what the pattern reports, from whatever thread, through the main thread's channel.
class ChannelObserver final : public RunObserver
{
public:
    explicit ChannelObserver(ControlChannel *channel)
        : m_channel(channel)
    {}

    void progress(double fraction, const QString &text) override
    {
        {
            // More would be thrown away by the screen.
            const std::lock_guard lock(m_mutex);
            if (m_lastProgress.isValid() && m_lastProgress.elapsed() < 30 && fraction < 1.0)
                return;
            m_lastProgress.start();
        }
        send({{QStringLiteral("type"), QStringLiteral("progress")},
              {QStringLiteral("fraction"), fraction},
              {QStringLiteral("text"), text}});
    }
    void log(LogLevel level, const QString &text) override
    {
        const int line = ++m_logLines;
        if (line > MostLogLines)
            return;
        send({{QStringLiteral("type"), QStringLiteral("log")},
              {QStringLiteral("level"), static_cast<int>(level)},
              {QStringLiteral("text"),
               line < MostLogLines
                       ? text.left(4000)
                       : QStringLiteral("The log ends here: the pattern has written %1 lines.")
                                 .arg(MostLogLines)}});
    }
    void result(const QString &id, const QVariant &value) override
    {
        send({{QStringLiteral("type"), QStringLiteral("result")},
              {QStringLiteral("id"), id},
              {QStringLiteral("value"), QJsonValue::fromVariant(value)}});
    }
    void invariant(const QString &id, bool holds, const QString &evidence) override
    {
        send({{QStringLiteral("type"), QStringLiteral("invariant")},
              {QStringLiteral("id"), id},
              {QStringLiteral("holds"), holds},
              {QStringLiteral("evidence"), evidence}});
    }

private:
    void send(const QJsonObject &message)
    {
        QMetaObject::invokeMethod(
                m_channel, [channel = m_channel, message] { channel->send(message); },
                Qt::QueuedConnection);
    }

    ControlChannel *m_channel;
    std::mutex m_mutex;
    QElapsedTimer m_lastProgress;
    std::atomic<int> m_logLines{0};
};

class ChildRunner : public QObject
{
public:
    explicit ChildRunner(ControlChannel *channel)
        : m_channel(channel)
        , m_observer(channel)
    {
        connect(channel, &ControlChannel::received, this, [this](const QJsonObject &message) {
            const QString type = message.value(QStringLiteral("type")).toString();
            if (type == QLatin1String("start"))
                start(ExecutionRequest::fromJson(
                        message.value(QStringLiteral("request")).toObject()));
            else if (type == QLatin1String("stop"))
                m_stop.request_stop();
        });
        connect(channel, &ControlChannel::closed, this, [] {
            // Nobody is left to report to, and the pattern may not listen.
            allowExit();
            std::_Exit(1);
        });
    }

    void start(const ExecutionRequest &request)
    {
        if (m_pattern.joinable())
            return;
        QString problem;
        if (!request.recordingPath.isEmpty()) {
            trace::setThreadName("main");
            if (const auto error = trace::Recorder::start(request.recordingPath.toStdString()))
                problem = QString::fromStdString(error.what);
        }
        m_channel->send({{QStringLiteral("type"), QStringLiteral("started")}});
        if (!problem.isEmpty()) {
            finish({RunState::Failed, problem});
            return;
        }
        m_pattern = std::thread([this, request] {
            trace::setThreadName("pattern");
            const ExecutionOutcome outcome = executePattern(request, m_observer,
                                                            m_stop.get_token());
            QMetaObject::invokeMethod(
                    this, [this, outcome] { finish(outcome); }, Qt::QueuedConnection);
        });
    }

    void finish(const ExecutionOutcome &outcome)
    {
        if (m_pattern.joinable())
            m_pattern.join();
        trace::Recorder::stop();
        m_channel->send({{QStringLiteral("type"), QStringLiteral("finished")},
                         {QStringLiteral("state"), runStateId(outcome.state)},
                         {QStringLiteral("message"), outcome.message}});
        m_channel->flush(2000);
        allowExit();
        QCoreApplication::exit(0);
    }

private:
    ControlChannel *m_channel;
    ChannelObserver m_observer;
    std::stop_source m_stop;
    std::thread m_pattern;
};

} // namespace

int runChild(const QString &socketName)
{
    installCrashReport();
#if defined(Q_OS_LINUX)
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The terminal's Ctrl+C goes to the whole group; the parent decides what it means for us.
    std::signal(SIGINT, SIG_IGN);
    // If memory runs out, this process should go first, not the one that looks.
    if (QFile score(QStringLiteral("/proc/self/oom_score_adj")); score.open(QIODevice::WriteOnly))
        score.write("1000");
#endif
    auto *socket = new QLocalSocket;
    socket->connectToServer(socketName);
    if (!socket->waitForConnected(10'000)) {
        qCritical("heddle: no parent at %s: %s", qPrintable(socketName),
                  qPrintable(socket->errorString()));
        allowExit();
        return 1;
    }
    ControlChannel channel(socket);
    ChildRunner runner(&channel);
    channel.send({{QStringLiteral("type"), QStringLiteral("hello")},
                  {QStringLiteral("pid"), QCoreApplication::applicationPid()}});
    return QCoreApplication::exec();
}

} // namespace heddle
