// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/futex.h>

#include <atomic>
#include <thread>

namespace heddle {

/// A lock for a few instructions. Who does not get it waits longer each time, so that its owner
/// keeps the cache line; then lets other threads run, for the owner may have been interrupted.
class SpinLock
{
public:
    void lock()
    {
        // Sequentially consistent: TaskQueue relies on its place in the one order of all threads.
        if (!m_locked.exchange(true)) [[likely]]
            return;
        lockSlowly();
    }
    // Pairs with the exchange of the next owner.
    void unlock() { m_locked.store(false, std::memory_order_release); }
    [[nodiscard]] bool isLocked() const { return m_locked.load(); }

private:
    void lockSlowly()
    {
        for (int spins = 4;; spins *= 2) {
            if (spins > 512) {
                std::this_thread::yield();
                spins = 512;
            } else {
                for (int k = 0; k < spins; ++k)
                    futex::pause();
            }
            // Relaxed: the exchange decides.
            if (!m_locked.load(std::memory_order_relaxed) && !m_locked.exchange(true))
                return;
        }
    }

    std::atomic<bool> m_locked{false};
};

} // namespace heddle
