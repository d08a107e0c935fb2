// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QString>
#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string_view>

namespace heddle {

/// A number that threads count down, and that others wait for to become zero; as std::latch, used
/// once.
///
/// Algorithm: one atomic word holds the number and whether somebody waits (as in Event).
///
/// Trace: an object of kind barrier whose counter is the number; a wait for every blocked call with
/// the thread that counted to zero, and a flow from there to each waiter. Threads: any. Cost:
/// tryWait() and the wait for zero are one load, countDown() one read-modify-write. Destroying one
/// on which a thread is blocked is a programming error, asserted in checked builds; a thread whose
/// wait is done may destroy it though the last countDown() has not returned yet.
class HEDDLE_ENGINE_EXPORT Latch
{
public:
    /// \throws Misuse when \a count is negative.
    Latch(std::string_view name, qsizetype count);
    ~Latch();
    Latch(const Latch &) = delete;
    Latch &operator=(const Latch &) = delete;

    /// Takes \a count off. Never blocks. \throws Misuse when that is negative or more than is left.
    void countDown(qsizetype count = 1);
    /// Whether it is zero.
    [[nodiscard]] bool tryWait() const noexcept
    {
        // Acquire: pairs with countDown(); what came before it is visible.
        return left(m_word.load(std::memory_order_acquire)) == 0;
    }
    /// Waits for zero: Done, or Stopped when \a stop was requested first. Blocks.
    Outcome wait(std::stop_token stop = {});
    /// The same within \a timeout; TimedOut after at least that long. \throws Misuse when it is
    /// negative.
    [[nodiscard]] Outcome waitFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});
    /// countDown(), then wait().
    Outcome arriveAndWait(std::stop_token stop = {});

    /// What is left: a snapshot.
    [[nodiscard]] qsizetype count() const noexcept
    {
        return left(m_word.load(std::memory_order_relaxed));
    }
    /// How many threads are blocked on it: a snapshot.
    [[nodiscard]] int waiterCount() const;
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    // The word: a flag and above it the number.
    static constexpr quint64 HasWaiters = 1; ///< changed under the mutex only
    static constexpr quint64 One = 2;
    static constexpr qsizetype left(quint64 word) { return static_cast<qsizetype>(word / One); }

    void checkCountDown(qsizetype count, quint64 word) const;
    void countDownSlowly(qsizetype count);
    Outcome waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop);
    bool isZeroOrMarked();

    trace::Object m_object;
    std::atomic<quint64> m_word;
    mutable std::mutex m_mutex;
    WaitPoint m_waiters;
};

} // namespace heddle
