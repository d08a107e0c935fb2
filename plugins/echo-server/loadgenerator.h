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
        int messages = 1;
        int bytes = 64;
        std::chrono::nanoseconds think{0};
    };
    LoadGenerator(heddle::RunContext &context, Load load);
    ~LoadGenerator();

    /// Runs until all clients are done or a stop is requested. Blocks.
    void run();
    /// Closes all connections.
    void stop();

    /// From sending to the whole reply, nanoseconds, sorted. After run().
    [[nodiscard]] QList<qint64> latencies() const;
    [[nodiscard]] int mismatches() const { return m_mismatches; }
    [[nodiscard]] int answered() const { return m_answered; }

private:
    class Client;
    void connectIdleClients();
    void clientDone();

    heddle::RunContext &m_context;
    const Load m_load;
    heddle::Event m_done;
    heddle::Event m_idleConnected;
    std::atomic<int> m_active{0};
    std::atomic<int> m_idle{0};
    std::atomic<int> m_answered{0};
    std::atomic<int> m_mismatches{0};
    mutable std::mutex m_mutex;
    QList<qint64> m_latencies;
    std::vector<std::unique_ptr<heddle::EventLoopExecutor>> m_loops;
};
