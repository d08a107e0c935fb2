// SPDX-License-Identifier: Apache-2.0
#include "loadgenerator.h"

#include <heddle/trace/clock.h>
#include <heddle/trace/slice.h>

#include <QHostAddress>
#include <QTcpSocket>
#include <QTimer>

#include <algorithm>

namespace trace = heddle::trace;

namespace {
constexpr int MostLoops = 4;
// More than the buffers of both ends can hold, so that whoever sends it back must wait.
constexpr qsizetype Flood = 16 * 1024 * 1024;
} // namespace

enum class LoadGenerator::Kind { Active, Idle, SlowReader };

/// One client: sends, waits for the whole reply, thinks, sends again; or, passive, only keeps its
/// connection. Lives in a loop's thread.
class LoadGenerator::Client : public QObject
{
public:
    Client(LoadGenerator *generator, int number, Kind kind)
        : m_generator(generator)
        , m_number(number)
        , m_kind(kind)
    {
        QObject::connect(&m_socket, &QTcpSocket::connected, this, [this] { connected(); });
        if (kind == Kind::SlowReader)
            m_socket.setReadBufferSize(1); // what is not read stays in the system's buffers
        else
            QObject::connect(&m_socket, &QTcpSocket::readyRead, this, [this] { receive(); });
        QObject::connect(&m_socket, &QTcpSocket::disconnected, this, [this] { ended(); });
        QObject::connect(&m_socket, &QTcpSocket::errorOccurred, this, [this] { ended(); });
        m_socket.connectToHost(QHostAddress::LocalHost, generator->m_load.port);
    }

private:
    void connected()
    {
        if (m_kind == Kind::Active) {
            send();
            return;
        }
        if (m_kind == Kind::SlowReader)
            m_socket.write(QByteArray(Flood, 'x'));
        const Load &load = m_generator->m_load;
        if (++m_generator->m_passive == load.idleClients + load.slowReaders)
            m_generator->m_passiveConnected.set();
    }
    void send()
    {
        HEDDLE_SLICE("send");
        const int size = m_generator->m_load.bytes;
        m_message.resize(size);
        for (int k = 0; k < size; ++k)
            m_message[k] = static_cast<char>('a' + (k + m_number + m_sent) % 26);
        m_reply.clear();
        m_sentNs = trace::Clock::monotonicNs();
        m_socket.write(m_message);
    }
    void receive()
    {
        m_reply += m_socket.readAll();
        if (m_reply.size() < m_message.size())
            return;
        HEDDLE_INSTANT("reply");
        const qint64 latency = trace::Clock::monotonicNs() - m_sentNs;
        {
            const std::lock_guard lock(m_generator->m_mutex);
            m_generator->m_latencies.append(latency);
        }
        ++m_generator->m_answered;
        if (m_reply != m_message)
            ++m_generator->m_wrong;
        const LoadGenerator::Load &load = m_generator->m_load;
        m_generator->m_context.progress(static_cast<double>(m_generator->m_answered)
                                        / (static_cast<double>(load.clients) * load.messages));
        if (++m_sent == load.messages) {
            m_socket.disconnectFromHost();
            return;
        }
        QTimer::singleShot(load.think, this, [this] { send(); });
    }
    void ended()
    {
        if (m_hasEnded)
            return;
        m_hasEnded = true;
        if (m_kind == Kind::Active)
            m_generator->clientDone();
    }

    LoadGenerator *m_generator;
    const int m_number;
    const Kind m_kind;
    bool m_hasEnded = false;
    int m_sent = 0;
    qint64 m_sentNs = 0;
    QByteArray m_message;
    QByteArray m_reply;
    QTcpSocket m_socket;
};

LoadGenerator::LoadGenerator(heddle::RunContext &context, Load load)
    : m_context(context)
    , m_load(load)
    , m_done("all clients done")
    , m_passiveConnected("passive clients connected")
{
    const int loops = std::min(MostLoops, (load.clients + 15) / 16);
    for (int k = 1; k <= loops; ++k)
        m_loops.push_back(
                std::make_unique<heddle::EventLoopExecutor>("clients " + std::to_string(k)));
}

LoadGenerator::~LoadGenerator()
{
    stop();
}

void LoadGenerator::clientDone()
{
    if (--m_active == 0)
        m_done.set();
}

void LoadGenerator::connectPassiveClients()
{
    if (m_load.idleClients + m_load.slowReaders == 0)
        return;
    QObject *context = m_loops.front()->context();
    QMetaObject::invokeMethod(context, [this, context] {
        for (int k = 0; k < m_load.idleClients + m_load.slowReaders; ++k) {
            const Kind kind = k < m_load.idleClients ? Kind::Idle : Kind::SlowReader;
            (new Client(this, -1 - k, kind))->setParent(context);
        }
    });
    HEDDLE_SLICE("wait for the passive clients");
    m_passiveConnected.wait(m_context.stopToken());
}

void LoadGenerator::run()
{
    connectPassiveClients();
    m_active = m_load.clients;
    for (int k = 0; k < m_load.clients; ++k) {
        QObject *context = m_loops[static_cast<std::size_t>(k) % m_loops.size()]->context();
        QMetaObject::invokeMethod(context, [this, k, context] {
            (new Client(this, k, Kind::Active))->setParent(context);
        });
    }
    HEDDLE_SLICE("wait for the clients");
    m_done.wait(m_context.stopToken());
}

void LoadGenerator::stop()
{
    m_loops.clear(); // the clients go with their loops
}

QList<qint64> LoadGenerator::latencies() const
{
    const std::lock_guard lock(m_mutex);
    QList<qint64> sorted = m_latencies;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}
