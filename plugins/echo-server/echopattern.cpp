// SPDX-License-Identifier: Apache-2.0
#include "echoserver.h"
#include "loadgenerator.h"

#include <heddle/pattern/patternplugin.h>
#include <heddle/trace/slice.h>

#include <QElapsedTimer>
#include <QObject>

#include <cmath>

namespace {

/// The value that \a share of a sorted sample, not empty, do not exceed (nearest rank),
/// milliseconds.
double percentile(const QList<qint64> &sorted, double share)
{
    const auto rank = static_cast<qsizetype>(std::ceil(share * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::clamp<qsizetype>(rank - 1, 0, sorted.size() - 1)]) / 1e6;
}

class EchoPattern final : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override;

private:
    static LoadGenerator::Load loadOf(const heddle::RunContext &context);
    static void reportLatencies(heddle::RunContext &context, const QList<qint64> &latencies);
};

LoadGenerator::Load EchoPattern::loadOf(const heddle::RunContext &context)
{
    const heddle::Parameters &parameters = context.parameters();
    const auto count = [&parameters](const char *name) {
        return static_cast<int>(parameters.integer(QLatin1String(name)));
    };
    LoadGenerator::Load load;
    load.clients = count("clients");
    load.idleClients = count("idleClients");
    load.messages = count("msgs");
    load.bytes = count("size");
    // Clients think in timers of their loop, which RunContext::pause() would block.
    load.think = std::chrono::milliseconds(
            std::llround(parameters.number(QStringLiteral("think"))
                         * parameters.number(QStringLiteral("timeScale"))));
    if (context.hasFault(QStringLiteral("idle-clients")))
        load.idleClients = std::max(load.idleClients, count("pool"));
    if (context.hasFault(QStringLiteral("slow-reader")))
        load.slowReaders = 1;
    return load;
}

void EchoPattern::reportLatencies(heddle::RunContext &context, const QList<qint64> &latencies)
{
    if (latencies.isEmpty())
        return; // no reply has no latency, which is not the same as none
    context.result(QStringLiteral("p50"), percentile(latencies, 0.50));
    context.result(QStringLiteral("p90"), percentile(latencies, 0.90));
    context.result(QStringLiteral("p99"), percentile(latencies, 0.99));
    context.result(QStringLiteral("max"), percentile(latencies, 1.0));
}

void EchoPattern::run(heddle::RunContext &context)
{
    const heddle::Parameters &parameters = context.parameters();
    const QString mode = parameters.text(QStringLiteral("mode"));
    const auto design = mode == QLatin1String("poolPerConn")     ? EchoServer::Design::Pool
                        : mode == QLatin1String("threadPerConn") ? EchoServer::Design::ThreadEach
                                                                 : EchoServer::Design::EventLoop;
    const int workers = static_cast<int>(parameters.integer(QStringLiteral("pool")));
    EchoServer server(context, design, workers,
                      static_cast<int>(parameters.integer(QStringLiteral("backlog"))));
    LoadGenerator::Load load = loadOf(context);
    load.port = server.start();
    if (server.grantedBacklog() >= 0)
        context.result(QStringLiteral("backlog"), server.grantedBacklog());
    LoadGenerator generator(context, load);

    QElapsedTimer timer;
    timer.start();
    generator.run();
    const double seconds = static_cast<double>(timer.nsecsElapsed()) / 1e9;
    const int answered = generator.answered();
    const int waiting = server.accepted() - server.served();
    const int silent = server.silent();
    {
        // The server first: it must not answer those who were left waiting when others leave.
        HEDDLE_SLICE("shut down");
        server.stop();
        generator.stop();
    }

    const qint64 wanted = static_cast<qint64>(load.clients) * load.messages;
    context.result(QStringLiteral("requests"), answered);
    context.result(QStringLiteral("rate"), seconds > 0 ? answered / seconds : 0.0);
    reportLatencies(context, generator.latencies());
    context.result(QStringLiteral("bytes-in"), server.bytesIn());
    context.result(QStringLiteral("bytes-out"), server.bytesOut());
    context.result(QStringLiteral("accepted"), server.accepted());
    const bool isPool = design == EchoServer::Design::Pool;
    context.info(QStringLiteral("%1 of %2 requests answered; %3 connections were accepted, %4 of "
                                "them from idle clients, by a server with room for %5 at a time.")
                         .arg(answered)
                         .arg(wanted)
                         .arg(server.accepted())
                         .arg(load.idleClients)
                         .arg(isPool ? QString::number(workers) : QStringLiteral("all")));
    context.invariant(QStringLiteral("no-starvation"), !isPool || waiting == 0 || silent < workers,
                      QStringLiteral("%1 connections waited while %2 were served that had sent "
                                     "nothing")
                              .arg(waiting)
                              .arg(silent));
    if (context.stopRequested())
        return;
    context.invariant(QStringLiteral("echoed"),
                      answered == wanted && generator.wrong() == 0
                              && server.bytesIn() == server.bytesOut(),
                      QStringLiteral("%1 of %2 replies missing, %3 wrong; %4 bytes in, %5 out")
                              .arg(wanted - answered)
                              .arg(wanted)
                              .arg(generator.wrong())
                              .arg(server.bytesIn())
                              .arg(server.bytesOut()));
}

class EchoPlugin : public QObject, public heddle::PatternPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "echo-server.json")
    Q_INTERFACES(heddle::PatternPlugin)
public:
    std::unique_ptr<heddle::Pattern> create() const override
    {
        return std::make_unique<EchoPattern>();
    }
};

} // namespace

#include "echopattern.moc"
