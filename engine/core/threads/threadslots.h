// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QtGlobal>

#include <cstddef>
#include <memory>
#include <vector>

namespace heddle {

/// The calling thread's values of all storages; what ThreadStorage is built on.
///
/// One QThreadStorage owns them, so that they end with their thread, in that thread. Each storage
/// has a place in them that is like no earlier one's: what a destroyed storage left behind in
/// another thread cannot be found any more. It dies when its room is needed, at the latest with its
/// thread.
///
/// Threads: every function for the calling thread's values. Never blocks, but for what the
/// destructors of values do. Cost: value() reads the calling thread's table, without a call.
class HEDDLE_ENGINE_EXPORT ThreadSlots
{
public:
    /// One thread's value of one storage.
    class Slot
    {
    public:
        virtual ~Slot();
        [[nodiscard]] virtual bool hasValue() const = 0;
        /// Destroys the value; the destructor may use other storages.
        virtual void clear() = 0;
    };

    /// A storage's place in the slots of every thread, for as long as the storage lives.
    class HEDDLE_ENGINE_EXPORT Place
    {
    public:
        Place();
        ~Place();
        Place(const Place &) = delete;
        Place &operator=(const Place &) = delete;

    private:
        friend class ThreadSlots;
        std::size_t m_index; ///< that of a destroyed storage may be used again
        quint64 m_serial;    ///< never
    };

    /// What setValue() left; null if there is none.
    [[nodiscard]] static void *value(const Place &place) noexcept
    {
        const Table table = s_table;
        if (place.m_index >= table.size) [[unlikely]]
            return nullptr;
        const Entry &entry = table.entries[place.m_index];
        return entry.serial == place.m_serial ? entry.value : nullptr;
    }
    /// Null if there is none.
    static Slot *find(const Place &place);
    /// Where there is none.
    static Slot *add(const Place &place, std::unique_ptr<Slot> slot);
    /// What value() finds while the place's slot, which there is, holds it; null when it ends.
    static void setValue(const Place &place, void *value);
    /// Destroys the value and the slot, if there is one.
    static void remove(const Place &place);

    ~ThreadSlots();
    ThreadSlots(const ThreadSlots &) = delete;
    ThreadSlots &operator=(const ThreadSlots &) = delete;

private:
    struct Entry
    {
        quint64 serial = 0;
        void *value = nullptr;
        std::unique_ptr<Slot> slot;
    };
    struct Table
    {
        const Entry *entries;
        std::size_t size;
    };

    ThreadSlots() = default;
    void showTable() { s_table = {m_entries.data(), m_entries.size()}; }

    std::vector<Entry> m_entries;

#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    static thread_local Table s_table; ///< the thread's entries, where its other code finds them
};

} // namespace heddle
