// SPDX-License-Identifier: Apache-2.0
#include "recordedthreads_p.h"

#include <algorithm>

namespace heddle {

std::size_t RecordedThreads::handle(trace::ThreadIndex index)
{
    if (const auto known = find(index))
        return *known;
    // Its first record was lost.
    const std::size_t added = m_writer.addThread(m_process, 0,
                                                 QStringLiteral("thread #%1").arg(index), 0);
    m_handles.emplace(index, added);
    return added;
}

std::optional<std::size_t> RecordedThreads::find(trace::ThreadIndex index) const
{
    const auto known = m_handles.find(index);
    return known != m_handles.end() ? std::optional(known->second) : std::nullopt;
}

void RecordedThreads::started(trace::ThreadIndex index, std::uint64_t tid, std::int64_t ns)
{
    // The kernel may have told of it first, under its number alone.
    std::deque<std::size_t> &known = m_byTid[tid];
    if (known.empty() || m_introduced.count(known.back()))
        known.push_back(m_writer.addThread(m_process, static_cast<std::int64_t>(tid), {}, ns));
    const std::size_t added = known.back();
    m_introduced.insert(added);
    m_starts[added] = ns;
    m_handles[index] = added;
}

void RecordedThreads::ended(std::size_t handle, std::int64_t ns)
{
    m_writer.endThread(handle, ns);
    m_ends[handle] = ns;
}

void RecordedThreads::scheduling(std::span<const trace::SchedulingRecord> records)
{
    for (const trace::SchedulingRecord &record : records) {
        if (record.monotonicNs >= m_startNs) // else before the first record
            m_switches.push_back(record);
    }
}

void RecordedThreads::writeScheduling(std::int64_t untilNs)
{
    const auto end = std::find_if(m_switches.begin(), m_switches.end(), [&](const auto &record) {
        return record.monotonicNs - m_startNs > untilNs;
    });
    for (auto record = m_switches.begin(); record != end; ++record) {
        const std::int64_t ns = record->monotonicNs - m_startNs;
        std::deque<std::size_t> &known = m_byTid[record->osThreadId];
        const bool isEnd = record->state == trace::SchedulingState::Ended;
        // Not every source tells of a thread's end. One that does tells of it after the recorder,
        // and before the next thread of that number begins.
        while (!isEnd && known.size() > 1 && m_ends.count(known.front())
               && m_ends[known.front()] < ns && m_starts.count(known[1])
               && m_starts[known[1]] <= ns)
            known.pop_front();
        if (known.empty() && isEnd)
            continue;
        if (known.empty()) {
            known.push_back(m_writer.addThread(
                    m_process, static_cast<std::int64_t>(record->osThreadId), {}, ns));
        }
        m_writer.scheduled(known.front(), ns, record->cpu, record->state);
        if (isEnd)
            known.pop_front();
    }
    m_switches.erase(m_switches.begin(), end);
}

} // namespace heddle
