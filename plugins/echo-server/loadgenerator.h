// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/event.h>
#include <heddle/pattern/runcontext.h>
#include <heddle/tasks/eventloopexecutor.h>

#include <QList>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

/// Clients of the echo server: real sockets, a few event loops for all of them.
///
/// Threads: run() and stop() by one thread; the rest is its own.
class LoadGenerator
{
public:
    struct Load
    {
        quint16 port = 0;
        int clients = 1;
        int idleClients = 0;
        int slowReaders = 0;
        int messages = 1;
        int bytes = 64;
        std::chrono::milliseconds think{0};
    };
    LoadGenerator(heddle::RunContext &context, Load load);
    ~LoadGenerator();

    /// Runs until all clients that send and read are done, or a stop is requested. Blocks.
    void run();
    /// Closes all connections.
    void stop();

    /// From sending to the whole reply, nanoseconds, sorted. After run().
    [[nodiscard]] QList<qint64> latencies() const;
    /// Replies that differ from what was sent.
    [[nodiscard]] int wrong() const { return m_wrong; }
    [[nodiscard]] int answered() const { return m_answered; }

private:
    class Client;
    enum class Kind;
    void connectPassiveClients();
    void clientDone();

    heddle::RunContext &m_context;
    const Load m_load;
    heddle::Event m_done;
    heddle::Event m_passiveConnected;
    std::atomic<int> m_active{0};
    std::atomic<int> m_passive{0};
    std::atomic<int> m_answered{0};
    std::atomic<int> m_wrong{0};
    mutable std::mutex m_mutex;
    QList<qint64> m_latencies;
    std::vector<std::unique_ptr<heddle::EventLoopExecutor>> m_loops;
};
