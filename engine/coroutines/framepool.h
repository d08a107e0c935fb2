// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#    define HEDDLE_NO_FRAME_POOL
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define HEDDLE_NO_FRAME_POOL
#    endif
#endif

namespace heddle {

/// Memory for coroutine frames and tasks, which come and go often and in few sizes.
///
/// Each thread keeps free blocks of each size class; taking and giving back costs a few
/// instructions. A block may be given back by another thread than the one that took it: what a
/// thread has too many of goes in batches to a depot that all threads share, and comes from there
/// to threads that have none (magazines, as Bonwick and Adams describe them, USENIX 2001). A
/// thread's blocks go to the depot when it ends. Large frames come from the heap, and under the
/// address sanitizer all do, so that it sees their use after their end.
///
/// Threads: any. Blocks: for the depot's mutex at most, once in HalfOfLimit blocks.
class HEDDLE_ENGINE_EXPORT FramePool
{
public:
    static void *allocate(std::size_t bytes)
    {
#ifndef HEDDLE_NO_FRAME_POOL
        const std::size_t size = sizeClass(bytes);
        if (size < Classes) [[likely]] {
            List &list = t_lists[size];
            if (Block *block = list.first) [[likely]] {
                list.first = block->next;
                --list.count;
                return block;
            }
            return allocateSlowly(size);
        }
#endif
        return ::operator new(bytes);
    }
    static void release(void *memory, std::size_t bytes) noexcept
    {
#ifndef HEDDLE_NO_FRAME_POOL
        const std::size_t size = sizeClass(bytes);
        if (size < Classes) [[likely]] {
            auto *block = static_cast<Block *>(memory);
            List &list = t_lists[size];
            if (list.count < Limit) [[likely]] {
                block->next = list.first;
                list.first = block;
                ++list.count;
                return;
            }
            releaseSlowly(block, size);
            return;
        }
#endif
        ::operator delete(memory, bytes);
    }

private:
    struct Block
    {
        Block *next;
    };
    struct List
    {
        Block *first = nullptr;
        std::uint32_t count = Limit; ///< until the thread has used the pool, and after its end
    };
    struct Depot;
    struct ThreadEnd;

    static constexpr std::size_t Granule = 64;
    static constexpr std::size_t Classes = 16; ///< up to 1 KiB
    static constexpr std::uint32_t Limit = 128;
    static constexpr std::uint32_t HalfOfLimit = Limit / 2;

    static constexpr std::size_t sizeClass(std::size_t bytes)
    {
        return (bytes - 1) / Granule;
    }
    static void *allocateSlowly(std::size_t size);
    static void releaseSlowly(Block *block, std::size_t size) noexcept;
    static bool useThread();
    static void leaveThread() noexcept;

#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    static constinit thread_local std::array<List, Classes>
            t_lists;
};

} // namespace heddle
