// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/handedover.h>
#include <heddle/trace/export.h>

#include <atomic>
#include <type_traits>

namespace heddle {

/// A fence between two kinds of threads that only the rare kind pays for.
///
/// Two threads that each store into one place and then load from the other's must not both miss
/// what the other stored. That takes a full fence in both, some 5 to 10 ns; where one side runs
/// millions of times more often, it leaves its fence out and the other one runs it for all threads:
/// the frequent side calls store() and then loads; the rare side stores, calls synchronize() and
/// then loads. All those stores and loads are sequentially consistent but for the one in store().
///
/// After M. Desnoyers, membarrier(2), command PRIVATE_EXPEDITED (Linux), and
/// FlushProcessWriteBuffers (Windows). Where neither is, and under the thread sanitizer, which
/// knows neither, store() is an ordinary sequentially consistent store.
///
/// Threads: any; never blocks. Cost: store() a plain store, synchronize() some microseconds.
class HEDDLE_ENGINE_EXPORT ProcessBarrier
{
public:
    /// The frequent side: stores \a value, with release order, before what this thread loads next.
    template <typename T>
    static void store(std::atomic<T> &place, std::type_identity_t<T> value) noexcept
    {
#ifndef HEDDLE_THREAD_SANITIZER
        // Relaxed: it changes once, and both ways are right at any time.
        if (s_isAsymmetric.load(std::memory_order_relaxed)) [[likely]] {
            place.store(value, std::memory_order_release);
            std::atomic_signal_fence(std::memory_order_seq_cst); // the compiler too keeps the order
            return;
        }
#endif
        place.store(value);
    }

    /// The same for a frequent side that has stored something in its own way, with release order.
    static void fence() noexcept
    {
#ifdef HEDDLE_THREAD_SANITIZER
        synchronize();
#else
        if (s_isAsymmetric.load(std::memory_order_relaxed)) [[likely]]
            std::atomic_signal_fence(std::memory_order_seq_cst);
        else
            std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with the rare side's
#endif
    }

    /// The rare side: between its store and its load.
    static void synchronize() noexcept;

private:
    static std::atomic<bool> s_isAsymmetric; ///< the operating system runs the fence for all
};

} // namespace heddle
