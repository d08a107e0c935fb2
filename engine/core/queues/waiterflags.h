// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/processbarrier.h>
#include <heddle/trace/export.h>

#include <QtGlobal>

#include <atomic>

namespace heddle {

/// Which kinds of waiters a primitive has, asked after each change by threads that do not take its
/// mutex.
///
/// A waiter raises its flag and then looks whether it need not wait; who changes something looks at
/// the flags afterwards. One of the two sees the other: raise() pays for the fence that this takes
/// (ProcessBarrier), so a change costs no more than a load. The scheme is Dice, Huang and Yang's
/// "Asymmetric Dekker Synchronization" (2001).
///
/// Threads: anyOf() any; raise() and lower() under the mutex of the primitive.
class HEDDLE_ENGINE_EXPORT WaiterFlags
{
public:
    /// Whether one of \a flags is raised. Whoever calls it has made a change before, which a waiter
    /// that it does not see sees.
    [[nodiscard]] bool anyOf(quint32 flags) const noexcept
    {
#ifdef HEDDLE_THREAD_SANITIZER
        // It does not know fences. As a read-modify-write this is ordered with that of raise().
        return m_flags.fetch_or(0, std::memory_order_seq_cst) & flags;
#else
        ProcessBarrier::fence(); // pairs with raise()
        return m_flags.load(std::memory_order_relaxed) & flags;
#endif
    }

    /// Raises \a flag. What others changed without seeing it is visible to the caller afterwards.
    /// Some microseconds if it was not raised.
    void raise(quint32 flag) noexcept
    {
        if (!(m_flags.load(std::memory_order_relaxed) & flag))
            raiseAndFence(flag);
    }
    void lower(quint32 flag) noexcept
    {
        m_flags.fetch_and(~flag, std::memory_order_relaxed);
    }

private:
    void raiseAndFence(quint32 flag) noexcept;

    mutable std::atomic<quint32> m_flags{0};
};

} // namespace heddle
