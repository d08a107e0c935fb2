// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/readyqueue.h>

#include <atomic>

namespace heddle {

/// The way into an event loop for other threads: many push, the loop collects.
///
/// One word holds both what has arrived (a stack, newest first, taken as a whole) and whether the
/// loop sleeps, so no wake-up is lost and none is made that is not needed: the one push that finds
/// the loop asleep wakes it.
///
/// Cost: one compare-and-swap a push. Threads: push() any; the others the loop's own.
class Inbox
{
public:
    Inbox() = default;
    Inbox(const Inbox &) = delete;
    Inbox &operator=(const Inbox &) = delete;

    /// True when the caller has to wake the loop. The loop may run and destroy \a item before this
    /// returns.
    [[nodiscard]] bool push(ReadyItem &item) noexcept
    {
        ReadyItem *head = m_head.load(std::memory_order_relaxed);
        do {
            item.m_next = head == asleep() ? nullptr : head;
            // Pairs with collect(): what came before the push comes before the item's run.
        } while (!m_head.compare_exchange_weak(head, &item, std::memory_order_release,
                                               std::memory_order_relaxed));
        return head == asleep();
    }
    /// Moves what has arrived into \a ready, in the order of arrival, and is awake.
    void collect(ReadyQueue &ready) noexcept
    {
        if (!m_head.load(std::memory_order_relaxed))
            return;
        // Pairs with push().
        ReadyItem *item = m_head.exchange(nullptr, std::memory_order_acquire);
        if (item == asleep())
            return;
        ReadyItem *oldest = nullptr;
        while (item) {
            ReadyItem *next = std::exchange(item->m_next, oldest);
            oldest = std::exchange(item, next);
        }
        while (oldest)
            ready.push(*std::exchange(oldest, oldest->m_next));
    }
    /// From now on a push asks for a wake-up. False, and then it does not, if something is here.
    [[nodiscard]] bool sleep() noexcept
    {
        ReadyItem *head = nullptr;
        return m_head.compare_exchange_strong(head, asleep(), std::memory_order_relaxed)
               || head == asleep();
    }
    /// Whether collect() would find nothing.
    [[nodiscard]] bool isEmpty() const noexcept
    {
        const ReadyItem *head = m_head.load(std::memory_order_relaxed);
        return !head || head == asleep();
    }

private:
    // No item can be at this address.
    static ReadyItem *asleep() noexcept { return reinterpret_cast<ReadyItem *>(1); }

    std::atomic<ReadyItem *> m_head{nullptr};
};

} // namespace heddle
