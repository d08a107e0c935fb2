// SPDX-License-Identifier: Apache-2.0
#include "tasktable_p.h"

#include <mutex>

namespace heddle {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

std::optional<std::size_t> positionOf(std::uint32_t stored, std::uint32_t none)
{
    return stored == none ? std::nullopt : std::optional<std::size_t>(stored);
}

} // namespace

void TaskTable::addObject()
{
    m_byObject.append(std::make_unique<AppendColumn<std::uint32_t>>());
}

std::size_t TaskTable::rowOf(std::uint64_t id, std::size_t thread, std::int64_t ns)
{
    const auto known = m_rows.find(id); // only this thread changes it
    if (known != m_rows.end())
        return known->second;
    const std::size_t row = m_ids.size();
    m_names.append(0u);
    m_executors.append(None);
    m_creators.append(static_cast<std::uint32_t>(thread));
    m_threads.append(None);
    m_coroutineOf.append(None);
    m_kinds.append(NotCreated);
    m_states.append(static_cast<std::uint8_t>(TaskState::Created));
    m_created.append(ns);
    m_ready.append(Interval::Unfinished);
    m_running.append(Interval::Unfinished);
    m_ended.append(Interval::Unfinished);
    m_ids.append(id);
    const std::unique_lock lock(m_mutex);
    m_rows.emplace(id, static_cast<std::uint32_t>(row));
    return row;
}

CoroutineTrack *TaskTable::track(std::size_t row)
{
    const std::uint32_t coroutine = m_coroutineOf.at(row).load(relaxed);
    return coroutine == None ? nullptr : m_coroutines.mutate(coroutine).get();
}

bool TaskTable::create(std::uint64_t id, TaskKind kind, std::uint32_t name,
                       std::optional<std::size_t> executor, std::size_t thread, std::int64_t ns)
{
    const std::size_t row = rowOf(id, thread, ns);
    if (m_kinds.at(row).load(relaxed) != NotCreated)
        return false;
    m_names.mutate(row).store(name, relaxed);
    m_creators.mutate(row).store(static_cast<std::uint32_t>(thread), relaxed);
    m_created.mutate(row).store(std::min(ns, m_created.at(row).load(relaxed)), relaxed);
    m_kinds.mutate(row).store(static_cast<std::uint8_t>(kind), relaxed);
    if (executor && *executor < m_byObject.size() && m_executors.at(row).load(relaxed) == None) {
        m_executors.mutate(row).store(static_cast<std::uint32_t>(*executor), relaxed);
        m_byObject.mutate(*executor)->append(static_cast<std::uint32_t>(row));
    }
    if (kind == TaskKind::Coroutine && !track(row)) {
        auto stretches = std::make_unique<CoroutineTrack>();
        stretches->append(ns, TaskState::Created, thread);
        m_coroutineOf.mutate(row).store(static_cast<std::uint32_t>(m_coroutineRows.size()),
                                        relaxed);
        m_coroutines.append(std::move(stretches));
        m_coroutineRows.append(static_cast<std::uint32_t>(row));
    }
    if (kind == TaskKind::Ready)
        change(id, thread, ns, TaskState::Ready, std::nullopt, WaitReason::Unknown);
    return true;
}

void TaskTable::change(std::uint64_t id, std::size_t thread, std::int64_t ns, TaskState state,
                       std::optional<std::size_t> object, WaitReason reason)
{
    const std::size_t row = rowOf(id, thread, ns);
    const auto before = static_cast<TaskState>(m_states.at(row).load(relaxed));
    if (isFinal(before) || state == TaskState::Created)
        return;
    if (state == TaskState::Ready) {
        if (before == TaskState::Ready)
            return;
        if (before == TaskState::Running && m_threads.at(row).load(relaxed) != thread) {
            // It registered to be woken and has not got round to telling that it waits.
            m_wokenEarly[row] = thread;
            enterOnce(m_ready, row, ns);
            return;
        }
    }
    enter(row, thread, ns, state, object, reason);
    if (m_wokenEarly.empty())
        return;
    const auto woken = m_wokenEarly.find(row);
    if (woken == m_wokenEarly.end())
        return;
    const std::size_t waker = woken->second;
    m_wokenEarly.erase(woken);
    if (state == TaskState::Waiting)
        enter(row, waker, ns, TaskState::Ready, std::nullopt, WaitReason::Unknown);
}

void TaskTable::enterOnce(Atomics<std::int64_t> &column, std::size_t row, std::int64_t ns)
{
    if (column.at(row).load(relaxed) == Interval::Unfinished)
        column.mutate(row).store(ns, relaxed);
}

void TaskTable::enter(std::size_t row, std::size_t thread, std::int64_t ns, TaskState state,
                      std::optional<std::size_t> object, WaitReason reason)
{
    if (state == TaskState::Ready)
        enterOnce(m_ready, row, ns);
    else if (state == TaskState::Running)
        enterOnce(m_running, row, ns);
    else if (isFinal(state))
        enterOnce(m_ended, row, ns);
    if (state == TaskState::Running)
        m_threads.mutate(row).store(static_cast<std::uint32_t>(thread), relaxed);
    m_states.mutate(row).store(static_cast<std::uint8_t>(state), relaxed);
    if (CoroutineTrack *stretches = track(row)) {
        const bool waits = state == TaskState::Waiting;
        stretches->append(ns, state, waits ? object : std::optional<std::size_t>(thread), reason);
    }
}

TaskInfo TaskTable::at(std::size_t row) const
{
    TaskInfo info;
    info.id = m_ids.at(row);
    info.name = m_names.at(row).load(relaxed);
    info.kind = static_cast<TaskKind>(m_kinds.at(row).load(relaxed) & ~NotCreated);
    info.state = static_cast<TaskState>(m_states.at(row).load(relaxed));
    info.executor = positionOf(m_executors.at(row).load(relaxed), None);
    info.creator = m_creators.at(row).load(relaxed);
    info.thread = positionOf(m_threads.at(row).load(relaxed), None);
    info.coroutine = positionOf(m_coroutineOf.at(row).load(relaxed), None);
    // Told before the track itself was: not there yet.
    if (info.coroutine && *info.coroutine >= coroutineCount())
        info.coroutine.reset();
    info.createdNs = m_created.at(row).load(relaxed);
    info.readyNs = m_ready.at(row).load(relaxed);
    info.runningNs = m_running.at(row).load(relaxed);
    info.endedNs = m_ended.at(row).load(relaxed);
    return info;
}

std::optional<std::size_t> TaskTable::find(std::uint64_t id) const
{
    const std::shared_lock lock(m_mutex);
    const auto known = m_rows.find(id);
    return known == m_rows.end() ? std::nullopt : std::optional<std::size_t>(known->second);
}

std::size_t TaskTable::memoryBytes() const
{
    std::size_t bytes = m_names.memoryBytes() + m_executors.memoryBytes() + m_creators.memoryBytes()
                        + m_threads.memoryBytes() + m_coroutineOf.memoryBytes()
                        + m_kinds.memoryBytes() + m_states.memoryBytes() + m_created.memoryBytes()
                        + m_ready.memoryBytes() + m_running.memoryBytes() + m_ended.memoryBytes()
                        + m_ids.memoryBytes() + m_coroutines.memoryBytes()
                        + m_coroutineRows.memoryBytes();
    for (std::size_t k = 0; k < m_byObject.size(); ++k)
        bytes += sizeof(*m_byObject.at(k)) + m_byObject.at(k)->memoryBytes();
    for (std::size_t k = 0; k < coroutineCount(); ++k)
        bytes += m_coroutines.at(k)->memoryBytes();
    constexpr std::size_t indexEntryBytes = 40;
    const std::shared_lock lock(m_mutex);
    return bytes + m_rows.size() * indexEntryBytes;
}

} // namespace heddle
