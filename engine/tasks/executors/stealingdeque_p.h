// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <atomic>
#include <memory>
#include <vector>

namespace heddle {

class Task;

/// A worker's own tasks: the worker pushes and pops at one end, the newest first; others steal at
/// the other end, the oldest first.
///
/// The deque of Chase and Lev, "Dynamic Circular Work-Stealing Deque" (2005). Where Lê, Pop, Cohen
/// and Zappa Nardelli (2013) have fences, the accesses to both ends are sequentially consistent
/// instead: the sanitizer understands those, and they cost the same.
///
/// Threads: push() and pop() the owner; the rest any. Never blocks. Cost: push() no atomic
/// read-modify-write, pop() and steal() one; an allocation when it has to grow.
class StealingDeque
{
public:
    StealingDeque()
    {
        m_arrays.push_back(std::make_unique<Array>(64));
        m_array.store(m_arrays.back().get(), std::memory_order_relaxed); // nobody knows it yet
    }

    /// \throws std::bad_alloc; then nothing has changed.
    void push(Task *task)
    {
        // Relaxed: only the owner changes it.
        const qint64 bottom = m_bottom.load(std::memory_order_relaxed);
        Array *array = m_array.load(std::memory_order_relaxed); // only the owner changes it
        if (bottom - m_topSeen >= array->size) [[unlikely]]
            array = makeRoom(array, bottom);
        array->at(bottom).store(task, std::memory_order_relaxed); // told of by the next line
        // Pairs with the load in steal().
        m_bottom.store(bottom + 1, std::memory_order_release);
    }
    /// The newest task, or null.
    Task *pop()
    {
        // Relaxed: only the owner changes it.
        const qint64 bottom = m_bottom.load(std::memory_order_relaxed) - 1;
        if (bottom < m_topSeen) // thieves only make it less
            return nullptr;
        // An exchange, so that the load of the top comes after it; pairs with steal().
        m_bottom.exchange(bottom);
        qint64 top = m_top.load();
        m_topSeen = top;
        Task *task = nullptr;
        if (top <= bottom) {
            // Relaxed: the owner wrote both.
            task = m_array.load(std::memory_order_relaxed)
                           ->at(bottom)
                           .load(std::memory_order_relaxed);
            if (top < bottom)
                return task;
            // The last one: a thief may have it.
            if (!m_top.compare_exchange_strong(top, top + 1))
                task = nullptr;
            m_topSeen = bottom + 1;
        }
        m_bottom.store(bottom + 1, std::memory_order_relaxed); // empty either way
        return task;
    }
    /// The oldest task, or null: also when another thief was faster.
    Task *steal()
    {
        qint64 top = m_top.load();
        const qint64 bottom = m_bottom.load();
        if (top >= bottom)
            return nullptr;
        // Pairs with makeRoom().
        Array *array = m_array.load(std::memory_order_acquire);
        // Relaxed: the exchange below decides whether it was still there.
        Task *task = array->at(top).load(std::memory_order_relaxed);
        return m_top.compare_exchange_strong(top, top + 1) ? task : nullptr;
    }
    /// A snapshot; the owner's pushes become visible soon.
    [[nodiscard]] bool isEmpty() const { return m_bottom.load() <= m_top.load(); }

private:
    struct Array
    {
        explicit Array(qint64 capacity)
            : size(capacity)
            , slots(new std::atomic<Task *>[static_cast<std::size_t>(capacity)])
        {}
        std::atomic<Task *> &at(qint64 index)
        {
            return slots[static_cast<std::size_t>(index & (size - 1))];
        }
        const qint64 size; ///< a power of two
        std::unique_ptr<std::atomic<Task *>[]> slots;
    };

    Array *makeRoom(Array *array, qint64 bottom)
    {
        m_topSeen = m_top.load();
        if (bottom - m_topSeen < array->size)
            return array;
        auto larger = std::make_unique<Array>(array->size * 2);
        for (qint64 index = m_topSeen; index < bottom; ++index) {
            // Relaxed: the owner wrote what it reads; the store of m_array tells of the copy.
            larger->at(index).store(array->at(index).load(std::memory_order_relaxed),
                                    std::memory_order_relaxed);
        }
        // A thief may still read the smaller one; all stay until the end.
        m_arrays.push_back(std::move(larger));
        Array *now = m_arrays.back().get();
        m_array.store(now, std::memory_order_release); // pairs with steal()
        return now;
    }

    alignas(64) std::atomic<qint64> m_bottom{0};
    qint64 m_topSeen = 0; ///< the owner's: the top is at least that
    std::atomic<Array *> m_array{nullptr};
    std::vector<std::unique_ptr<Array>> m_arrays;
    alignas(64) std::atomic<qint64> m_top{0};
};

} // namespace heddle
