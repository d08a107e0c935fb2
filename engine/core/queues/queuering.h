// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/queueattempt.h>

#include <QtGlobal>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace heddle {

/// A bounded first-in, first-out store for many putters and many takers, without locks.
///
/// Vyukov's bounded queue (1024cores.net, "Bounded MPMC queue", 2010): every cell carries a stamp
/// that says for which lap through the ring it is free or full. A putter claims the next free cell
/// by moving the tail on, fills it and stamps it full; a taker does the same with the head. What is
/// different here: a position is a lap and an index, so that any capacity is possible, also 1 (as
/// in crossbeam's channel); the stamp needs the lap only and half a word; several neighbouring
/// cells can be claimed at once; and the tail has a bit that closes the ring to puts for good, in
/// the one order that all claims have.
///
/// Two tries that overlap another's may see UnderWay: the other has claimed the cell and not yet
/// finished. A thread that never finishes would stop the others, so the move of an item must not
/// throw.
///
/// Threads: any. Never blocks. Cost: one read-modify-write for a put or a take, of one cell or of
/// many. The memory for the capacity is reserved at once, and touched when it is used.
template <typename T>
class QueueRing
{
    static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_destructible_v<T>);

public:
    /// \throws std::bad_alloc.
    explicit QueueRing(qsizetype capacity)
        : m_capacity(static_cast<quint64>(capacity))
        , m_indexBits(static_cast<unsigned>(std::bit_width(m_capacity - 1)))
        , m_indexMask((quint64{1} << m_indexBits) - 1)
        , m_memory(std::calloc(m_capacity + CellAlignment / sizeof(Cell) + 1, sizeof(Cell)))
    {
        if (!m_memory)
            throw std::bad_alloc();
        void *cells = m_memory.get();
        std::size_t space = (m_capacity + CellAlignment / sizeof(Cell) + 1) * sizeof(Cell);
        m_cells = static_cast<Cell *>(
                std::align(CellAlignment, m_capacity * sizeof(Cell), cells, space));
    }
    ~QueueRing()
    {
        const quint64 end = m_tail.load(std::memory_order_relaxed) & ~Closed;
        for (quint64 at = m_head.load(std::memory_order_relaxed); at != end; at = after(at, 1))
            std::destroy_at(itemAt(at));
    }
    QueueRing(const QueueRing &) = delete;
    QueueRing &operator=(const QueueRing &) = delete;

    /// The first item has number \a firstNumber (otherwise 0). Before anybody else knows the ring.
    void countFrom(quint64 firstNumber) noexcept { m_firstNumber = firstNumber; }

    /// Moves the first of \a items in, as many as there is room for, at least one if Done.
    QueueAttempt put(std::span<T> items, qsizetype &count, const trace::Object &object) noexcept
    {
        quint64 at = 0;
        count = claim<Free>(m_tail, at, items.size());
        if (count == 0) [[unlikely]]
            return whyNoRoom(at);
        for (T &item : items.first(static_cast<std::size_t>(count))) {
            fill(at, item, object);
            at = after(at, 1);
        }
        return QueueAttempt::Done;
    }

    /// Items that were claimed and not yet moved out.
    class Claim
    {
    public:
        [[nodiscard]] qsizetype count() const { return m_count; }

        /// Gives the next item to \a move, whose result it returns.
        template <typename Move>
        auto takeNext(const trace::Object &object, Move move)
        {
            const Leave leave{this};
            T &item = *m_ring->itemAt(m_at);
            object.itemTaken(m_ring->number(m_at), traceItem(item));
            return move(std::move(item));
        }
        /// Destroys all of them.
        void drop(const trace::Object &object)
        {
            while (m_count > 0) {
                const Leave leave{this};
                object.itemDropped(m_ring->number(m_at), traceItem(*m_ring->itemAt(m_at)));
            }
        }

    private:
        friend class QueueRing;
        struct Leave
        {
            Claim *claim;
            ~Leave()
            {
                claim->m_ring->free(claim->m_at);
                claim->m_at = claim->m_ring->after(claim->m_at, 1);
                --claim->m_count;
            }
        };

        QueueRing *m_ring = nullptr;
        quint64 m_at = 0;
        qsizetype m_count = 0;
    };
    /// Claims up to \a most items, which the caller has to take or to drop.
    QueueAttempt claim(Claim &claim, qsizetype most) noexcept
    {
        claim.m_count = this->claim<Full>(m_head, claim.m_at, static_cast<std::size_t>(most));
        if (claim.m_count == 0)
            return whyNoItem(claim.m_at);
        claim.m_ring = this;
        return QueueAttempt::Done;
    }

    /// Ends puts for good: those that have claimed a cell succeed, and nobody claims one any more.
    void close() noexcept { m_tail.fetch_or(Closed, std::memory_order_acq_rel); }
    [[nodiscard]] bool isClosed() const noexcept
    {
        return m_tail.load(std::memory_order_acquire) & Closed;
    }

    /// Items put, and items taken, counted from the first number. A put counts from its claim.
    [[nodiscard]] quint64 puts() const noexcept
    {
        return number(m_tail.load(std::memory_order_acquire) & ~Closed);
    }
    [[nodiscard]] quint64 takes() const noexcept
    {
        return number(m_head.load(std::memory_order_acquire));
    }
    /// How many cells are free, or full, without a gap from the next: counts up to \a most.
    [[nodiscard]] qsizetype freeCells(qsizetype most) const noexcept
    {
        return count<Free>(m_tail.load(std::memory_order_relaxed), static_cast<std::size_t>(most));
    }
    [[nodiscard]] qsizetype fullCells(qsizetype most) const noexcept
    {
        return count<Full>(m_head.load(std::memory_order_relaxed), static_cast<std::size_t>(most));
    }
    [[nodiscard]] qsizetype capacity() const noexcept { return static_cast<qsizetype>(m_capacity); }

private:
    // Zeros, as calloc() leaves them, are a cell that is free for the first lap.
    struct Cell
    {
        quint32 stamp;
        alignas(T) std::byte item[sizeof(T)];
    };
    static constexpr quint32 Free = 0;
    static constexpr quint32 Full = 1;
    static constexpr quint64 Closed = quint64{1} << 63;
    static constexpr std::size_t CellAlignment = std::max<std::size_t>(64, alignof(Cell));
    // Head and tail are apart, and apart from what does not change. Processors fetch lines of 64
    // bytes in pairs.
    static constexpr std::size_t Apart = 128;

    // A position: the lap above, the index of the cell in the low m_indexBits.
    [[nodiscard]] quint64 after(quint64 at, quint64 count) const noexcept
    {
        const quint64 index = (at & m_indexMask) + count;
        if (index < m_capacity) [[likely]]
            return at + count;
        return (((at >> m_indexBits) + 1) << m_indexBits) + (index - m_capacity);
    }
    [[nodiscard]] quint64 number(quint64 at) const noexcept
    {
        return m_firstNumber + (at >> m_indexBits) * m_capacity + (at & m_indexMask);
    }
    [[nodiscard]] Cell &cell(quint64 at) const noexcept { return m_cells[at & m_indexMask]; }
    [[nodiscard]] T *itemAt(quint64 at) const noexcept
    {
        return std::launder(reinterpret_cast<T *>(cell(at).item));
    }
    // Half a word is enough: as long as a position is current, its cell has the stamp of this lap
    // or of the one before, and the claim fails when it is no longer.
    [[nodiscard]] quint32 stampOf(quint64 at, quint32 state) const noexcept
    {
        return static_cast<quint32>((at >> m_indexBits) * 2) + state;
    }
    [[nodiscard]] bool is(quint64 at, quint32 state) const noexcept
    {
        // Acquire: what the other side did to the cell; pairs with stamp().
        const std::atomic_ref<quint32> stamp(cell(at).stamp);
        return stamp.load(std::memory_order_acquire) == stampOf(at, state);
    }
    void stamp(quint64 at, quint32 stamp) noexcept
    {
        // Release: pairs with is().
        std::atomic_ref<quint32>(cell(at).stamp).store(stamp, std::memory_order_release);
    }

    template <quint32 State>
    [[nodiscard]] qsizetype count(quint64 at, std::size_t most) const noexcept
    {
        qsizetype count = 0;
        if (!(at & Closed)) {
            for (; most > 0 && is(at, State); --most) {
                at = after(at, 1);
                ++count;
            }
        }
        return count;
    }
    // Moves \a end on by up to \a most cells that are in the State; leaves in \a at where it was.
    template <quint32 State>
    qsizetype claim(std::atomic<quint64> &end, quint64 &at, std::size_t most) noexcept
    {
        at = end.load(std::memory_order_relaxed);
        while (true) {
            if (const qsizetype count = this->count<State>(at, most)) {
                // Relaxed: the stamps order what is done to the cells.
                if (end.compare_exchange_weak(at, after(at, static_cast<quint64>(count)),
                                              std::memory_order_relaxed))
                    return count;
            } else {
                const quint64 now = end.load(std::memory_order_relaxed);
                if (now == at)
                    return 0;
                at = now;
            }
        }
    }
    [[nodiscard]] QueueAttempt whyNoRoom(quint64 tail) const noexcept
    {
        if (tail & Closed)
            return QueueAttempt::Closed;
        // When the head is a lap behind, all cells were full at this instant.
        return m_head.load(std::memory_order_acquire) + m_indexMask + 1 == tail
                       ? QueueAttempt::Refused
                       : QueueAttempt::UnderWay;
    }
    [[nodiscard]] QueueAttempt whyNoItem(quint64 head) const noexcept
    {
        const quint64 tail = m_tail.load(std::memory_order_acquire);
        if ((tail & ~Closed) != head)
            return QueueAttempt::UnderWay;
        return tail & Closed ? QueueAttempt::Closed : QueueAttempt::Refused;
    }

    void fill(quint64 at, T &item, const trace::Object &object) noexcept
    {
        const trace::Item kind = traceItem(item);
        std::construct_at(reinterpret_cast<T *>(cell(at).item), std::move(item));
        // Before others see the item, and after the taker freed its cell.
        object.itemPut(number(at), trace::Stamp::Ordered, kind);
        stamp(at, stampOf(at, Full));
    }
    void free(quint64 at) noexcept
    {
        std::destroy_at(itemAt(at));
        stamp(at, stampOf(at, Full) + 1); // free for the next lap
    }

    struct Release
    {
        void operator()(void *memory) const { std::free(memory); }
    };

    const quint64 m_capacity;
    const unsigned m_indexBits;
    const quint64 m_indexMask;
    quint64 m_firstNumber = 0;
    const std::unique_ptr<void, Release> m_memory;
    Cell *m_cells = nullptr;
    alignas(Apart) std::atomic<quint64> m_tail{0};
    alignas(Apart) std::atomic<quint64> m_head{0};
    [[maybe_unused]] alignas(Apart) std::byte m_apartFromWhatFollows{};
};

} // namespace heddle
