// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/taskmemory.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace heddle {

thread_local constinit TaskMemory::Blocks *TaskMemory::t_blocks = nullptr;

namespace {

constexpr quint32 BundleSize = 64;
/// 256 bundles of 64 small blocks are 1 MiB.
constexpr std::size_t MaximumBundles = 4096;

std::size_t bytes(bool large)
{
    return large ? TaskMemory::LargeBytes : TaskMemory::SmallBytes;
}

void freeBlock(void *block)
{
    ::operator delete(block, std::align_val_t(TaskMemory::Alignment));
}

} // namespace

/// What the threads share: bundles of blocks.
class TaskMemory::Depot
{
public:
    // Outlives every thread: never destroyed.
    static Depot &of(bool large)
    {
        static auto *depots = new Depot[2];
        return depots[large];
    }
    /// Fills the empty \a magazine by a bundle. False if there is none.
    bool take(Magazine &magazine)
    {
        const std::lock_guard lock(m_mutex);
        if (m_bundles.empty())
            return false;
        std::copy_n(m_bundles.back()->blocks, BundleSize, magazine.blocks);
        magazine.count = BundleSize;
        m_spare.push_back(std::move(m_bundles.back()));
        m_bundles.pop_back();
        return true;
    }
    /// Takes the older half of a full \a magazine.
    void give(Magazine &magazine)
    {
        std::unique_lock lock(m_mutex);
        if (m_bundles.size() >= MaximumBundles) {
            lock.unlock();
            std::for_each_n(magazine.blocks, BundleSize, freeBlock);
        } else {
            if (m_spare.empty())
                m_spare.push_back(std::make_unique<Bundle>());
            std::copy_n(magazine.blocks, BundleSize, m_spare.back()->blocks);
            m_bundles.push_back(std::move(m_spare.back()));
            m_spare.pop_back();
        }
        std::copy(magazine.blocks + BundleSize, magazine.blocks + magazine.count, magazine.blocks);
        magazine.count -= BundleSize;
    }

private:
    struct Bundle
    {
        void *blocks[BundleSize];
    };
    std::mutex m_mutex;
    std::vector<std::unique_ptr<Bundle>> m_bundles;
    std::vector<std::unique_ptr<Bundle>> m_spare; ///< empty ones
};

/// A thread's blocks, which return at the thread's end.
struct TaskMemory::Owner
{
    Owner()
        : blocks(std::make_unique<Blocks>())
    {
        t_blocks = blocks.get();
    }
    ~Owner()
    {
        t_blocks = nullptr;
        hasEnded = true;
        for (const bool large : {false, true}) {
            Magazine &magazine = blocks->magazines[large];
            while (magazine.count >= BundleSize)
                Depot::of(large).give(magazine);
            std::for_each_n(magazine.blocks, magazine.count, freeBlock);
        }
    }
    std::unique_ptr<Blocks> blocks;
    static thread_local constinit bool hasEnded;
};

thread_local constinit bool TaskMemory::Owner::hasEnded = false;

TaskMemory::Blocks *TaskMemory::blocksOfThread()
{
    if (Owner::hasEnded)
        return nullptr; // a destructor that runs after ours
    static thread_local Owner owner;
    return owner.blocks.get();
}

void *TaskMemory::refill(bool large)
{
    if (Blocks *blocks = blocksOfThread()) {
        Magazine &magazine = blocks->magazines[large];
        if (magazine.count > 0 || Depot::of(large).take(magazine))
            return magazine.pop();
    }
    return ::operator new(bytes(large), std::align_val_t(Alignment));
}

void TaskMemory::drain(void *block, bool large)
{
    Blocks *blocks = blocksOfThread();
    if (!blocks) {
        freeBlock(block);
        return;
    }
    Magazine &magazine = blocks->magazines[large];
    if (magazine.count == Magazine::Capacity)
        Depot::of(large).give(magazine);
    magazine.blocks[magazine.count++] = block;
}

} // namespace heddle
