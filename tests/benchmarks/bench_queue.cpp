// SPDX-License-Identifier: Apache-2.0
// A bounded queue between threads, beside those that a C++ or Qt programmer would write or take.
#include "compare.h"

#include <heddle/core/queue.h>

#include <QMutex>
#include <QQueue>
#include <QWaitCondition>

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>

#ifdef HEDDLE_HAS_TBB
#    include <tbb/concurrent_queue.h>
#endif
#ifdef HEDDLE_HAS_CONCURRENTQUEUE
#    include <concurrentqueue/blockingconcurrentqueue.h>
#endif

using namespace heddle::benchmarks;

namespace {

constexpr int Capacity = 1024;

/// A cache line's worth.
struct Packet
{
    Packet() = default;
    explicit Packet(int number) { words[0] = number; }
    explicit operator int() const { return static_cast<int>(words[0]); }

    std::array<qint64, 8> words{};
};

template <typename T>
class HeddleQueue
{
public:
    void put(T item) { m_queue.put(std::move(item)); }
    T get() { return m_queue.get(); }

private:
    heddle::Queue<T> m_queue{"bench", Capacity};
};

template <typename T>
class StdQueue
{
public:
    void put(T item)
    {
        std::unique_lock lock(m_mutex);
        m_notFull.wait(lock, [this] { return m_items.size() < Capacity; });
        m_items.push_back(std::move(item));
        lock.unlock();
        m_notEmpty.notify_one();
    }
    T get()
    {
        std::unique_lock lock(m_mutex);
        m_notEmpty.wait(lock, [this] { return !m_items.empty(); });
        T item = std::move(m_items.front());
        m_items.pop_front();
        lock.unlock();
        m_notFull.notify_one();
        return item;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_notFull;
    std::condition_variable m_notEmpty;
    std::deque<T> m_items;
};

template <typename T>
class QtQueue
{
public:
    void put(T item)
    {
        QMutexLocker lock(&m_mutex);
        while (m_items.size() >= Capacity)
            m_notFull.wait(&m_mutex);
        m_items.enqueue(std::move(item));
        lock.unlock();
        m_notEmpty.wakeOne();
    }
    T get()
    {
        QMutexLocker lock(&m_mutex);
        while (m_items.isEmpty())
            m_notEmpty.wait(&m_mutex);
        T item = m_items.dequeue();
        lock.unlock();
        m_notFull.wakeOne();
        return item;
    }

private:
    QMutex m_mutex;
    QWaitCondition m_notFull;
    QWaitCondition m_notEmpty;
    QQueue<T> m_items;
};

#ifdef HEDDLE_HAS_TBB
template <typename T>
class TbbQueue
{
public:
    TbbQueue() { m_items.set_capacity(Capacity); }
    void put(T item) { m_items.push(std::move(item)); }
    T get()
    {
        T item;
        m_items.pop(item);
        return item;
    }

private:
    tbb::concurrent_bounded_queue<T> m_items;
};
#endif

#ifdef HEDDLE_HAS_CONCURRENTQUEUE
template <typename T>
class MoodycamelQueue
{
public:
    void put(T item) { m_items.enqueue(std::move(item)); }
    T get()
    {
        T item;
        m_items.wait_dequeue(item);
        return item;
    }

private:
    moodycamel::BlockingConcurrentQueue<T> m_items;
};
#endif

template <typename Queue, typename T>
Contestant through(int producers, int consumers)
{
    return [=](qint64 operations) -> Figures {
        Queue queue;
        const auto share = [operations](int part, int parts) {
            return static_cast<int>(operations * (part + 1) / parts - operations * part / parts);
        };
        std::vector<std::function<void()>> bodies;
        for (int k = 0; k < producers; ++k) {
            bodies.emplace_back([&queue, count = share(k, producers)] {
                for (int number = 0; number < count; ++number)
                    queue.put(T(number));
            });
        }
        for (int k = 0; k < consumers; ++k) {
            bodies.emplace_back([&queue, count = share(k, consumers)] {
                for (int number = 0; number < count; ++number)
                    keep(static_cast<int>(queue.get()));
            });
        }
        return {together(bodies) / static_cast<double>(operations)};
    };
}

template <typename T>
Comparison bounded(const QString &item, int producers, int consumers)
{
    Comparison comparison(QStringLiteral("queue"),
                          QStringLiteral("%1 through a bounded queue, %2P%3C")
                                  .arg(item)
                                  .arg(producers)
                                  .arg(consumers),
                          400'000);
    comparison.heddle(QStringLiteral("Queue"), through<HeddleQueue<T>, T>(producers, consumers))
            .peer(QStringLiteral("std::mutex and condition_variable"),
                  through<StdQueue<T>, T>(producers, consumers))
            .peer(QStringLiteral("QMutex and QWaitCondition"),
                  through<QtQueue<T>, T>(producers, consumers))
            .timesFaster(producers == 1 ? 5 : 2,
                         QStringLiteral("std::mutex and condition_variable"))
            .recordingRecords(2, 15);
#ifdef HEDDLE_HAS_TBB
    comparison.peer(QStringLiteral("tbb::concurrent_bounded_queue"),
                    through<TbbQueue<T>, T>(producers, consumers));
#endif
#ifdef HEDDLE_HAS_CONCURRENTQUEUE
    comparison
            .peer(QStringLiteral("moodycamel's blocking queue (unbounded)"),
                  through<MoodycamelQueue<T>, T>(producers, consumers))
            .timesFaster(producers == 1 ? 3 : 1,
                         QStringLiteral("moodycamel's blocking queue (unbounded)"));
#endif
    return comparison;
}

const Registered ints(bounded<int>(QStringLiteral("an int"), 1, 1));
const Registered packets(bounded<Packet>(QStringLiteral("64 bytes"), 1, 1));
const Registered intsFrom2(bounded<int>(QStringLiteral("an int"), 2, 2));
const Registered packetsFrom2(bounded<Packet>(QStringLiteral("64 bytes"), 2, 2));
const Registered intsFrom8(bounded<int>(QStringLiteral("an int"), 8, 8));

} // namespace
