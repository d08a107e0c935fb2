// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <shared_mutex>
#include <unordered_map>

namespace heddle {

/// The lives of all tasks and coroutines of a trace, a row each.
///
/// Threads: create() and change() by one writer; the rest by any, meanwhile. Never blocks for
/// longer than a look into an index.
class TaskTable
{
public:
    /// A row for task \a id; fills in what was missing if its states came first. False if it has
    /// been created before; then nothing changes.
    bool create(std::uint64_t id, TaskKind kind, std::uint32_t name,
                std::optional<std::size_t> executor, std::size_t thread, std::int64_t ns);
    /// Task \a id goes into \a state, told by \a thread.
    void change(std::uint64_t id, std::size_t thread, std::int64_t ns, TaskState state,
                std::optional<std::size_t> object, WaitReason reason);
    void addObject();

    [[nodiscard]] std::size_t size() const { return m_ids.size(); }
    [[nodiscard]] TaskInfo at(std::size_t row) const;
    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t id) const;
    [[nodiscard]] const AppendColumn<std::uint32_t> &ofObject(std::size_t object) const
    {
        return *m_byObject.at(object);
    }
    [[nodiscard]] std::size_t coroutineCount() const { return m_coroutineRows.size(); }
    [[nodiscard]] std::size_t rowOfCoroutine(std::size_t coroutine) const
    {
        return m_coroutineRows.at(coroutine);
    }
    [[nodiscard]] const CoroutineTrack &coroutine(std::size_t coroutine) const
    {
        return *m_coroutines.at(coroutine);
    }
    [[nodiscard]] std::size_t memoryBytes() const;

private:
    static constexpr std::uint32_t None = 0xffffffff;
    static constexpr std::uint8_t NotCreated = 0x80; ///< in the kind: its states came first
    template <typename T>
    using Atomics = AppendColumn<std::atomic<T>>;

    std::size_t rowOf(std::uint64_t id, std::size_t thread, std::int64_t ns);
    CoroutineTrack *track(std::size_t row);
    static void enterOnce(Atomics<std::int64_t> &column, std::size_t row, std::int64_t ns);
    void enter(std::size_t row, std::size_t thread, std::int64_t ns, TaskState state,
               std::optional<std::size_t> object, WaitReason reason);

    // Each value stands for itself, except that a row is read below m_ids.size().
    Atomics<std::uint32_t> m_names;
    Atomics<std::uint32_t> m_executors;
    Atomics<std::uint32_t> m_creators;
    Atomics<std::uint32_t> m_threads;
    Atomics<std::uint32_t> m_coroutineOf;
    Atomics<std::uint8_t> m_kinds;
    Atomics<std::uint8_t> m_states;
    Atomics<std::int64_t> m_created;
    Atomics<std::int64_t> m_ready;
    Atomics<std::int64_t> m_running;
    Atomics<std::int64_t> m_ended;
    AppendColumn<std::uint64_t> m_ids; ///< appended last: its size is the table's

    AppendColumn<std::unique_ptr<CoroutineTrack>> m_coroutines;
    AppendColumn<std::uint32_t> m_coroutineRows; ///< appended last
    AppendColumn<std::unique_ptr<AppendColumn<std::uint32_t>>> m_byObject;

    mutable std::shared_mutex m_mutex;
    std::unordered_map<std::uint64_t, std::uint32_t> m_rows; ///< by id, under the mutex
    /// The writer's own: who made a coroutine ready before it had told that it waits.
    std::unordered_map<std::size_t, std::size_t> m_wokenEarly;
};

} // namespace heddle
