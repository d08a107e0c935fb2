// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/queueorder.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/flow.h>
#include <heddle/trace/object.h>

#include <QtGlobal>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

namespace heddle {

/// How an attempt to put or get ended.
enum class QueueStatus {
    Done,
    Full,     ///< no room, or none within the timeout; the item is as it was
    Empty,    ///< no item, or none within the timeout
    ShutDown, ///< the queue was shut down (and, for a get, is drained)
    Stopped,  ///< the stop token ended the wait
};

/// How a queue is shut down.
enum class QueueShutDown {
    Drain,     ///< what is in the queue can still be taken
    Immediate, ///< the queue is emptied; unfinished items fall by the number removed
};

/// Whether an item is something that travels: drawn as a flow from put to get.
///
/// Specialise it for items of which some carry nothing, such as a sentinel.
template <typename T>
struct QueueItemTraits
{
    static bool hasFlow(const T &) { return true; }
};
template <typename T>
struct QueueItemTraits<std::optional<T>>
{
    static bool hasFlow(const std::optional<T> &item) { return item.has_value(); }
};

/// A queue between threads, with back-pressure and completion; \a Order decides which item leaves
/// next (queueorder.h). Used as Queue, LifoQueue and PriorityQueue.
///
/// Behaves as Python's queue module (docs.python.org, 3.13): a bounded put() waits for room, every
/// item put counts as unfinished until taskDone(), join() waits until none is left, shutDown()
/// ends producers at once and consumers when it is drained. docs/semantics.md lists the
/// differences.
///
/// Trace: an object of kind queue, a counter of its depth, a wait for every blocked call with the
/// thread that ended it, and a flow per item from put() to get().
///
/// Threads: any thread. Cost: that of the order, under one mutex; a thread is woken only when one
/// waits. Destroying a queue on which a thread is blocked is a programming error, asserted in
/// checked builds.
template <std::movable T, template <typename> class Order>
class OrderedQueue
{
public:
    /// \a capacity in items; 0 or less means unbounded. The \a name is what the timeline shows.
    explicit OrderedQueue(std::string_view name, qsizetype capacity = 0)
        : m_object(trace::ObjectKind::Queue, name, capacity > 0 ? capacity : 0)
        , m_capacity(capacity > 0 ? capacity : 0)
    {}
    ~OrderedQueue()
    {
        Q_ASSERT_X(waiterCount() == 0, "heddle::Queue",
                   "destroyed while a thread is blocked on it");
    }
    OrderedQueue(const OrderedQueue &) = delete;
    OrderedQueue &operator=(const OrderedQueue &) = delete;

    /// Adds \a item, waiting for room. Any thread; blocks.
    /// \throws ShutDown after shutDown(); Stopped when \a stop was requested.
    void put(T item, std::stop_token stop = {})
    {
        throwUnlessDone(putUntil(item, WaitPoint::Forever, stop), "put");
    }
    /// Adds \a item within \a timeout; otherwise leaves it as it was. Any thread; blocks at most
    /// that long. \throws Error when \a timeout is negative.
    [[nodiscard]] QueueStatus putFor(T &item, std::chrono::nanoseconds timeout,
                                     std::stop_token stop = {})
    {
        return putUntil(item, WaitPoint::deadline(timeout, "Queue::putFor"), stop);
    }
    /// Adds \a item if there is room. Any thread; never blocks.
    [[nodiscard]] QueueStatus tryPut(T &item) { return putUntil(item, WaitPoint::Never, {}); }

    // Of all these: if the move of an item throws, the item stays in the queue.

    /// Takes the next item, waiting for one. Any thread; blocks.
    /// \throws ShutDown when the queue is shut down and drained; Stopped.
    [[nodiscard]] T get(std::stop_token stop = {})
    {
        std::unique_lock lock(m_mutex);
        throwUnlessDone(untilThereIsAnItem(lock, WaitPoint::Forever, stop), "get");
        return takeNext([](T &&item) -> T { return std::move(item); });
    }
    /// Takes the next item within \a timeout into \a item. Any thread; blocks at most that long.
    /// \throws Error when \a timeout is negative.
    [[nodiscard]] QueueStatus getFor(std::optional<T> &item, std::chrono::nanoseconds timeout,
                                     std::stop_token stop = {})
    {
        return getUntil(item, WaitPoint::deadline(timeout, "Queue::getFor"), stop);
    }
    /// Takes the next item if there is one. Any thread; never blocks.
    [[nodiscard]] QueueStatus tryGet(std::optional<T> &item)
    {
        return getUntil(item, WaitPoint::Never, {});
    }

    /// Says that one item that was taken is finished. Any thread; never blocks.
    /// \throws Error when there were fewer puts.
    void taskDone()
    {
        std::unique_lock lock(m_mutex);
        if (m_unfinished == 0) {
            throw Error(QStringLiteral("taskDone() was called more often than items were put"),
                        name(), QStringLiteral("Call it once for each item taken"));
        }
        --m_unfinished;
        ++m_done;
        if (m_unfinished == 0)
            m_finished.wakeAll();
    }
    /// Waits until every item that was put is finished. Any thread; blocks.
    /// \throws Stopped when \a stop was requested.
    void join(std::stop_token stop = {})
    {
        throwUnlessDone(joinUntil(WaitPoint::Forever, stop), "join");
    }
    /// Waits for that within \a timeout; false if items are left. Any thread; blocks at most so
    /// long.
    [[nodiscard]] bool joinFor(std::chrono::nanoseconds timeout, std::stop_token stop = {})
    {
        return joinUntil(WaitPoint::deadline(timeout, "Queue::joinFor"), stop) == QueueStatus::Done;
    }

    /// Ends the queue: later and blocked puts report ShutDown, gets drain what is left first.
    /// Immediate empties it and wakes joiners if nothing is left unfinished. Harmless when
    /// repeated; Immediate may follow Drain. Any thread; never blocks.
    void shutDown(QueueShutDown mode = QueueShutDown::Drain)
    {
        Order<T> removed; // destroyed outside the lock
        std::unique_lock lock(m_mutex);
        m_shutDown = true;
        if (mode == QueueShutDown::Immediate) {
            // Some may have been reported as finished before they were taken.
            m_unfinished -= std::min(m_unfinished, m_entries.size());
            std::swap(m_entries, removed);
            m_object.count(0);
        }
        m_notFull.wakeAll();
        m_notEmpty.wakeAll();
        if (m_unfinished == 0)
            m_finished.wakeAll();
    }

    // Snapshots, not promises. Any thread; never block.
    [[nodiscard]] qsizetype size() const
    {
        return locked([this] { return depth(); });
    }
    [[nodiscard]] bool isEmpty() const { return size() == 0; }
    [[nodiscard]] bool isFull() const { return m_capacity > 0 && size() >= m_capacity; }
    [[nodiscard]] bool isShutDown() const
    {
        return locked([this] { return m_shutDown; });
    }
    /// Items put and not reported by taskDone().
    [[nodiscard]] qsizetype unfinished() const
    {
        return locked([this] { return m_unfinished; });
    }
    /// Items taken whose taskDone() is missing: what a join() that never ends waits for.
    [[nodiscard]] qsizetype takenUnfinished() const
    {
        return locked([this] { return std::max(m_taken - m_done, qsizetype{0}); });
    }
    /// Threads blocked in a put, a get or a join.
    [[nodiscard]] int waiterCount() const
    {
        return locked([this] {
            return m_notFull.waiterCount() + m_notEmpty.waiterCount() + m_finished.waiterCount();
        });
    }
    /// 0 means unbounded.
    [[nodiscard]] qsizetype capacity() const { return m_capacity; }
    [[nodiscard]] QString name() const { return QString::fromUtf8(m_object.name().text()); }
    [[nodiscard]] const trace::Object &object() const { return m_object; }

private:
    using Entry = QueueEntry<T>;

    qsizetype depth() const { return m_entries.size(); }
    template <typename Read>
    auto locked(Read read) const
    {
        const std::lock_guard lock(m_mutex);
        return read();
    }
    void throwUnlessDone(QueueStatus status, const char *call) const
    {
        const QString where = name() + QStringLiteral(", Queue::") + QLatin1String(call)
                              + QStringLiteral("()");
        if (status == QueueStatus::ShutDown)
            throw ShutDown(QStringLiteral("The queue was shut down"), where);
        if (status == QueueStatus::Stopped)
            throw Stopped(QStringLiteral("A stop was requested"), where);
    }

    QueueStatus putUntil(T &item, WaitPoint::Deadline deadline, const std::stop_token &stop)
    {
        std::unique_lock lock(m_mutex);
        const auto ready = [this] { return m_shutDown || m_capacity == 0 || depth() < m_capacity; };
        if (!ready()) {
            const WaitPoint::Result result = m_notFull.wait(
                    lock, m_object.id(), trace::WaitReason::QueueFull, deadline, stop, ready,
                    [this] { return m_shutDown; });
            if (result == WaitPoint::Result::TimedOut)
                return QueueStatus::Full;
            if (result == WaitPoint::Result::Stopped)
                return QueueStatus::Stopped;
        }
        if (m_shutDown)
            return QueueStatus::ShutDown;
        const bool hasFlow = QueueItemTraits<T>::hasFlow(item);
        Entry &entry = add(item); // before anything else: it may throw
        if (hasFlow)
            entry.flow = trace::Flow::begin(trace::FlowKind::QueueItem);
        ++m_unfinished;
        m_object.count(depth());
        m_notEmpty.wakeOne();
        return QueueStatus::Done;
    }

    Entry &add(T &item)
    {
        try {
            return m_entries.add(std::move(item));
        } catch (...) {
            m_notFull.wakeOne(); // the room is left to another
            throw;
        }
    }

    QueueStatus getUntil(std::optional<T> &item, WaitPoint::Deadline deadline,
                         const std::stop_token &stop)
    {
        std::unique_lock lock(m_mutex);
        const QueueStatus status = untilThereIsAnItem(lock, deadline, stop);
        if (status == QueueStatus::Done)
            takeNext([&item](T &&next) { item.emplace(std::move(next)); });
        return status;
    }

    QueueStatus untilThereIsAnItem(std::unique_lock<std::mutex> &lock, WaitPoint::Deadline deadline,
                                   const std::stop_token &stop)
    {
        const auto ready = [this] { return m_shutDown || !m_entries.isEmpty(); };
        if (!ready()) {
            const WaitPoint::Result result = m_notEmpty.wait(
                    lock, m_object.id(), trace::WaitReason::QueueEmpty, deadline, stop, ready,
                    [this] { return m_entries.isEmpty(); });
            if (result == WaitPoint::Result::TimedOut)
                return QueueStatus::Empty;
            if (result == WaitPoint::Result::Stopped)
                return QueueStatus::Stopped;
        }
        return m_entries.isEmpty() ? QueueStatus::ShutDown : QueueStatus::Done;
    }

    // Removes the next item after its one move, which \a move makes and which may throw.
    template <typename Move>
    auto takeNext(Move move)
    {
        struct Removal
        {
            OrderedQueue *queue;
            int exceptionsBefore = std::uncaught_exceptions();
            ~Removal()
            {
                if (std::uncaught_exceptions() > exceptionsBefore)
                    queue->m_notEmpty.wakeOne(); // the item is left to another
                else
                    queue->removeNext();
            }
        } const removal{this};
        return move(std::move(m_entries.next().item));
    }

    void removeNext()
    {
        const trace::Flow flow = m_entries.next().flow;
        m_entries.removeNext();
        ++m_taken;
        m_object.count(depth());
        m_notFull.wakeOne();
        flow.end();
    }

    QueueStatus joinUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
    {
        std::unique_lock lock(m_mutex);
        const auto ready = [this] { return m_unfinished == 0; };
        if (ready())
            return QueueStatus::Done;
        const WaitPoint::Result result = m_finished.wait(lock, m_object.id(),
                                                         trace::WaitReason::QueueJoin, deadline,
                                                         stop, ready, [] { return false; });
        return result == WaitPoint::Result::Woken     ? QueueStatus::Done
               : result == WaitPoint::Result::Stopped ? QueueStatus::Stopped
                                                      : QueueStatus::Full;
    }

    trace::Object m_object;
    const qsizetype m_capacity;
    mutable std::mutex m_mutex;
    Order<T> m_entries;
    qsizetype m_unfinished = 0;
    qsizetype m_taken = 0;
    qsizetype m_done = 0;
    bool m_shutDown = false;
    WaitPoint m_notFull;
    WaitPoint m_notEmpty;
    WaitPoint m_finished;
};

/// First in, first out, for puts ordered by happens-before. O(1).
template <std::movable T>
using Queue = OrderedQueue<T, OldestFirst>;

/// Last in, first out. O(1).
template <std::movable T>
using LifoQueue = OrderedQueue<T, NewestFirst>;

/// The smallest item (operator<) leaves first; equal ones in the order in which they were put.
/// O(log n). Python leaves the order of equal items to the comparison of the tuple.
template <std::movable T>
using PriorityQueue = OrderedQueue<T, SmallestFirst>;

} // namespace heddle
