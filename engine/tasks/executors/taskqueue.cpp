// SPDX-License-Identifier: Apache-2.0
#include "taskqueue_p.h"

#include <mutex>

namespace heddle {

TaskQueue::~TaskQueue()
{
    for (Segment *segment = m_first ? m_first : m_firstEver.load(); segment;) {
        Segment *next = segment->next;
        delete segment;
        segment = next;
    }
    delete m_spare.load();
}

void TaskQueue::List::append(Task *task)
{
    task->next = nullptr;
    (last ? last->next : first) = task;
    last = task;
}

Task *TaskQueue::List::takeFirst()
{
    Task *task = first;
    if (task) {
        first = task->next;
        if (!first)
            last = nullptr;
    }
    return task;
}

bool TaskQueue::push(Task *task, Priority priority)
{
    const std::lock_guard pushing(m_pushing);
    if (m_isClosed)
        return false;
    if (priority != Priority::Normal) [[unlikely]] {
        const std::lock_guard taking(m_taking);
        m_others[static_cast<std::size_t>(priority)].append(task);
        m_otherCount.fetch_add(1);
        return true;
    }
    if (m_room == 0) [[unlikely]] {
        Segment *segment = m_spare.exchange(nullptr);
        if (!segment)
            segment = new Segment;
        segment->next = nullptr;
        if (m_last)
            m_last->next = segment;
        else
            m_firstEver.store(segment);
        m_last = segment;
        m_room = Segment::Size;
    }
    m_last->tasks[Segment::Size - m_room] = task;
    --m_room;
    // Relaxed load: only changed under the lock. The store pairs with the load in takeNormal().
    m_pushed.store(m_pushed.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    return true;
}

Task *TaskQueue::take()
{
    const std::lock_guard taking(m_taking);
    // Relaxed: changed under the lock.
    const bool hasOthers = m_otherCount.load(std::memory_order_relaxed) != 0;
    Task *task = nullptr;
    if (hasOthers) [[unlikely]]
        task = takeOther(Priority::Highest, Priority::High);
    if (!task)
        task = takeNormal();
    if (!task && hasOthers) [[unlikely]]
        task = takeOther(Priority::Low, Priority::Lowest);
    return task;
}

Task *TaskQueue::takeOther(Priority from, Priority to)
{
    for (int priority = int(from); priority >= int(to); --priority) {
        if (Task *task = m_others[static_cast<std::size_t>(priority)].takeFirst()) {
            m_otherCount.fetch_sub(1);
            return task;
        }
    }
    return nullptr;
}

Task *TaskQueue::takeNormal()
{
    const quint64 taken = m_taken.load(std::memory_order_relaxed); // changed under the lock
    if (taken == m_known) {
        // Pairs with push(): the tasks below the count are in their places.
        m_known = m_pushed.load(std::memory_order_acquire);
        if (taken == m_known)
            return nullptr;
    }
    if (!m_first) [[unlikely]]
        m_first = m_firstEver.load();
    if (m_position == Segment::Size) [[unlikely]] {
        Segment *emptied = m_first;
        m_first = emptied->next; // set before m_pushed told of a task beyond the segment
        m_position = 0;
        delete m_spare.exchange(emptied);
    }
    // A task comes over from the cache of its submitter: this hides it.
    constexpr quint64 Ahead = 6;
    if (m_known - taken > Ahead && m_position + Ahead < Segment::Size)
        __builtin_prefetch(m_first->tasks[m_position + Ahead]);
    Task *task = m_first->tasks[m_position++];
    // Relaxed: the count matters to nobody who looks at the tasks.
    m_taken.store(taken + 1, std::memory_order_relaxed);
    return task;
}

Task *TaskQueue::takeAll()
{
    const std::lock_guard taking(m_taking);
    List all;
    while (Task *task = takeOther(Priority::Highest, Priority::High))
        all.append(task);
    while (Task *task = takeNormal())
        all.append(task);
    while (Task *task = takeOther(Priority::Low, Priority::Lowest))
        all.append(task);
    return all.first;
}

void TaskQueue::close()
{
    const std::lock_guard pushing(m_pushing);
    m_isClosed = true;
}

} // namespace heddle
