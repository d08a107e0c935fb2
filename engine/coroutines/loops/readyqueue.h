// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

namespace heddle {

/// Something that an event loop runs in its turn: a step of a task, a call.
///
/// Linked into at most one queue at a time, without allocation.
class ReadyItem
{
public:
    ReadyItem(const ReadyItem &) = delete;
    ReadyItem &operator=(const ReadyItem &) = delete;

protected:
    ReadyItem() = default;
    virtual ~ReadyItem() = default;

    /// Its turn has come. Loop's thread; it is in no queue any more and may end its own life.
    virtual void run() noexcept = 0;
    /// The loop ends before its turn.
    virtual void drop() noexcept {}

private:
    friend class EventLoop;
    friend class ReadyQueue;
    friend class Inbox;
    ReadyItem *m_next = nullptr;
};

/// What is ready, first in, first out. One thread; nothing allocates.
class ReadyQueue
{
public:
    void push(ReadyItem &item)
    {
        item.m_next = nullptr;
        (m_last ? m_last->m_next : m_first) = &item;
        m_last = &item;
        ++m_size;
    }
    /// Null when it is empty.
    ReadyItem *pop()
    {
        ReadyItem *item = m_first;
        if (item) {
            m_first = item->m_next;
            if (!m_first)
                m_last = nullptr;
            --m_size;
        }
        return item;
    }
    [[nodiscard]] bool isEmpty() const { return !m_first; }
    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    ReadyItem *m_first = nullptr;
    ReadyItem *m_last = nullptr;
    std::size_t m_size = 0;
};

} // namespace heddle
