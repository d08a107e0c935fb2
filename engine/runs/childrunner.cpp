// SPDX-License-Identifier: Apache-2.0
#include <heddle/runs/childrunner.h>

#include "controlchannel_p.h"
#include "crashreport_p.h"
#include "patternexecution_p.h"
#include "patternreports_p.h"

#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>
#include <QFile>

#include <memory>
#include <thread>

#if defined(Q_OS_LINUX)
#    include <csignal>
#    include <sys/prctl.h>
#    include <sys/resource.h>
#    include <unistd.h>
#endif

namespace heddle {

namespace {

constexpr qsizetype LongestMessage = 4096;

class ChildRunner : public QObject
{
public:
    explicit ChildRunner(ControlChannel *channel)
        : m_channel(channel)
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
            std::_Exit(ControlChannel::LostExitCode);
        });
    }

    void start(const ExecutionRequest &request)
    {
        if (m_pattern.joinable())
            return;
        m_reports = std::make_unique<PatternReports>(request.results, request.invariants);
        passOn(*m_reports);
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
            const CrashStack stack;
            trace::setThreadName("pattern");
            const ExecutionOutcome outcome = executePattern(request, *m_reports,
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
        m_reports->finish();
        m_channel->send({{QStringLiteral("type"), QStringLiteral("finished")},
                         {QStringLiteral("state"), runStateId(outcome.state)},
                         {QStringLiteral("message"), outcome.message.left(LongestMessage)}});
        m_channel->flush(2000);
        allowExit();
        m_isFinished = true;
        QCoreApplication::exit(0);
    }

    /// Serves the channel until the pattern has ended. A pattern may quit the event loop, which is
    /// not its own.
    void exec()
    {
        while (!m_isFinished)
            QCoreApplication::exec();
    }

private:
    // What the pattern reports goes through the channel, from this thread.
    void passOn(const PatternReports &reports)
    {
        const auto send = [this](const char *type, QJsonObject message) {
            message.insert(QStringLiteral("type"), QLatin1String(type));
            m_channel->send(message);
        };
        connect(&reports, &PatternReports::progressed, this,
                [send](double fraction, const QString &text) {
                    send("progress",
                         {{QStringLiteral("fraction"), fraction}, {QStringLiteral("text"), text}});
                });
        connect(&reports, &PatternReports::logged, this,
                [send](LogLevel level, const QString &text) {
                    send("log", {{QStringLiteral("level"), static_cast<int>(level)},
                                 {QStringLiteral("text"), text}});
                });
        connect(&reports, &PatternReports::resultReported, this,
                [send](const QString &id, const QVariant &value) {
                    send("result", {{QStringLiteral("id"), id},
                                    {QStringLiteral("value"), QJsonValue::fromVariant(value)}});
                });
        connect(&reports, &PatternReports::invariantReported, this,
                [send](const InvariantOutcome &outcome) {
                    send("invariant", {{QStringLiteral("id"), outcome.id},
                                       {QStringLiteral("holds"), outcome.holds},
                                       {QStringLiteral("evidence"), outcome.evidence}});
                });
    }

    ControlChannel *m_channel;
    std::unique_ptr<PatternReports> m_reports;
    std::stop_source m_stop;
    std::thread m_pattern;
    bool m_isFinished = false;
};

} // namespace

int runChild(const QString &socketName)
{
    installCrashReport();
#if defined(Q_OS_LINUX)
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The terminal's Ctrl+C goes to the whole group; the parent decides what it means for us.
    std::signal(SIGINT, SIG_IGN);
    // Servers and clients share one process here: as many descriptors as the system lets it have.
    if (rlimit files = {}; ::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
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
    runner.exec();
    return 0;
}

} // namespace heddle
