// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/thread.h>
#include <heddle/pattern/runcontext.h>
#include <heddle/tasks/eventloopexecutor.h>
#include <heddle/tasks/threadpoolexecutor.h>
#include <heddle/trace/object.h>

#include <QHostAddress>
#include <QTcpServer>
#include <QTcpSocket>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

/// A TCP echo server on the loopback interface, in one of three designs.
///
/// Threads: start() and stop() by one thread; the rest is its own.
class EchoServer
{
public:
    enum class Design { Pool, ThreadEach, EventLoop };

    EchoServer(heddle::RunContext &context, Design design, int workers, int backlog);
    ~EchoServer();

    /// Listens on a port of the system's choice. \throws heddle::Error
    quint16 start();
    /// Ends all connections and waits for their handlers. Blocks for them.
    void stop();

    [[nodiscard]] qint64 bytesIn() const { return m_bytesIn; }
    [[nodiscard]] qint64 bytesOut() const { return m_bytesOut; }
    [[nodiscard]] int accepted() const { return m_accepted; }
    /// Connections that a thread has taken on so far.
    [[nodiscard]] int served() const { return m_served; }
    /// Connections that hold a thread and have sent nothing yet.
    [[nodiscard]] int silent() const { return m_silent; }
    /// The length of the backlog that the system granted; -1 if it does not tell. After start().
    [[nodiscard]] int grantedBacklog() const { return m_grantedBacklog; }

private:
    class Listener;
    void connectionArrived(qintptr descriptor);
    void serveBlocking(qintptr descriptor);
    void serveInLoop(qintptr descriptor);
    QByteArray receive(QTcpSocket &socket);
    bool waitToRead(QTcpSocket &socket);
    bool waitToWrite(QTcpSocket &socket);
    bool enter(qintptr descriptor);
    void leave(qintptr descriptor);

    heddle::RunContext &m_context;
    const Design m_design;
    const int m_backlog;
    heddle::trace::Object m_socketObject;
    std::atomic<qint64> m_bytesIn{0};
    std::atomic<qint64> m_bytesOut{0};
    std::atomic<int> m_accepted{0};
    std::atomic<int> m_served{0};
    std::atomic<int> m_silent{0};
    int m_grantedBacklog = -1;
    std::atomic<int> m_messages{0};
    std::mutex m_mutex;
    /// Descriptors that block a worker. One may be here twice: a socket that the peer ends closes
    /// its own before its worker leaves, and the system gives the number away again.
    std::multiset<qintptr> m_open;
    bool m_stopping = false;
    std::vector<std::unique_ptr<heddle::Thread>> m_threads;
    std::unique_ptr<heddle::ThreadPoolExecutor> m_pool;
    std::unique_ptr<heddle::EventLoopExecutor> m_loop; ///< accepts; in the third design also serves
    Listener *m_listener = nullptr;                    ///< lives in the loop
};
