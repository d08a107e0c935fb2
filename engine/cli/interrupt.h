// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>

#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>

namespace heddle::cli {

/// Turns SIGINT and SIGTERM into a signal of the event loop and, where none runs, into a stop
/// token. One per process. Threads: the one that owns it.
class Interrupt : public QObject
{
    Q_OBJECT
public:
    Interrupt();
    ~Interrupt() override;
    /// How often it was asked so far.
    [[nodiscard]] int times() const { return m_times; }
    /// Requested to stop by the next interruption. The one after that ends the process at once with
    /// the exit code Interrupted, lest something that does not listen go on for ever.
    [[nodiscard]] std::stop_token next();

Q_SIGNALS:
    void requested(int times);

private:
    void listen();

    std::atomic<int> m_times{0};
    std::mutex m_mutex;
    std::stop_source m_next{std::nostopstate}; // under the lock
    std::thread m_listener;
};

} // namespace heddle::cli
