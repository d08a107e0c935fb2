// SPDX-License-Identifier: Apache-2.0
#include "echoserver.h"

#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/trace/slice.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace trace = heddle::trace;

namespace {
// What the system made of the wish: how many connections may wait to be accepted; -1 if it does not
// tell.
int backlogOf([[maybe_unused]] qintptr listener)
{
#if defined(Q_OS_LINUX)
    tcp_info info = {};
    socklen_t bytes = sizeof(info);
    // Of a listening socket, tcpi_sacked is the limit of the backlog (tcp_get_info() in Linux).
    if (::getsockopt(static_cast<int>(listener), IPPROTO_TCP, TCP_INFO, &info, &bytes) == 0)
        return static_cast<int>(info.tcpi_sacked);
#endif
    return -1;
}
} // namespace

class EchoServer::Listener : public QTcpServer
{
public:
    explicit Listener(EchoServer *server)
        : m_server(server)
    {}

protected:
    void incomingConnection(qintptr descriptor) override
    {
        m_server->connectionArrived(descriptor);
    }

private:
    EchoServer *m_server;
};

EchoServer::EchoServer(heddle::RunContext &context, Design design, int workers, int backlog)
    : m_context(context)
    , m_design(design)
    , m_backlog(backlog)
    , m_socketObject(trace::ObjectKind::Socket, "connection")
{
    if (design == Design::Pool)
        m_pool = std::make_unique<heddle::ThreadPoolExecutor>("worker", workers);
    m_loop = std::make_unique<heddle::EventLoopExecutor>(design == Design::EventLoop ? "event loop"
                                                                                     : "acceptor");
}

EchoServer::~EchoServer()
{
    stop();
}

quint16 EchoServer::start()
{
    quint16 port = 0;
    QString problem;
    // Not a task of the executor: the listener belongs to its thread's event loop.
    QMetaObject::invokeMethod(
            m_loop->context(),
            [&] {
                m_listener = new Listener(this);
                m_listener->setListenBacklogSize(m_backlog);
                if (m_listener->listen(QHostAddress::LocalHost)) {
                    port = m_listener->serverPort();
                    m_grantedBacklog = backlogOf(m_listener->socketDescriptor());
                } else {
                    problem = m_listener->errorString();
                }
            },
            Qt::BlockingQueuedConnection);
    if (port == 0) {
        throw heddle::Error(QStringLiteral("The server cannot listen: %1").arg(problem),
                            QStringLiteral("127.0.0.1"),
                            QStringLiteral("Check that the loopback interface is up"));
    }
    return port;
}

void EchoServer::connectionArrived(qintptr descriptor)
{
    HEDDLE_SLICE("accept");
    ++m_accepted;
    try {
        switch (m_design) {
        case Design::Pool:
            m_pool->post([this, descriptor] { serveBlocking(descriptor); });
            return;
        case Design::ThreadEach:
            m_threads.push_back(std::make_unique<heddle::Thread>(
                    "connection " + std::to_string(m_accepted),
                    [this, descriptor] { serveBlocking(descriptor); }));
            return;
        case Design::EventLoop:
            serveInLoop(descriptor);
            return;
        }
    } catch (const heddle::ShutDown &) {
        ::close(static_cast<int>(descriptor));
    }
}

bool EchoServer::enter(qintptr descriptor)
{
    const std::lock_guard lock(m_mutex);
    if (!m_stopping)
        m_open.insert(descriptor);
    return !m_stopping;
}

void EchoServer::leave(qintptr descriptor)
{
    const std::lock_guard lock(m_mutex);
    m_open.erase(m_open.find(descriptor));
}

QByteArray EchoServer::receive(QTcpSocket &socket)
{
    const QByteArray bytes = socket.readAll();
    m_bytesIn += bytes.size();
    if (m_context.hasFault(QStringLiteral("handler-throws")) && ++m_messages == 3)
        throw std::runtime_error("the handler of a connection failed");
    return bytes;
}

void EchoServer::serveBlocking(qintptr descriptor)
{
    if (!enter(descriptor)) {
        ::close(static_cast<int>(descriptor));
        return;
    }
    HEDDLE_SLICE("serve a connection");
    struct Leave
    {
        EchoServer *server;
        qintptr descriptor;
        ~Leave() { server->leave(descriptor); }
    } const onReturn{this, descriptor};
    ++m_served;
    ++m_silent;
    bool isSilent = true;
    const auto speaks = [&] {
        if (isSilent)
            --m_silent;
        isSilent = false;
    };
    try {
        QTcpSocket socket;
        socket.setSocketDescriptor(descriptor);
        while (waitToRead(socket)) { // stop() shuts the connection down
            speaks();
            HEDDLE_SLICE("echo");
            const QByteArray bytes = receive(socket);
            if (socket.write(bytes) != bytes.size() || !waitToWrite(socket))
                break;
            m_bytesOut += bytes.size();
        }
    } catch (const std::exception &failure) {
        // Here for every design: neither a thread nor a pool tells the user.
        m_context.warning(
                QStringLiteral("A connection ended: %1.").arg(QString::fromUtf8(failure.what())));
    }
    speaks();
}

bool EchoServer::waitToRead(QTcpSocket &socket)
{
    trace::Wait wait(m_socketObject, trace::WaitReason::InputOutput);
    return socket.waitForReadyRead(-1);
}

// Until the peer's system has taken everything: one that does not read makes this thread wait.
bool EchoServer::waitToWrite(QTcpSocket &socket)
{
    if (socket.bytesToWrite() == 0)
        return true;
    HEDDLE_SLICE("write");
    trace::Wait wait(m_socketObject, trace::WaitReason::InputOutput);
    while (socket.bytesToWrite() > 0) {
        if (!socket.waitForBytesWritten(-1))
            return false;
    }
    return true;
}

void EchoServer::serveInLoop(qintptr descriptor)
{
    ++m_served;
    auto *socket = new QTcpSocket(m_listener);
    socket->setSocketDescriptor(descriptor);
    QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] {
        HEDDLE_SLICE("echo");
        // No exception may cross an event loop.
        try {
            const QByteArray bytes = receive(*socket);
            if (socket->write(bytes) == bytes.size()) {
                m_bytesOut += bytes.size();
                return;
            }
        } catch (const std::exception &failure) {
            m_context.warning(QStringLiteral("A connection ended: %1.")
                                      .arg(QString::fromUtf8(failure.what())));
        }
        socket->abort();
    });
}

void EchoServer::stop()
{
    if (!m_loop)
        return;
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
        for (const qintptr descriptor : m_open)
            ::shutdown(static_cast<int>(descriptor), SHUT_RDWR);
    }
    QMetaObject::invokeMethod(
            m_loop->context(), [this] { delete m_listener; }, Qt::BlockingQueuedConnection);
    m_listener = nullptr;
    if (m_pool)
        m_pool->shutDown();
    m_threads.clear();
    m_loop.reset();
}
