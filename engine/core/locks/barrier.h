// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/threadmark.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/object.h>

#include <QString>
#include <QtGlobal>

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

namespace heddle {

/// Where a fixed number of threads wait for each other, round after round, as Python's
/// threading.Barrier.
///
/// The last to arrive runs the completion function, if there is one, and lets all go on. A wait
/// that times out or is stopped, abort(), and a completion function that throws break the barrier:
/// who waits and whoever comes later is told so, until reset().
///
/// Algorithm: a count under a mutex, and a line of waiters (WaitPoint). Who ends a round says to
/// each of its waiters how it ended, so later rounds cannot blur it.
///
/// Trace: an object of kind barrier whose counter is the number of threads that have arrived; a
/// wait for every blocked call with the thread that ended it, and a flow from there to each waiter.
/// Threads: any. Destroying one on which a thread is blocked is a programming error, asserted in
/// checked builds.
class HEDDLE_ENGINE_EXPORT Barrier
{
public:
    /// How a wait ended.
    struct Arrival
    {
        /// Done; TimedOut or Stopped for who thereby broke the barrier; Broken for the others.
        Outcome outcome;
        /// The place in this round: 0 for the first to arrive … parties - 1 for the last, each
        /// once; -1 unless Done.
        int index = -1;
        /// True when all have arrived.
        [[nodiscard]] explicit operator bool() const noexcept { return outcome == Outcome::Done; }
    };

    /// For \a parties threads. The last to arrive calls \a completion, if given, before any of them
    /// goes on; it holds no lock then, and must not wait for this barrier (Misuse). \throws Misuse
    /// when there are no parties.
    Barrier(std::string_view name, int parties, std::function<void()> completion = {});
    ~Barrier();
    Barrier(const Barrier &) = delete;
    Barrier &operator=(const Barrier &) = delete;

    /// Arrives and waits for the others. Blocks. Throws on what the completion function throws, in
    /// the thread that ran it.
    Arrival wait(std::stop_token stop = {});
    /// The same within \a timeout, at least. \throws Misuse when it is negative.
    [[nodiscard]] Arrival waitFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});

    /// Breaks the barrier for all present and future waiters. Never blocks.
    void abort();
    /// Makes it as new: who waits now is told that it is broken, who comes later begins a round.
    /// Never blocks.
    void reset();

    /// How many arrivals release all. Any thread; never blocks.
    [[nodiscard]] int parties() const noexcept { return m_parties; }
    /// How many have arrived in this round, and whether it is broken: snapshots.
    [[nodiscard]] int arrivedCount() const;
    /// Whether a timeout, a stop or abort() has broken it. Any thread; never blocks.
    [[nodiscard]] bool isBroken() const;
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    Arrival waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop);
    Outcome waitToEnter(std::unique_lock<std::mutex> &lock, WaitPoint::Deadline deadline,
                        const std::stop_token &stop);
    Outcome waitForOthers(std::unique_lock<std::mutex> &lock, WaitPoint::Deadline deadline,
                          const std::stop_token &stop);
    Outcome complete(std::unique_lock<std::mutex> &lock, Wakes &wakes);
    void endRound(Outcome how, Wakes &wakes);
    void breakIt(Wakes &wakes);

    trace::Object m_object;
    const int m_parties;
    const std::function<void()> m_completion;
    mutable std::mutex m_mutex;
    int m_arrived = 0;
    quint64 m_round = 0;
    Outcome m_lastEnd = Outcome::Done; ///< how the round before this one ended
    bool m_broken = false;
    /// The mark of the thread that runs the completion function, else 0. The next round cannot
    /// begin meanwhile.
    quintptr m_completing = 0;
    WaitPoint m_waiters;
};

} // namespace heddle
