// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QtGlobal>

#include <cstddef>

namespace heddle {

/// Memory for tasks, kept by each thread for the next one: taking and giving back are a few
/// instructions without a lock.
///
/// A thread keeps up to two magazines of blocks per size (Bonwick and Adams, "Magazines and
/// Vmem", 2001) and trades full and empty ones with a depot that all threads share: so memory that
/// one thread takes and another gives back travels in bundles. What the depot cannot use returns
/// to the heap.
///
/// Threads: any; take() and giveBack() may be called in different ones. Never blocks, but for the
/// depot's lock once per magazine.
class HEDDLE_ENGINE_EXPORT TaskMemory
{
public:
    static constexpr std::size_t SmallBytes = 64;  ///< a cache line
    static constexpr std::size_t LargeBytes = 192; ///< three of them
    static constexpr std::size_t Alignment = 64;   ///< of all blocks

    /// A block of \a Bytes, SmallBytes or LargeBytes. \throws std::bad_alloc
    template <std::size_t Bytes>
    static void *take()
    {
        static_assert(Bytes == SmallBytes || Bytes == LargeBytes);
        Blocks *blocks = t_blocks;
        if (blocks) [[likely]] {
            Magazine &magazine = blocks->magazines[Bytes == LargeBytes];
            if (magazine.count > 0) [[likely]]
                return magazine.pop();
        }
        return refill(Bytes == LargeBytes);
    }
    /// Gives back what take() gave.
    template <std::size_t Bytes>
    static void giveBack(void *block)
    {
        static_assert(Bytes == SmallBytes || Bytes == LargeBytes);
        Blocks *blocks = t_blocks;
        if (blocks) [[likely]] {
            Magazine &magazine = blocks->magazines[Bytes == LargeBytes];
            if (magazine.count < Magazine::Capacity) [[likely]] {
                magazine.blocks[magazine.count++] = block;
                return;
            }
        }
        drain(block, Bytes == LargeBytes);
    }

private:
    struct Magazine
    {
        static constexpr quint32 Capacity = 128; ///< half of it is traded at a time
        // A block that another thread gave back has to come over from its cache: this hides it.
        static constexpr quint32 Ahead = 12;

        void *pop()
        {
            if (count > Ahead)
                __builtin_prefetch(blocks[count - 1 - Ahead], 1);
            return blocks[--count];
        }

        quint32 count = 0;
        void *blocks[Capacity];
    };
    struct Blocks
    {
        Magazine magazines[2];
    };
    class Depot;
    struct Owner;

    static void *refill(bool large);
    static void drain(void *block, bool large);
    static Blocks *blocksOfThread();

#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    static thread_local constinit Blocks *t_blocks;
};

} // namespace heddle
