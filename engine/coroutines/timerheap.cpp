// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/timerheap.h>

#include <algorithm>

namespace heddle {

namespace {

constexpr std::size_t Children = 4;

} // namespace

void TimerHeap::start(HeapTimer &timer, Clock::time_point due)
{
    m_entries.emplace_back();
    rise(m_entries.size() - 1, {due, m_started++, &timer});
}

void TimerHeap::stop(HeapTimer &timer) noexcept
{
    if (timer.isRunning())
        removeAt(timer.m_place);
}

void TimerHeap::runDue(Clock::time_point now) noexcept
{
    const std::uint64_t end = m_started;
    while (!m_entries.empty() && m_entries.front().due <= now && m_entries.front().order < end) {
        HeapTimer *timer = m_entries.front().timer;
        removeAt(0);
        timer->due();
    }
}

void TimerHeap::rise(std::size_t place, Entry entry) noexcept
{
    while (place > 0) {
        const std::size_t parent = (place - 1) / Children;
        if (!(entry < m_entries[parent]))
            break;
        put(place, m_entries[parent]);
        place = parent;
    }
    put(place, entry);
}

void TimerHeap::sink(std::size_t place, Entry entry) noexcept
{
    while (true) {
        const std::size_t first = place * Children + 1;
        if (first >= m_entries.size())
            break;
        const std::size_t end = std::min(first + Children, m_entries.size());
        std::size_t least = first;
        for (std::size_t child = first + 1; child < end; ++child) {
            if (m_entries[child] < m_entries[least])
                least = child;
        }
        if (!(m_entries[least] < entry))
            break;
        put(place, m_entries[least]);
        place = least;
    }
    put(place, entry);
}

void TimerHeap::removeAt(std::size_t place) noexcept
{
    m_entries[place].timer->m_place = HeapTimer::Nowhere;
    const Entry last = m_entries.back();
    m_entries.pop_back();
    if (place == m_entries.size())
        return;
    if (place > 0 && last < m_entries[(place - 1) / Children])
        rise(place, last);
    else
        sink(place, last);
}

} // namespace heddle
