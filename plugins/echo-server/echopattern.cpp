// SPDX-License-Identifier: Apache-2.0
#include "echoserver.h"
#include "loadgenerator.h"

#include <heddle/pattern/patternplugin.h>
#include <heddle/trace/slice.h>

#include <QElapsedTimer>
#include <QObject>

#include <cmath>

namespace {

/// The value that \a share of the sorted sample do not exceed (nearest rank), milliseconds.
double percentile(const QList<qint64> &sorted, double share)
{
    if (sorted.isEmpty())
        return 0;
    const auto rank = static_cast<qsizetype>(std::ceil(share * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::clamp<qsizetype>(rank - 1, 0, sorted.size() - 1)]) / 1e6;
}

class EchoPattern final : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override;
};

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
    LoadGenerator::Load load;
    load.port = server.start();
    load.clients = static_cast<int>(parameters.integer(QStringLiteral("clients")));
    load.idleClients = static_cast<int>(parameters.integer(QStringLiteral("idleClients")));
    if (context.hasFault(QStringLiteral("idle-clients")))
        load.idleClients = std::max(load.idleClients, workers);
    load.messages = static_cast<int>(parameters.integer(QStringLiteral("msgs")));
    load.bytes = static_cast<int>(parameters.integer(QStringLiteral("size")));
    load.think = parameters.milliseconds(QStringLiteral("think"));
    LoadGenerator generator(context, load);

    QElapsedTimer timer;
    timer.start();
    generator.run();
    const double seconds = static_cast<double>(timer.nsecsElapsed()) / 1e9;
    const int answered = generator.answered();
    {
        HEDDLE_SLICE("shut down");
        generator.stop();
        server.stop();
    }

    const QList<qint64> latencies = generator.latencies();
    context.result(QStringLiteral("requests"), answered);
    context.result(QStringLiteral("rate"), seconds > 0 ? answered / seconds : 0.0);
    context.result(QStringLiteral("p50"), percentile(latencies, 0.50));
    context.result(QStringLiteral("p90"), percentile(latencies, 0.90));
    context.result(QStringLiteral("p99"), percentile(latencies, 0.99));
    context.result(QStringLiteral("max"), percentile(latencies, 1.0));
    context.result(QStringLiteral("bytes-in"), server.bytesIn());
    context.result(QStringLiteral("bytes-out"), server.bytesOut());
    context.result(QStringLiteral("accepted"), server.accepted());
    context.info(QStringLiteral("%1 of %2 requests answered; %3 connections were accepted by a "
                                "server with room "
                                "for %4 at a time.")
                         .arg(answered)
                         .arg(static_cast<qint64>(load.clients) * load.messages)
                         .arg(server.accepted())
                         .arg(design == EchoServer::Design::Pool ? QString::number(workers)
                                                                 : QStringLiteral("all")));
    if (context.stopRequested())
        return;
    context.invariant(QStringLiteral("echoed"),
                      generator.mismatches() == 0 && server.bytesIn() == server.bytesOut(),
                      QStringLiteral("%1 bytes in, %2 bytes out, %3 wrong or missing replies")
                              .arg(server.bytesIn())
                              .arg(server.bytesOut())
                              .arg(generator.mismatches()));
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
