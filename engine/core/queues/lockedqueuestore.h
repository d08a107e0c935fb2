// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/queueattempt.h>
#include <heddle/core/queueorder.h>

#include <QtGlobal>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <span>
#include <utility>

namespace heddle {

/// The store of a queue in an \a Order (queueorder.h), under a mutex. For items of any kind, also
/// those whose move may throw: such an item stays where it was.
///
/// Threads: any. Never blocks, but for the mutex. Cost: that of the order.
template <typename T, typename Order>
class LockedQueueStore
{
public:
    /// \a capacity in items; 0 means unbounded.
    explicit LockedQueueStore(qsizetype capacity)
        : m_capacity(capacity)
    {}

    /// Moves the first of \a items in, as many as there is room for, at least one if Done. If a
    /// move throws, \a count tells how many were put.
    QueueAttempt put(std::span<T> items, qsizetype &count, const trace::Object &object)
    {
        count = 0;
        const std::lock_guard lock(m_mutex);
        if (isClosed())
            return QueueAttempt::Closed;
        for (T &item : items) {
            if (m_capacity > 0 && m_order.size() == m_capacity)
                break;
            const trace::Item kind = traceItem(item);
            QueueEntry<T> &entry = m_order.add(std::move(item)); // before anything else: may throw
            entry.number = puts();
            object.itemPut(entry.number, trace::Stamp::Ordered, kind);
            m_puts.store(entry.number + 1, std::memory_order_relaxed);
            ++count;
        }
        return count > 0 ? QueueAttempt::Done : QueueAttempt::Refused;
    }

    /// Items that can be taken; holds the store's mutex.
    class Claim
    {
    public:
        [[nodiscard]] qsizetype count() const { return m_count; }

        /// Gives the next item to \a move, whose result it returns. It leaves the store unless
        /// that throws.
        template <typename Move>
        auto takeNext(const trace::Object &object, Move move)
        {
            const Leave leave{this, &object, traceItem(m_store->m_order.next().item)};
            return move(std::move(m_store->m_order.next().item));
        }
        /// Removes all items of the store, and destroys them without the mutex.
        void drop(const trace::Object &object)
        {
            Order removed;
            std::swap(m_store->m_order, removed);
            m_store->m_takes.store(m_store->puts(), std::memory_order_relaxed);
            m_lock.unlock();
            for (m_count = 0; !removed.isEmpty(); removed.removeNext()) {
                const QueueEntry<T> &entry = removed.next();
                object.itemDropped(entry.number, traceItem(entry.item));
            }
        }

    private:
        friend class LockedQueueStore;
        struct Leave
        {
            Claim *claim;
            const trace::Object *object;
            trace::Item kind;
            int exceptionsBefore = std::uncaught_exceptions();
            ~Leave()
            {
                if (std::uncaught_exceptions() == exceptionsBefore)
                    claim->removeNext(*object, kind);
            }
        };

        void removeNext(const trace::Object &object, trace::Item kind)
        {
            object.itemTaken(m_store->m_order.next().number, kind);
            m_store->m_order.removeNext();
            m_store->m_takes.store(m_store->takes() + 1, std::memory_order_relaxed);
            if (--m_count == 0)
                m_lock.unlock();
        }

        LockedQueueStore *m_store = nullptr;
        qsizetype m_count = 0;
        std::unique_lock<std::mutex> m_lock;
    };
    /// Claims up to \a most items.
    QueueAttempt claim(Claim &claim, qsizetype most)
    {
        std::unique_lock lock(m_mutex);
        if (m_order.isEmpty())
            return isClosed() ? QueueAttempt::Closed : QueueAttempt::Refused;
        claim.m_store = this;
        claim.m_count = std::min(most, m_order.size());
        claim.m_lock = std::move(lock);
        return QueueAttempt::Done;
    }

    void close()
    {
        const std::lock_guard lock(m_mutex);
        m_isClosed.store(true, std::memory_order_release);
    }

    // Snapshots, without the mutex: they are asked while somebody has a claim.
    [[nodiscard]] bool isClosed() const noexcept
    {
        return m_isClosed.load(std::memory_order_acquire);
    }
    [[nodiscard]] quint64 puts() const noexcept { return m_puts.load(std::memory_order_acquire); }
    [[nodiscard]] quint64 takes() const noexcept { return m_takes.load(std::memory_order_acquire); }
    /// How many puts, or takes, would succeed now: counts up to \a most.
    [[nodiscard]] qsizetype room(qsizetype most) const noexcept
    {
        return m_capacity > 0 ? std::clamp(m_capacity - depth(), qsizetype{0}, most) : most;
    }
    [[nodiscard]] qsizetype items(qsizetype most) const noexcept
    {
        return std::clamp(depth(), qsizetype{0}, most);
    }

private:
    [[nodiscard]] qsizetype depth() const noexcept
    {
        const quint64 taken = takes(); // before the puts: it never is more
        return static_cast<qsizetype>(puts() - taken);
    }

    const qsizetype m_capacity;
    std::mutex m_mutex;
    Order m_order;
    // Changed under the mutex only.
    std::atomic<quint64> m_puts{0};
    std::atomic<quint64> m_takes{0};
    std::atomic<bool> m_isClosed{false};
};

} // namespace heddle
