// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace heddle {

/// Something that is to happen at an instant. In at most one heap at a time.
class HeapTimer
{
public:
    HeapTimer(const HeapTimer &) = delete;
    HeapTimer &operator=(const HeapTimer &) = delete;

    [[nodiscard]] bool isRunning() const { return m_place != Nowhere; }

protected:
    HeapTimer() = default;
    virtual ~HeapTimer() = default;

    /// The instant has come; the timer has stopped.
    virtual void due() noexcept = 0;

private:
    friend class TimerHeap;
    static constexpr std::size_t Nowhere = static_cast<std::size_t>(-1);

    std::size_t m_place = Nowhere;
};

/// The timers of a loop, by due time and among equals by their start.
///
/// A heap of four children a node, with due times beside each other in memory: 24 bytes a timer
/// besides the timer itself, O(log n) to start and stop, O(1) where timers are started in the order
/// of their due times. Exact, unlike a wheel. One thread.
class HEDDLE_ENGINE_EXPORT TimerHeap
{
public:
    using Clock = std::chrono::steady_clock;

    void start(HeapTimer &timer, Clock::time_point due);
    /// Harmless when it does not run.
    void stop(HeapTimer &timer) noexcept;

    /// The first due time; empty when no timer runs.
    [[nodiscard]] std::optional<Clock::time_point> next() const
    {
        if (m_entries.empty())
            return std::nullopt;
        return m_entries.front().due;
    }
    /// Calls the timers that are due at \a now, but not those which they start.
    void runDue(Clock::time_point now) noexcept;
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }

private:
    struct Entry
    {
        Clock::time_point due;
        std::uint64_t order;
        HeapTimer *timer;

        bool operator<(const Entry &other) const
        {
            return due != other.due ? due < other.due : order < other.order;
        }
    };

    void put(std::size_t place, const Entry &entry) noexcept
    {
        m_entries[place] = entry;
        entry.timer->m_place = place;
    }
    void rise(std::size_t place, Entry entry) noexcept;
    void sink(std::size_t place, Entry entry) noexcept;
    void removeAt(std::size_t place) noexcept;

    std::vector<Entry> m_entries;
    std::uint64_t m_started = 0;
};

} // namespace heddle
