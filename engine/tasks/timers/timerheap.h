// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace heddle {

/// What is due at some time, the earliest first; at the same time, in the order in which it came.
///
/// A heap of four children each (Johnson 1975), whose due times lie side by side in one array: so a
/// level costs one cache line, and only the entry that moves is touched itself. Unlike a timing
/// wheel (Varghese and Lauck 1987) it keeps the exact order and the exact next due time, for which
/// a sleeper sleeps without waking in between.
///
/// Threads: none of its own; the caller's lock, if several use it. Never blocks. Ownership: entries
/// are the caller's, who removes them before their end. Cost: add() and remove() O(log n) at worst,
/// O(1) on average for times that come in no order; 24 bytes an entry and the entry's own 4.
class HEDDLE_ENGINE_EXPORT TimerHeap
{
public:
    using Clock = std::chrono::steady_clock;

    /// The base of what is due.
    class Entry
    {
    public:
        Entry() = default;
        Entry(const Entry &) = delete;
        Entry &operator=(const Entry &) = delete;
        /// Whether it is in a heap.
        [[nodiscard]] bool isArmed() const { return m_place != 0; }

    protected:
        ~Entry() = default;

    private:
        friend class TimerHeap;
        std::uint32_t m_place = 0; ///< 1 is the first; 0: in none
    };

    TimerHeap() = default;
    ~TimerHeap();
    TimerHeap(const TimerHeap &) = delete;
    TimerHeap &operator=(const TimerHeap &) = delete;

    /// \a entry, which is in no heap, becomes due at \a due. \throws std::bad_alloc
    void add(Entry &entry, Clock::time_point due);
    /// \a entry is due no more. False when it was in no heap.
    bool remove(Entry &entry);
    /// Takes out the first entry that is due at \a now, or null.
    [[nodiscard]] Entry *takeDue(Clock::time_point now);
    /// Takes out the first entry, due or not; null when there is none.
    [[nodiscard]] Entry *takeFirst() { return takeDue(Clock::time_point::max()); }
    /// When the first entry is due; empty when there is none.
    [[nodiscard]] std::optional<Clock::time_point> nextDue() const;
    [[nodiscard]] std::size_t size() const { return m_slots.size(); }
    [[nodiscard]] bool isEmpty() const { return m_slots.empty(); }

private:
    struct Slot
    {
        Clock::time_point due;
        std::uint64_t order;
        Entry *entry;
    };
    static bool isBefore(const Slot &a, const Slot &b)
    {
        return a.due != b.due ? a.due < b.due : a.order < b.order;
    }
    void put(std::size_t place, const Slot &slot);
    void rise(std::size_t place, const Slot &slot);
    void sink(std::size_t place, const Slot &slot);

    std::vector<Slot> m_slots;
    std::uint64_t m_added = 0;
};

} // namespace heddle
