// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/lockedqueuestore.h>
#include <heddle/core/outcome.h>
#include <heddle/core/queueattempt.h>
#include <heddle/core/queuerings.h>
#include <heddle/core/queuewaiting.h>
#include <heddle/trace/object.h>

#include <QtGlobal>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace heddle {

/// How a queue is shut down.
enum class QueueShutDown {
    Drain,     ///< what is in the queue can still be taken
    Immediate, ///< the queue is emptied; unfinished items fall by the number removed
};

/// How far a call for several items came. True when it did what its name says.
struct QueueBatch
{
    qsizetype count = 0; ///< items put, or taken; they stay so however the call ended
    /// How the call ended.
    Outcome outcome = Outcome::Done;

    /// True if all was done.
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(outcome); }
};

/// A queue between threads, with back-pressure and completion; its \a Store decides which item
/// leaves next. Used as Queue, LifoQueue and PriorityQueue.
///
/// Behaves as Python's queue module (docs.python.org, 3.13): a bounded put() waits for room, every
/// item put counts as unfinished until taskDone(), join() waits until none is left, shutDown()
/// ends producers at once and consumers when it is drained. docs/semantics.md lists the
/// differences.
///
/// Trace: an object of kind queue, one record for each put and each take, from which come its depth
/// and a flow per item, and a wait for every call that sleeps, with the thread that ended it.
///
/// Threads: any. Cost: that of the store. A call that must wait spins for some microseconds, with
/// growing pauses so that items (or room) gather; then it sleeps. A thread is woken only when one
/// waits. Every call must have returned before the queue is destroyed, in the thread that put the
/// last item too; destroying one on which a thread is blocked is asserted in checked builds.
template <std::movable T, typename Store>
class OrderedQueue
{
public:
    /// \a capacity in items; 0 or less means unbounded. The \a name is what the timeline shows.
    /// \throws std::bad_alloc.
    explicit OrderedQueue(std::string_view name, qsizetype capacity = 0)
        : m_object(trace::ObjectKind::Queue, name, std::max(capacity, qsizetype{0}))
        , m_capacity(std::max(capacity, qsizetype{0}))
        , m_store(m_capacity)
    {}
    ~OrderedQueue()
    {
        Q_ASSERT_X(!m_waiting.hasWaiters(), "heddle::Queue",
                   "destroyed while somebody waits for it");
    }
    OrderedQueue(const OrderedQueue &) = delete;
    OrderedQueue &operator=(const OrderedQueue &) = delete;

    /// Adds \a item, waiting for room. Any thread; blocks.
    /// \throws ShutDown after shutDown(); Stopped when \a stop was requested.
    void put(T item, std::stop_token stop = {})
    {
        throwUnlessDone(putUntil(item, WaitPoint::Forever, stop), "put");
    }
    /// Adds \a item within \a timeout; otherwise (Full, ShutDown, Stopped) leaves it as it was. Any
    /// thread; blocks at most that long. \throws Misuse when \a timeout is negative.
    [[nodiscard]] Outcome putFor(T &item, std::chrono::nanoseconds timeout,
                                 std::stop_token stop = {})
    {
        return putUntil(item, WaitPoint::deadline(timeout, "Queue::putFor"), stop);
    }
    /// Adds \a item if there is room (else Full or ShutDown). Any thread; never blocks.
    [[nodiscard]] Outcome tryPut(T &item) { return putUntil(item, WaitPoint::Never, {}); }

    /// Adds all \a items, in their order, waiting for room; those of other threads may come
    /// between. What was put when the call ends otherwise (ShutDown, Stopped) stays in the queue:
    /// the first `count` ones, which are moved from. Cheaper than one by one: one claim and one
    /// look for waiters for as many as there is room for. Any thread; blocks.
    QueueBatch putAll(std::span<T> items, std::stop_token stop = {})
    {
        return putAllUntil(items, WaitPoint::Forever, stop);
    }
    /// The same within \a timeout; Full when there was not room for all. Any thread; blocks at most
    /// that long. \throws Misuse when \a timeout is negative.
    QueueBatch putAllFor(std::span<T> items, std::chrono::nanoseconds timeout,
                         std::stop_token stop = {})
    {
        return putAllUntil(items, WaitPoint::deadline(timeout, "Queue::putAllFor"), stop);
    }

    // Of all these: if the move of an item throws, the item stays in the queue.

    /// Takes the next item, waiting for one. Any thread; blocks.
    /// \throws ShutDown when the queue is shut down and drained; Stopped.
    [[nodiscard]] T get(std::stop_token stop = {})
    {
        Claim claim;
        throwUnlessDone(claimUntil(claim, 1, WaitPoint::Forever, stop), "get");
        return take(claim, [](T &&item) -> T { return std::move(item); });
    }
    /// Takes the next item within \a timeout into \a item; otherwise Empty, ShutDown or Stopped.
    /// Any thread; blocks at most that long. \throws Misuse when \a timeout is negative.
    [[nodiscard]] Outcome getFor(std::optional<T> &item, std::chrono::nanoseconds timeout,
                                 std::stop_token stop = {})
    {
        return getUntil(item, WaitPoint::deadline(timeout, "Queue::getFor"), stop);
    }
    /// Takes the next item if there is one (else Empty or ShutDown). Any thread; never blocks. An
    /// item whose put is under way in another thread may not be there yet, nor one behind it.
    [[nodiscard]] Outcome tryGet(std::optional<T> &item)
    {
        return getUntil(item, WaitPoint::Never, {});
    }

    /// Appends to \a items what is in the queue, at most \a most items, waiting for the first of
    /// them only. Cheaper than one by one: one claim and one look for waiters for many. Any thread;
    /// blocks. \throws Misuse when \a most is less than 1.
    QueueBatch getUpTo(std::vector<T> &items, qsizetype most, std::stop_token stop = {})
    {
        return getUpToUntil(items, most, WaitPoint::Forever, stop);
    }
    /// The same within \a timeout; 0 takes what is there. Any thread; blocks at most that long.
    /// \throws Misuse when \a most is less than 1 or \a timeout negative.
    QueueBatch getUpToFor(std::vector<T> &items, qsizetype most, std::chrono::nanoseconds timeout,
                          std::stop_token stop = {})
    {
        return getUpToUntil(items, most, WaitPoint::deadline(timeout, "Queue::getUpToFor"), stop);
    }

    /// Says that one item that was taken is finished. Any thread; never blocks.
    /// \throws Misuse when there were fewer puts.
    void taskDone()
    {
        quint64 done = m_done.load(std::memory_order_relaxed);
        do {
            if (done >= m_store.puts()) {
                throw Misuse(QStringLiteral("taskDone() was called more often than items were put"),
                             name(), QStringLiteral("Call it once for each item taken"));
            }
            // Release: what was done with the item; pairs with unfinished(), for the joiners.
        } while (!m_done.compare_exchange_weak(done, done + 1, std::memory_order_acq_rel,
                                               std::memory_order_relaxed));
        finished();
    }
    /// Waits until every item that was put is finished. Any thread; blocks.
    /// \throws Stopped when \a stop was requested.
    void join(std::stop_token stop = {})
    {
        throwUnlessDone(joinUntil(WaitPoint::Forever, stop), "join");
    }
    /// Waits for that within \a timeout; TimedOut if items are left. Any thread; blocks at most so
    /// long. \throws Misuse when \a timeout is negative.
    [[nodiscard]] Outcome joinFor(std::chrono::nanoseconds timeout, std::stop_token stop = {})
    {
        return joinUntil(WaitPoint::deadline(timeout, "Queue::joinFor"), stop);
    }

    /// Ends the queue: later and blocked puts report ShutDown, gets drain what is left first.
    /// Immediate empties it and wakes joiners if nothing is left unfinished. Harmless when
    /// repeated; Immediate may follow Drain. Any thread; never blocks, but Immediate waits for puts
    /// that are under way.
    void shutDown(QueueShutDown mode = QueueShutDown::Drain)
    {
        m_store.close();
        if (mode == QueueShutDown::Immediate)
            drop();
        m_waiting.wakeAll(m_store);
        finished();
    }

    /// For coroutines: registers \a waiter to be told when there is an item, or none will come.
    /// False, and nothing is registered, if that is so already. Told, it calls tryGet(): another
    /// may have been faster. Any thread; never blocks.
    [[nodiscard]] bool notifyWhenItem(AsyncWaiter &waiter)
    {
        return m_waiting.add(waiter, QueueWaiting::Side::Items, m_store);
    }
    /// The same for room, and tryPut().
    [[nodiscard]] bool notifyWhenRoom(AsyncWaiter &waiter)
    {
        return m_waiting.add(waiter, QueueWaiting::Side::Room, m_store);
    }
    /// Unregisters \a waiter. If it was told and made no use of it, the next is told. Any thread;
    /// never blocks.
    void forget(AsyncWaiter &waiter) { m_waiting.forget(waiter); }

    // Snapshots, not promises. Any thread; never block.
    /// Items in the queue. A snapshot; any thread; never blocks.
    [[nodiscard]] qsizetype size() const
    {
        const quint64 taken = m_store.takes(); // first: it never is more than the puts
        const auto size = static_cast<qsizetype>(m_store.puts() - taken);
        return m_capacity > 0 ? std::min(size, m_capacity) : size;
    }
    /// Whether there are none. A snapshot; any thread; never blocks.
    [[nodiscard]] bool isEmpty() const { return size() == 0; }
    /// Whether a put would wait. A snapshot; any thread; never blocks.
    [[nodiscard]] bool isFull() const { return m_capacity > 0 && size() == m_capacity; }
    /// Whether shutDown() was called. Any thread; never blocks.
    [[nodiscard]] bool isShutDown() const { return m_store.isClosed(); }
    /// Items put and not reported by taskDone().
    [[nodiscard]] qsizetype unfinished() const
    {
        // First, as it never is more than the puts: so a result of 0 was true at one instant.
        const quint64 done = m_done.load(std::memory_order_acquire);
        return static_cast<qsizetype>(m_store.puts() - done);
    }
    /// Items taken whose taskDone() is missing: what a join() that never ends waits for.
    [[nodiscard]] qsizetype takenUnfinished() const
    {
        const quint64 done = m_done.load(std::memory_order_acquire);
        return std::max(static_cast<qsizetype>(m_store.takes() - done), qsizetype{0});
    }
    /// Threads blocked in a put, a get or a join.
    [[nodiscard]] int waiterCount() const { return m_waiting.threadCount(); }
    /// 0 means unbounded.
    [[nodiscard]] qsizetype capacity() const { return m_capacity; }
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    using Claim = typename Store::Claim;
    using Side = QueueWaiting::Side;

    void throwUnlessDone(Outcome outcome, const char *call) const
    {
        if (outcome) [[likely]]
            return;
        const QString where = name() + QStringLiteral(", Queue::") + QLatin1String(call)
                              + QStringLiteral("()");
        if (outcome == Outcome::ShutDown)
            throw ShutDown(QStringLiteral("The queue was shut down"), where);
        throw Stopped(QStringLiteral("A stop was requested"), where);
    }

    Outcome putUntil(T &item, WaitPoint::Deadline deadline, const std::stop_token &stop)
    {
        qsizetype count = 0;
        return putSome({&item, 1}, count, deadline, stop);
    }
    // Puts the first of \a items, as many as there is room for, after waiting for any.
    Outcome putSome(std::span<T> items, qsizetype &count, WaitPoint::Deadline deadline,
                    const std::stop_token &stop)
    {
        const auto attempt = [&] { return m_store.put(items, count, m_object); };
        Outcome outcome = Outcome::Done;
        try {
            if (attempt() != QueueAttempt::Done) [[unlikely]] {
                outcome = m_waiting.until(Side::Room, m_store, m_object.id(), deadline, stop,
                                          attempt);
            }
        } catch (...) {
            m_waiting.changed(Side::Items, m_store); // some may have been put
            throw;
        }
        if (outcome) [[likely]]
            m_waiting.changed(Side::Items, m_store);
        return outcome;
    }
    QueueBatch putAllUntil(std::span<T> items, WaitPoint::Deadline deadline,
                           const std::stop_token &stop)
    {
        QueueBatch batch;
        while (batch && !items.empty()) {
            qsizetype count = 0;
            batch.outcome = putSome(items, count, deadline, stop);
            batch.count += count;
            items = items.subspan(static_cast<std::size_t>(count));
        }
        return batch;
    }

    Outcome claimUntil(Claim &claim, qsizetype most, WaitPoint::Deadline deadline,
                       const std::stop_token &stop)
    {
        const auto attempt = [&] { return m_store.claim(claim, most); };
        if (attempt() == QueueAttempt::Done) [[likely]]
            return Outcome::Done;
        return m_waiting.until(Side::Items, m_store, m_object.id(), deadline, stop, attempt);
    }
    // When a claim is used up there is room, or, if a move has thrown, an item that is left.
    struct ClaimEnd
    {
        OrderedQueue *queue;
        Claim *claim;
        int exceptionsBefore = CanFail ? std::uncaught_exceptions() : 0;
        ~ClaimEnd()
        {
            if (CanFail && std::uncaught_exceptions() > exceptionsBefore) {
                *claim = Claim(); // lets go of the store
                queue->m_waiting.changed(Side::Items, queue->m_store);
            }
            queue->m_waiting.changed(Side::Room, queue->m_store);
        }
    };
    template <typename Move>
    auto take(Claim &claim, Move move)
    {
        const ClaimEnd end{this, &claim};
        return claim.takeNext(m_object, move);
    }
    Outcome getUntil(std::optional<T> &item, WaitPoint::Deadline deadline,
                     const std::stop_token &stop)
    {
        Claim claim;
        const Outcome outcome = claimUntil(claim, 1, deadline, stop);
        if (outcome)
            take(claim, [&item](T &&next) { item.emplace(std::move(next)); });
        return outcome;
    }

    QueueBatch getUpToUntil(std::vector<T> &items, qsizetype most, WaitPoint::Deadline deadline,
                            const std::stop_token &stop)
    {
        if (most < 1) {
            throw Misuse(QStringLiteral("A batch of %1 items cannot be taken").arg(most), name(),
                         QStringLiteral("Ask for at least 1"));
        }
        QueueBatch batch;
        while (batch.count < most) {
            const qsizetype step = std::min(most - batch.count, MostAtOnce);
            makeRoomFor(step, items); // before there is a claim: it may throw
            Claim claim;
            const Outcome outcome = claimUntil(claim, step, deadline, stop);
            if (!outcome) {
                if (batch.count == 0)
                    batch.outcome = outcome;
                break;
            }
            batch.count += takeAll(claim, items);
            deadline = WaitPoint::Never;
        }
        return batch;
    }
    static void makeRoomFor(qsizetype count, std::vector<T> &items)
    {
        const std::size_t needed = items.size() + static_cast<std::size_t>(count);
        if (needed > items.capacity())
            items.reserve(std::max(needed, 2 * items.capacity()));
    }
    qsizetype takeAll(Claim &claim, std::vector<T> &items)
    {
        const ClaimEnd end{this, &claim};
        const qsizetype count = claim.count();
        for (qsizetype k = 0; k < count; ++k)
            claim.takeNext(m_object, [&](T &&item) { items.push_back(std::move(item)); });
        return count;
    }

    void drop()
    {
        quint64 removed = 0;
        Claim claim;
        while (claimUntil(claim, std::numeric_limits<qsizetype>::max(), WaitPoint::Forever, {})) {
            removed += static_cast<quint64>(claim.count());
            claim.drop(m_object);
        }
        // Some may have been reported as finished before they were taken.
        quint64 done = m_done.load(std::memory_order_relaxed);
        while (!m_done.compare_exchange_weak(done, std::min(done + removed, m_store.puts()),
                                             std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) {
        }
    }

    void finished()
    {
        m_waiting.finished([this] { return unfinished() == 0; });
    }
    Outcome joinUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
    {
        const auto isFinished = [this] { return unfinished() == 0; };
        if (isFinished())
            return Outcome::Done;
        return m_waiting.untilFinished(isFinished, m_object.id(), deadline, stop);
    }

    static constexpr bool CanFail = !std::is_nothrow_move_constructible_v<T>;
    static constexpr qsizetype MostAtOnce = 256;

    trace::Object m_object;
    const qsizetype m_capacity;
    Store m_store;
    QueueWaiting m_waiting;
    std::atomic<quint64> m_done{0}; ///< items reported by taskDone() or dropped
};

/// First in, first out, for puts ordered by happens-before. O(1), lock-free as long as nobody has
/// to wait (queuering.h tells the algorithm); under a mutex for items whose move may throw.
template <std::movable T>
using Queue =
        OrderedQueue<T, std::conditional_t<std::is_nothrow_move_constructible_v<
                                                   T> && std::is_nothrow_destructible_v<T>,
                                           QueueRings<T>, LockedQueueStore<T, OldestFirst<T>>>>;

/// Last in, first out. O(1), under a mutex.
template <std::movable T>
using LifoQueue = OrderedQueue<T, LockedQueueStore<T, NewestFirst<T>>>;

/// The smallest item (operator<) leaves first; equal ones in the order in which they were put.
/// O(log n), under a mutex. Python leaves the order of equal items to the comparison of the tuple.
template <std::movable T>
using PriorityQueue = OrderedQueue<T, LockedQueueStore<T, SmallestFirst<T>>>;

} // namespace heddle
