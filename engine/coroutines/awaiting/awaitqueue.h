// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/outcome.h>
#include <heddle/core/queue.h>
#include <heddle/coroutines/primitiveawaiter.h>

#include <optional>
#include <utility>

namespace heddle {

/// Awaits an item of a queue. Made by getFrom().
template <typename AnyQueue>
class QueueGetAwaiter final : public PrimitiveAwaiter
{
    using Item = decltype(std::declval<AnyQueue &>().get());

public:
    explicit QueueGetAwaiter(AnyQueue &queue)
        : PrimitiveAwaiter(queue.object().id(), trace::WaitReason::QueueEmpty)
        , m_queue(queue)
    {}
    ~QueueGetAwaiter() override { leaveIfWaiting(); }

    [[nodiscard]] bool await_ready()
    {
        m_outcome = m_queue.tryGet(m_item);
        return m_outcome != Outcome::Empty;
    }
    Item await_resume()
    {
        throwIfCancelled();
        if (m_outcome == Outcome::ShutDown)
            throw ShutDown(QStringLiteral("The queue was shut down"), m_queue.name());
        return std::move(*m_item);
    }

private:
    bool enlist() override { return m_queue.notifyWhenItem(*this); }
    bool tryTake() override
    {
        m_outcome = m_queue.tryGet(m_item);
        if (m_outcome == Outcome::Empty)
            return false;
        leave(); // there may be items for the next
        return true;
    }
    void leave() noexcept override { m_queue.forget(*this); }

    AnyQueue &m_queue;
    Outcome m_outcome = Outcome::Empty;
    std::optional<Item> m_item;
};

/// Awaits room in a queue and puts an item there. Made by putInto().
template <typename AnyQueue>
class QueuePutAwaiter final : public PrimitiveAwaiter
{
    using Item = decltype(std::declval<AnyQueue &>().get());

public:
    QueuePutAwaiter(AnyQueue &queue, Item item)
        : PrimitiveAwaiter(queue.object().id(), trace::WaitReason::QueueFull)
        , m_queue(queue)
        , m_item(std::move(item))
    {}
    ~QueuePutAwaiter() override { leaveIfWaiting(); }

    [[nodiscard]] bool await_ready()
    {
        m_outcome = m_queue.tryPut(m_item);
        return m_outcome != Outcome::Full;
    }
    void await_resume()
    {
        throwIfCancelled();
        if (m_outcome == Outcome::ShutDown)
            throw ShutDown(QStringLiteral("The queue was shut down"), m_queue.name());
    }

private:
    bool enlist() override { return m_queue.notifyWhenRoom(*this); }
    bool tryTake() override
    {
        m_outcome = m_queue.tryPut(m_item);
        if (m_outcome == Outcome::Full)
            return false;
        leave();
        return true;
    }
    void leave() noexcept override { m_queue.forget(*this); }

    AnyQueue &m_queue;
    Outcome m_outcome = Outcome::Full;
    Item m_item;
};

/// co_await getFrom(queue): the next item of a Queue, LifoQueue or PriorityQueue, which threads and
/// other loops may share; other tasks run while it waits. Does not suspend if there is one.
/// \throws ShutDown when the queue is shut down and drained; Cancelled, and then no item is lost
template <typename AnyQueue>
[[nodiscard]] QueueGetAwaiter<AnyQueue> getFrom(AnyQueue &queue)
{
    return QueueGetAwaiter<AnyQueue>(queue);
}
/// co_await putInto(queue, item): puts \a item when there is room. Does not suspend if there is.
/// \throws ShutDown; Cancelled, and then \a item is dropped
template <typename AnyQueue, typename Item>
[[nodiscard]] QueuePutAwaiter<AnyQueue> putInto(AnyQueue &queue, Item &&item)
{
    return QueuePutAwaiter<AnyQueue>(queue, std::forward<Item>(item));
}

} // namespace heddle
