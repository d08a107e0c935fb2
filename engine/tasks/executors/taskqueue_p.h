// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spinlock_p.h"

#include <heddle/tasks/task.h>
#include <heddle/tasks/taskoptions.h>

#include <array>

namespace heddle {

/// The tasks of an executor that have not started: by priority, and in the order of their
/// submission among equals.
///
/// The two-lock queue of Michael and Scott (1996) on segments instead of nodes, so that neither
/// side follows pointers through memory that the other has just written; the few tasks of other
/// priorities than Normal are in lists beside it.
///
/// Threads: any. Never blocks, but for the short locks. Cost: push() and take() one atomic
/// read-modify-write each, no allocation but for one segment in 1,022 pushes that the queue grows.
class TaskQueue
{
public:
    TaskQueue() = default;
    ~TaskQueue();
    TaskQueue(const TaskQueue &) = delete;
    TaskQueue &operator=(const TaskQueue &) = delete;

    /// False when the queue is closed; then the task is still the caller's.
    ///
    /// Whoever looks afterwards whether somebody sleeps, and whoever says that it will sleep and
    /// looks afterwards at mayHaveTasks(), cannot both miss the other.
    bool push(Task *task, Priority priority);
    /// The next task, or null.
    Task *take();
    /// All tasks, as a list.
    Task *takeAll();
    /// From now on push() refuses.
    void close();

    /// False only if no push() is complete or under way whose task has not been taken.
    [[nodiscard]] bool mayHaveTasks() const
    {
        return m_pushing.isLocked() || m_otherCount.load() != 0
               || m_pushed.load() != m_taken.load();
    }
    /// A snapshot.
    [[nodiscard]] qsizetype size() const
    {
        const quint64 taken = m_taken.load();
        return static_cast<qsizetype>(m_pushed.load() - taken) + m_otherCount.load();
    }

private:
    struct Segment
    {
        static constexpr quint64 Size = 1022; ///< with the link and the allocator's, 8 KiB
        Task *tasks[Size];
        Segment *next = nullptr;
    };
    struct List
    {
        Task *first = nullptr;
        Task *last = nullptr;

        void append(Task *task);
        Task *takeFirst();
    };
    Task *takeNormal();
    Task *takeOther(Priority from, Priority to);

    // Those who push.
    alignas(64) SpinLock m_pushing;
    bool m_isClosed = false;
    Segment *m_last = nullptr;
    quint64 m_room = 0; ///< in the last segment
    std::atomic<quint64> m_pushed{0};

    // Those who take.
    alignas(64) SpinLock m_taking;
    Segment *m_first = nullptr;
    quint64 m_position = 0; ///< in the first segment
    quint64 m_known = 0;    ///< what m_pushed was when it was looked at last
    std::atomic<quint64> m_taken{0};
    std::array<List, 5> m_others; ///< by priority
    std::atomic<int> m_otherCount{0};

    // Both, seldom.
    alignas(64) std::atomic<Segment *> m_firstEver{nullptr};
    std::atomic<Segment *> m_spare{nullptr};
};

} // namespace heddle
