// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/timerheap.h>

#include <algorithm>

namespace heddle {

namespace {
constexpr std::size_t Children = 4;
} // namespace

TimerHeap::~TimerHeap()
{
    for (const Slot &slot : m_slots)
        slot.entry->m_place = 0;
}

void TimerHeap::add(Entry &entry, Clock::time_point due)
{
    const Slot slot{due, m_added, &entry};
    m_slots.push_back(slot);
    ++m_added;
    rise(m_slots.size() - 1, slot);
}

bool TimerHeap::remove(Entry &entry)
{
    if (!entry.isArmed())
        return false;
    const std::size_t place = entry.m_place - 1;
    entry.m_place = 0;
    const Slot last = m_slots.back();
    m_slots.pop_back();
    if (place == m_slots.size())
        return true;
    if (place > 0 && isBefore(last, m_slots[(place - 1) / Children]))
        rise(place, last);
    else
        sink(place, last);
    return true;
}

TimerHeap::Entry *TimerHeap::takeDue(Clock::time_point now)
{
    if (m_slots.empty() || m_slots.front().due > now)
        return nullptr;
    Entry *entry = m_slots.front().entry;
    remove(*entry);
    return entry;
}

std::optional<TimerHeap::Clock::time_point> TimerHeap::nextDue() const
{
    if (m_slots.empty())
        return std::nullopt;
    return m_slots.front().due;
}

void TimerHeap::put(std::size_t place, const Slot &slot)
{
    m_slots[place] = slot;
    slot.entry->m_place = static_cast<std::uint32_t>(place + 1);
}

void TimerHeap::rise(std::size_t place, const Slot &slot)
{
    while (place > 0) {
        const std::size_t parent = (place - 1) / Children;
        if (!isBefore(slot, m_slots[parent]))
            break;
        put(place, m_slots[parent]);
        place = parent;
    }
    put(place, slot);
}

void TimerHeap::sink(std::size_t place, const Slot &slot)
{
    while (true) {
        const std::size_t begin = place * Children + 1;
        const std::size_t end = std::min(begin + Children, m_slots.size());
        if (begin >= end)
            break;
        std::size_t first = begin;
        for (std::size_t child = begin + 1; child < end; ++child) {
            if (isBefore(m_slots[child], m_slots[first]))
                first = child;
        }
        if (!isBefore(m_slots[first], slot))
            break;
        put(place, m_slots[first]);
        place = first;
    }
    put(place, slot);
}

} // namespace heddle
