// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>
#include <heddle/trace/record.h>

namespace heddle {

/// Is told when its thread sleeps on a primitive: how a pool learns that a worker is not working.
///
/// An executor sets one in each of its workers. It is not told of waits that end while they spin.
///
/// Threads: the calls come in the thread that blocks, which holds no lock of the primitive's then.
class HEDDLE_ENGINE_EXPORT BlockingObserver
{
public:
    virtual ~BlockingObserver();

    /// The calling thread is about to sleep until something happens to \a object.
    virtual void aboutToBlock(trace::ObjectId object, trace::WaitReason reason) noexcept = 0;
    /// It goes on. Follows each aboutToBlock().
    virtual void unblocked() noexcept = 0;

    /// The calling thread's, or null.
    [[nodiscard]] static BlockingObserver *current() noexcept;
    /// Makes \a observer the calling thread's and returns the former one. It is not owned.
    static BlockingObserver *setCurrent(BlockingObserver *observer) noexcept;

protected:
    BlockingObserver() = default;
    BlockingObserver(const BlockingObserver &) = default;
    BlockingObserver &operator=(const BlockingObserver &) = default;
};

} // namespace heddle
