// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

/// What the stress tests share: chance that can be replayed, and threads that begin together.
namespace stress {

/// What the whole process draws its chances from: the environment's HEDDLE_SEED or a new one.
/// Printed at the first call, so a failure can be replayed: the threads then take the same
/// decisions, though the scheduler may not.
quint64 seed();

/// \a count rounds, times the environment's HEDDLE_STRESS (1 by default) for a longer search.
int rounds(int count);

/// The chances of one thread: the same for the same seed and \a stream.
class Chance
{
public:
    explicit Chance(quint64 stream)
        : m_engine(seed() * 0x9e3779b97f4a7c15u + stream)
    {}

    /// 0 … \a limit - 1.
    [[nodiscard]] int below(int limit)
    {
        return static_cast<int>(m_engine() % static_cast<quint64>(limit));
    }
    [[nodiscard]] bool oneIn(int count) { return below(count) == 0; }
    [[nodiscard]] std::chrono::microseconds upTo(std::chrono::microseconds longest)
    {
        return std::chrono::microseconds(below(static_cast<int>(longest.count()) + 1));
    }

    /// Lets other threads come between, or not: nothing, a few turns of a loop, a yield, seldom a
    /// short sleep. Put it where an interleaving may matter.
    void disturb()
    {
        const int way = below(64);
        if (way < 16) {
            for (int turns = below(200); turns > 0; --turns)
                std::atomic_signal_fence(std::memory_order_seq_cst); // keeps the loop
        } else if (way < 32) {
            std::this_thread::yield();
        } else if (way == 32) {
            std::this_thread::sleep_for(upTo(std::chrono::microseconds(60)));
        }
    }

private:
    std::mt19937_64 m_engine;
};

/// Runs \a function in \a threads threads that begin at once, with a number (0 …) and chances of
/// their own, and waits for their ends. \a round makes other chances of the same seed. An exception
/// that leaves a thread is thrown on when all have ended.
void together(int threads, int round, const std::function<void(int thread, Chance &)> &function);

} // namespace stress
