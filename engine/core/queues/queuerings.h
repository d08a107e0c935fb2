// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/queuering.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

namespace heddle {

/// The store of a first-in, first-out queue: a ring if it is bounded; otherwise rings one after the
/// other.
///
/// When the last ring of an unbounded store is full, it is closed to puts and a ring of twice the
/// size follows it; takers go on to that when they have drained it. So once the rings are large
/// enough for the depth that comes up, every put and take is that of a ring. The rings stay until
/// the store is destroyed, as nobody can tell when the last thread has left one; together they have
/// less than twice the cells of the last, and that has less than twice those that were ever needed.
///
/// Threads: any. Never blocks, but for the growth.
template <typename T>
class QueueRings
{
    using Ring = QueueRing<T>;

public:
    using Claim = typename Ring::Claim;

    /// \a capacity in items; 0 means unbounded.
    explicit QueueRings(qsizetype capacity)
        : m_isBounded(capacity > 0)
    {
        m_rings.push_back(std::make_unique<Link>(m_isBounded ? capacity : FirstCapacity));
        m_putLink.store(m_rings.back().get(), std::memory_order_relaxed);
        m_takeLink.store(m_rings.back().get(), std::memory_order_relaxed);
    }

    /// As QueueRing::put(). \throws std::bad_alloc when it cannot grow; the items are as they were.
    QueueAttempt put(std::span<T> items, qsizetype &count, const trace::Object &object)
    {
        while (true) {
            Link *link = putLink();
            const QueueAttempt attempt = link->ring.put(items, count, object);
            if (attempt == QueueAttempt::Done || m_isBounded) [[likely]]
                return attempt;
            if (!growBehind(link))
                return QueueAttempt::Closed;
        }
    }
    /// As QueueRing::claim().
    QueueAttempt claim(Claim &claim, qsizetype most) noexcept
    {
        while (true) {
            Link *link = takeLink();
            const QueueAttempt attempt = link->ring.claim(claim, most);
            if (attempt != QueueAttempt::Closed) [[likely]]
                return attempt;
            // Asked before the next ring: once the store is closed, none follows any more.
            const bool isClosed = m_isClosed.load(std::memory_order_acquire);
            Link *next = link->next.load(std::memory_order_acquire);
            if (!next)
                return isClosed ? QueueAttempt::Closed : QueueAttempt::Refused;
            // Release: who finds the next ring finds it complete; pairs with takeLink().
            m_takeLink.compare_exchange_strong(link, next, std::memory_order_acq_rel);
        }
    }

    void close()
    {
        const std::lock_guard lock(m_growth);
        // Release: pairs with claim(). Before the ring's own bit, by which a taker comes here.
        m_isClosed.store(true, std::memory_order_release);
        putLink()->ring.close();
    }
    [[nodiscard]] bool isClosed() const noexcept
    {
        return m_isClosed.load(std::memory_order_acquire);
    }

    [[nodiscard]] quint64 puts() const noexcept { return putLink()->ring.puts(); }
    [[nodiscard]] quint64 takes() const noexcept { return takeLink()->ring.takes(); }
    /// How many puts, or takes, would succeed now: counts up to \a most.
    [[nodiscard]] qsizetype room(qsizetype most) const noexcept
    {
        return m_isBounded ? putLink()->ring.freeCells(most) : most;
    }
    [[nodiscard]] qsizetype items(qsizetype most) const noexcept
    {
        const Link *link = takeLink();
        qsizetype count = link->ring.fullCells(most);
        while (count < most && (link = link->next.load(std::memory_order_acquire)))
            count += link->ring.fullCells(most - count);
        return count;
    }

private:
    struct Link
    {
        explicit Link(qsizetype capacity)
            : ring(capacity)
        {}
        Ring ring;
        std::atomic<Link *> next{nullptr};
    };
    static constexpr qsizetype FirstCapacity = 64;

    // Acquire: the ring is complete; pairs with growBehind().
    [[nodiscard]] Link *putLink() const noexcept
    {
        return m_putLink.load(std::memory_order_acquire);
    }
    [[nodiscard]] Link *takeLink() const noexcept
    {
        return m_takeLink.load(std::memory_order_acquire);
    }

    // Sees to a ring behind \a full. False when the store is closed.
    bool growBehind(Link *full)
    {
        const std::lock_guard lock(m_growth);
        if (m_isClosed.load(std::memory_order_relaxed))
            return false;
        if (putLink() != full)
            return true;                     // another was faster
        m_rings.reserve(m_rings.size() + 1); // nothing throws after the ring is closed
        auto next = std::make_unique<Link>(2 * full->ring.capacity());
        full->ring.close();
        next->ring.countFrom(full->ring.puts());
        // Release: the ring is complete; pairs with claim() and putLink().
        full->next.store(next.get(), std::memory_order_release);
        m_putLink.store(next.get(), std::memory_order_release);
        m_rings.push_back(std::move(next));
        return true;
    }

    const bool m_isBounded;
    std::atomic<bool> m_isClosed{false};
    std::atomic<Link *> m_putLink;
    std::atomic<Link *> m_takeLink;
    std::mutex m_growth;
    std::vector<std::unique_ptr<Link>> m_rings; ///< under m_growth
};

} // namespace heddle
