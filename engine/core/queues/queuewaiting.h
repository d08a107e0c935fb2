// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>
#include <heddle/core/queueattempt.h>
#include <heddle/core/spin.h>
#include <heddle/core/waiterflags.h>
#include <heddle/core/waitpoint.h>

#include <QtGlobal>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

namespace heddle {

/// Who waits for a queue: for room, for items, and until all is finished.
///
/// The store changes without the mutex. So a waiter raises a flag, tries once more, and sleeps
/// under the mutex; whoever has changed the store looks at the flags, and under the mutex wakes as
/// many as can go on now. Only that thread can: the store is asked afterwards, so it also sees what
/// others have changed before, whose changes became of use only by this one.
///
/// Threads: any.
class HEDDLE_ENGINE_EXPORT QueueWaiting
{
public:
    enum class Side : quint8 { Room, Items };

    /// Calls \a attempt until it neither is refused nor under way, or until \a deadline. Spins
    /// first, then sleeps. Blocks.
    template <typename Store, typename Attempt>
    Outcome until(Side side, const Store &store, trace::ObjectId object,
                  WaitPoint::Deadline deadline, const std::stop_token &stop, Attempt attempt)
    {
        QueueAttempt last = spin(side, attempt, deadline != WaitPoint::Never);
        if (!isSettled(last) && deadline != WaitPoint::Never) {
            const WaitPoint::Result result = sleep(side, store, object, deadline, stop, attempt,
                                                   last);
            if (result == WaitPoint::Result::Stopped)
                return Outcome::Stopped;
        }
        if (isSettled(last))
            return last == QueueAttempt::Done ? Outcome::Done : Outcome::ShutDown;
        return side == Side::Room ? Outcome::Full : Outcome::Empty;
    }

    /// The store has more room, or more items, than before. Never blocks.
    template <typename Store>
    void changed(Side side, const Store &store)
    {
        if (m_flags.anyOf(flag(side))) [[unlikely]]
            wake(side, store);
    }
    /// The store is closed, and perhaps empty.
    template <typename Store>
    void wakeAll(const Store &store)
    {
        wake(Side::Room, store);
        wake(Side::Items, store);
    }

    /// Waits until \a isFinished() or \a deadline. Blocks.
    template <typename IsFinished>
    Outcome untilFinished(IsFinished isFinished, trace::ObjectId object,
                          WaitPoint::Deadline deadline, const std::stop_token &stop)
    {
        std::unique_lock lock = locked();
        const auto take = [&] {
            m_flags.raise(ForEnd);
            return isFinished();
        };
        const auto never = [] { return false; };
        const WaitPoint::Result result = m_end.wait(lock, object, trace::WaitReason::QueueJoin,
                                                    deadline, stop, isFinished, never, take);
        return result == WaitPoint::Result::Woken     ? Outcome::Done
               : result == WaitPoint::Result::Stopped ? Outcome::Stopped
                                                      : Outcome::TimedOut;
    }
    /// An item was finished: wakes those who wait for the end if \a isFinished(). Never blocks.
    template <typename IsFinished>
    void finished(IsFinished isFinished)
    {
        if (m_flags.anyOf(ForEnd) && isFinished()) [[unlikely]]
            wakeJoiners();
    }

    /// Registers \a waiter unless the side is ready.
    template <typename Store>
    bool add(AsyncWaiter &waiter, Side side, const Store &store)
    {
        const std::unique_lock lock = locked();
        m_flags.raise(flag(side));
        if (isReady(side, store))
            return false;
        point(side).add(waiter, [side, &store] { return isReady(side, store); });
        return true;
    }
    void forget(AsyncWaiter &waiter);

    [[nodiscard]] bool hasWaiters() const;
    /// Threads that sleep or are about to.
    [[nodiscard]] int threadCount() const;

private:
    static constexpr quint32 ForRoom = 1;
    static constexpr quint32 ForItems = 2;
    static constexpr quint32 ForEnd = 4;
    static constexpr quint32 flag(Side side) { return side == Side::Room ? ForRoom : ForItems; }
    static constexpr bool isSettled(QueueAttempt attempt)
    {
        return attempt == QueueAttempt::Done || attempt == QueueAttempt::Closed;
    }
    WaitPoint &point(Side side) { return side == Side::Room ? m_room : m_items; }

    // How many calls of \a side would succeed now: counts up to \a most.
    template <typename Store>
    static qsizetype ready(Side side, const Store &store, qsizetype most)
    {
        return side == Side::Room ? store.room(most) : store.items(most);
    }
    // Whether every call of the \a side ends now.
    template <typename Store>
    static bool isOver(Side side, const Store &store)
    {
        return store.isClosed() && (side == Side::Room || store.takes() == store.puts());
    }
    template <typename Store>
    static bool isReady(Side side, const Store &store)
    {
        return isOver(side, store) || ready(side, store, 1) > 0;
    }

    // With growing pauses: what is waited for gathers meanwhile, and its cache lines stay with the
    // thread that fills or empties them. Whoever is not patient waits only for what is under way.
    template <typename Attempt>
    QueueAttempt spin(Side side, Attempt &attempt, bool isPatient)
    {
        std::atomic<int> &patience = m_patience[static_cast<std::size_t>(side)];
        const int most = patience.load(std::memory_order_relaxed);
        QueueAttempt last = attempt();
        const auto begin = WaitPoint::Clock::now();
        for (int spent = 0, pauses = 4; spent < most && !isSettled(last); spent += pauses) {
            if (last == QueueAttempt::Refused && !isPatient)
                return last;
            pause(pauses);
            last = attempt();
            // A turn of others may have taken milliseconds.
            if (isLong(pauses) && WaitPoint::Clock::now() - begin > MostSpinning)
                break;
            pauses = std::min(2 * pauses, MostPauses);
        }
        if (isPatient) {
            patience.store(isSettled(last) ? std::min(most + most / 4, MostPatience)
                                           : std::max(most - most / 4, LeastPatience),
                           std::memory_order_relaxed);
        } else {
            for (int turns = 0; turns < MostTurns && last == QueueAttempt::UnderWay; ++turns) {
                std::this_thread::yield(); // the other does not run
                last = attempt();
            }
        }
        return last;
    }
    static void pause(int pauses);
    static bool isLong(int pauses);

    template <typename Store, typename Attempt>
    WaitPoint::Result sleep(Side side, const Store &store, trace::ObjectId object,
                            WaitPoint::Deadline deadline, const std::stop_token &stop,
                            Attempt &attempt, QueueAttempt &last)
    {
        std::exception_ptr thrown;
        const auto take = [&] {
            m_flags.raise(flag(side));
            try {
                last = attempt();
            } catch (...) {
                thrown = std::current_exception();
            }
            return isSettled(last) || thrown;
        };
        const auto ready = [&] { return isReady(side, store); };
        const auto isOver = [&] { return QueueWaiting::isOver(side, store); };
        std::unique_lock lock = locked();
        const WaitPoint::Result result = point(side).wait(
                lock, object,
                side == Side::Room ? trace::WaitReason::QueueFull : trace::WaitReason::QueueEmpty,
                deadline, stop, ready, isOver, take);
        lock.unlock();
        if (thrown) {
            changed(side, store); // what it waited for is left to another
            std::rethrow_exception(thrown);
        }
        return result;
    }

    template <typename Store>
    void wake(Side side, const Store &store)
    {
        Wakes wakes;
        const std::unique_lock lock = locked();
        WaitPoint &point = this->point(side);
        if (store.isClosed())
            point.wakeAll(wakes);
        else
            point.wakeUpTo(ready(side, store, point.count()) - point.wokenCount(), wakes);
        if (point.count() == point.wokenCount())
            m_flags.lower(flag(side));
    }
    void wakeJoiners();
    [[nodiscard]] std::unique_lock<std::mutex> locked() const;

    static constexpr int MostPauses = 64; ///< between two looks: some 2 µs
    static constexpr int LongPause = 16;  ///< from here on, others have a turn too
    static constexpr int MostTurns = 16;
    // How many pauses of some 30 ns a thread spins: up to about what sleeping and waking costs both
    // sides, as long as that tends to help.
    static constexpr int MostPatience = 600;
    static constexpr int LeastPatience = 20;

    WaiterFlags m_flags;
    std::atomic<int> m_patience[2] = {MostPatience, MostPatience}; ///< per side
    mutable std::mutex m_mutex;
    WaitPoint m_room;
    WaitPoint m_items;
    WaitPoint m_end;
};

} // namespace heddle
