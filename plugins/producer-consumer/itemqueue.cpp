// SPDX-License-Identifier: Apache-2.0
#include "itemqueue.h"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace {

namespace trace = heddle::trace;

class LibraryQueue final : public ItemQueue
{
public:
    explicit LibraryQueue(qsizetype capacity)
        : m_queue("items", capacity)
    {}
    void put(Item item, std::stop_token stop) override { m_queue.put(item, stop); }
    Item get(std::stop_token stop) override { return m_queue.get(stop); }
    void taskDone() override { m_queue.taskDone(); }
    void join(std::stop_token stop) override { m_queue.join(stop); }
    void shutDown() override { m_queue.shutDown(); }
    qsizetype size() const override { return m_queue.size(); }
    qsizetype unfinished() const override { return m_queue.unfinished(); }
    qsizetype takenUnfinished() const override { return m_queue.takenUnfinished(); }

private:
    heddle::Queue<Item> m_queue;
};

// One condition serves those who wait for room, for an item and for the end. So every change wakes
// all of them, and each has to look again.
class HandmadeQueue final : public ItemQueue
{
public:
    HandmadeQueue(qsizetype capacity, bool testsOnce)
        : m_object(trace::ObjectKind::Queue, "items", capacity)
        , m_capacity(capacity)
        , m_testsOnce(testsOnce)
    {}

    void put(Item item, std::stop_token stop) override
    {
        const auto hasRoom = [this] {
            return m_shutDown || m_capacity == 0 || depth() < m_capacity;
        };
        changeWhen(hasRoom, trace::WaitReason::QueueFull, stop, [&] {
            if (m_shutDown)
                throw heddle::ShutDown(QStringLiteral("The queue was shut down"), where());
            m_entries.push_back({item, {}});
            if (item)
                m_entries.back().flow = trace::Flow::begin(trace::FlowKind::QueueItem);
            ++m_unfinished;
            m_object.count(depth());
        });
    }
    Item get(std::stop_token stop) override
    {
        Item item;
        const auto hasItem = [this] { return m_shutDown || !m_entries.empty(); };
        changeWhen(hasItem, trace::WaitReason::QueueEmpty, stop, [&] {
            if (m_entries.empty() && m_shutDown)
                throw heddle::ShutDown(QStringLiteral("The queue was shut down"), where());
            if (m_entries.empty()) {
                throw heddle::Error(
                        QStringLiteral("A consumer was about to take an item from an empty queue"),
                        where(),
                        QStringLiteral("Look again after each wait: while in place of if"));
            }
            item = m_entries.front().item;
            m_entries.front().flow.end();
            m_entries.pop_front();
            ++m_taken;
            m_object.count(depth());
        });
        return item;
    }
    void taskDone() override
    {
        change([this] {
            if (m_unfinished == 0) {
                throw heddle::Error(
                        QStringLiteral("taskDone() was called more often than items were put"),
                        where(), QStringLiteral("Call it once for each item taken"));
            }
            --m_unfinished;
            ++m_done;
        });
    }
    void join(std::stop_token stop) override
    {
        changeWhen([this] { return m_unfinished == 0; }, trace::WaitReason::QueueJoin, stop, [] {});
    }
    void shutDown() override
    {
        change([this] { m_shutDown = true; });
    }
    qsizetype size() const override
    {
        const std::lock_guard lock(m_mutex);
        return depth();
    }
    qsizetype unfinished() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_unfinished;
    }
    qsizetype takenUnfinished() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_taken - m_done;
    }

private:
    struct Entry
    {
        Item item;
        trace::Flow flow;
    };

    static QString where() { return QStringLiteral("items, the queue written by hand"); }
    qsizetype depth() const { return static_cast<qsizetype>(m_entries.size()); }

    template <typename Change>
    void change(Change change)
    {
        const std::lock_guard lock(m_mutex);
        change();
        wakeAll();
    }
    template <typename Ready, typename Change>
    void changeWhen(Ready isReady, trace::WaitReason reason, const std::stop_token &stop,
                    Change change)
    {
        // The lock lets nobody be woken between looking and waiting.
        const std::stop_callback wakeUp(stop, [this] {
            const std::lock_guard lock(m_mutex);
            wakeAll();
        });
        std::unique_lock lock(m_mutex);
        while (!isReady() && !stop.stop_requested()) {
            trace::Wait wait(m_object, reason);
            m_condition.wait(lock);
            wait.finish(stop.stop_requested() ? trace::WaitOutcome::Stopped
                                              : trace::WaitOutcome::Woken,
                        m_waker);
            if (m_testsOnce)
                break;
        }
        if (!isReady() && stop.stop_requested())
            throw heddle::Stopped(QStringLiteral("A stop was requested"), where());
        change();
        wakeAll();
    }
    void wakeAll()
    {
        m_waker = trace::currentThread();
        m_condition.notify_all();
    }

    trace::Object m_object;
    const qsizetype m_capacity;
    const bool m_testsOnce;
    mutable std::mutex m_mutex;
    std::condition_variable m_condition;
    std::deque<Entry> m_entries;
    trace::ThreadIndex m_waker = 0;
    qsizetype m_unfinished = 0;
    qsizetype m_taken = 0;
    qsizetype m_done = 0;
    bool m_shutDown = false;
};

} // namespace

std::unique_ptr<ItemQueue> ItemQueue::ofLibrary(qsizetype capacity)
{
    return std::make_unique<LibraryQueue>(capacity);
}

std::unique_ptr<ItemQueue> ItemQueue::byHand(qsizetype capacity, bool testsOnce)
{
    return std::make_unique<HandmadeQueue>(capacity, testsOnce);
}
