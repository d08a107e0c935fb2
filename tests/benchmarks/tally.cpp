// SPDX-License-Identifier: Apache-2.0
#include "tally.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>

namespace heddle::benchmarks {

namespace {
// Each thread's own cache line; those of ended threads are kept, and used by no other.
struct alignas(64) OwnCount
{
    std::atomic<qint64> value{0};
};
struct OwnCounts
{
    std::mutex mutex;
    std::deque<OwnCount> counts;

    static OwnCounts &instance()
    {
        static OwnCounts counts;
        return counts;
    }
    std::atomic<qint64> &add()
    {
        const std::lock_guard lock(mutex);
        return counts.emplace_back().value;
    }
};
} // namespace

void Tally::count()
{
    static thread_local std::atomic<qint64> &own = OwnCounts::instance().add();
    // Only this thread writes it. Pairs with the acquire load in sum().
    own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

qint64 Tally::sum()
{
    OwnCounts &all = OwnCounts::instance();
    const std::lock_guard lock(all.mutex);
    qint64 sum = 0;
    for (const OwnCount &own : all.counts)
        sum += own.value.load(std::memory_order_acquire); // pairs with the store in count()
    return sum;
}

void Tally::waitFor(qint64 times) const
{
    // A look now and then takes nothing from those who work; a wake-up would cost them one more
    // operation each. A round lasts some hundred times as long.
    while (sum() - m_before < times)
        std::this_thread::sleep_for(std::chrono::microseconds(50));
}

} // namespace heddle::benchmarks
