// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/framepool.h>

#include <mutex>
#include <utility>
#include <vector>

namespace heddle {

constinit thread_local std::array<FramePool::List, FramePool::Classes> FramePool::t_lists;

// Lives until the process ends, since threads may end later than static objects.
struct FramePool::Depot
{
    static constexpr std::size_t MostBatches = 256; // of a size class

    std::mutex mutex;
    std::array<std::vector<List>, Classes> batches;

    static Depot &instance()
    {
        static auto *const depot = new Depot;
        return *depot;
    }
    List take(std::size_t size)
    {
        const std::lock_guard lock(mutex);
        if (batches[size].empty())
            return {nullptr, 0};
        const List batch = batches[size].back();
        batches[size].pop_back();
        return batch;
    }
    void give(std::size_t size, List batch) noexcept
    {
        {
            const std::lock_guard lock(mutex);
            if (batches[size].size() < MostBatches) {
                try {
                    batches[size].push_back(batch);
                    return;
                } catch (const std::bad_alloc &) { // then the heap takes it
                }
            }
        }
        while (batch.first) {
            Block *next = batch.first->next;
            ::operator delete(batch.first, (size + 1) * Granule);
            batch.first = next;
        }
    }
};

namespace {

enum class Use : std::uint8_t { NotYet, Pooled, Ended };
constinit thread_local Use t_use = Use::NotYet;

} // namespace

struct FramePool::ThreadEnd
{
    ~ThreadEnd() { leaveThread(); }
};

// False when the thread is ending and no longer has lists.
bool FramePool::useThread()
{
    if (t_use == Use::NotYet) {
        static thread_local ThreadEnd end;
        static_cast<void>(end);
        for (List &list : t_lists)
            list = {nullptr, 0};
        t_use = Use::Pooled;
    }
    return t_use == Use::Pooled;
}

void FramePool::leaveThread() noexcept
{
    t_use = Use::Ended;
    for (std::size_t size = 0; size < Classes; ++size) {
        const List rest = std::exchange(t_lists[size], List{});
        if (rest.first)
            Depot::instance().give(size, rest);
    }
}

void *FramePool::allocateSlowly(std::size_t size)
{
    if (useThread()) {
        t_lists[size] = Depot::instance().take(size);
        if (Block *block = t_lists[size].first) {
            t_lists[size].first = block->next;
            --t_lists[size].count;
            return block;
        }
    }
    return ::operator new((size + 1) * Granule);
}

void FramePool::releaseSlowly(Block *block, std::size_t size) noexcept
{
    if (!useThread()) {
        ::operator delete(block, (size + 1) * Granule);
        return;
    }
    List &list = t_lists[size];
    if (list.count >= Limit) {
        const List batch{list.first, HalfOfLimit};
        Block *last = list.first;
        for (std::uint32_t k = 1; k < HalfOfLimit; ++k)
            last = last->next;
        list.first = std::exchange(last->next, nullptr);
        list.count -= HalfOfLimit;
        Depot::instance().give(size, batch);
    }
    block->next = list.first;
    list.first = block;
    ++list.count;
}

} // namespace heddle
