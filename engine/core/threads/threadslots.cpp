// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/threadslots.h>

#include <QThreadStorage>

#include <mutex>
#include <utility>

namespace heddle {

namespace {

// QThreadStorage's own pointer is gone when it destroys what it owns; this one is not, so that a
// value's destructor finds the other values.
thread_local ThreadSlots *current = nullptr;

QThreadStorage<ThreadSlots *> &owner()
{
    static auto *storage = new QThreadStorage<ThreadSlots *>; // outlives statics
    return *storage;
}

struct Places
{
    std::mutex mutex;
    std::vector<std::size_t> free;
    std::size_t used = 0;
    quint64 lastSerial = 0;
};

Places &places()
{
    static auto *all = new Places; // outlives statics
    return *all;
}

} // namespace

thread_local ThreadSlots::Table ThreadSlots::s_table{nullptr, 0};

ThreadSlots::Slot::~Slot() = default;

ThreadSlots::Place::Place()
{
    Places &all = places();
    const std::lock_guard lock(all.mutex);
    m_serial = ++all.lastSerial;
    if (all.free.empty()) {
        m_index = all.used++;
    } else {
        m_index = all.free.back();
        all.free.pop_back();
    }
}

ThreadSlots::Place::~Place()
{
    Places &all = places();
    const std::lock_guard lock(all.mutex);
    all.free.push_back(m_index);
}

ThreadSlots::Slot *ThreadSlots::find(const Place &place)
{
    if (!current || place.m_index >= current->m_entries.size())
        return nullptr;
    const Entry &entry = current->m_entries[place.m_index];
    return entry.serial == place.m_serial ? entry.slot.get() : nullptr;
}

ThreadSlots::Slot *ThreadSlots::add(const Place &place, std::unique_ptr<Slot> slot)
{
    if (!current) {
        current = new ThreadSlots;
        owner().setLocalData(current);
    }
    auto &entries = current->m_entries;
    if (place.m_index >= entries.size()) {
        entries.resize(place.m_index + 1);
        current->showTable();
    }
    Slot *added = slot.get();
    // What a destroyed storage left goes last: its destructor may use storages.
    const Entry left = std::exchange(entries[place.m_index],
                                     {place.m_serial, nullptr, std::move(slot)});
    return added;
}

void ThreadSlots::setValue(const Place &place, void *value)
{
    current->m_entries[place.m_index].value = value;
}

void ThreadSlots::remove(const Place &place)
{
    if (Slot *slot = find(place)) {
        setValue(place, nullptr);
        slot->clear();
        current->m_entries[place.m_index] = {};
    }
}

ThreadSlots::~ThreadSlots()
{
    // The last place first, as QThreadStorage does it. A destructor may add values meanwhile.
    while (!m_entries.empty()) {
        Entry &last = m_entries.back();
        last.value = nullptr;
        if (last.slot && last.slot->hasValue()) {
            last.slot->clear();
        } else {
            const Entry left = std::move(last); // goes last, as in add()
            m_entries.pop_back();
            showTable();
        }
    }
    current = nullptr;
}

} // namespace heddle
