// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace heddle::asymmetricfence {

/// A pair of fences of which the frequent one costs nothing: each orders what its thread wrote
/// before what it reads afterwards, against the other one in another thread.
///
/// On Linux heavy() is the membarrier system call, which runs a fence on every processor that
/// executes a thread of this process; elsewhere, and where the system refuses, both are ordinary
/// fences. As in Dice, Huang and Yang, "Asymmetric Dekker Synchronization" (2001).

/// Whether light() may leave its fence to heavy().
extern const bool lightIsFree;

/// Any thread; never blocks. A compiler's fence.
inline void light() noexcept
{
    if (lightIsFree) [[likely]]
        std::atomic_signal_fence(std::memory_order_seq_cst);
    else
        std::atomic_thread_fence(std::memory_order_seq_cst);
}
/// Any thread; some microseconds.
void heavy() noexcept;

} // namespace heddle::asymmetricfence
