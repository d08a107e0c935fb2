// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QtGlobal>

#include <atomic>

namespace heddle {

class Parker;

/// Counts work that is under way, and lets the thread that owns it sleep until none is left.
///
/// The owner counts without atomic operations what it starts and ends itself; only what other
/// threads start and end costs one each. It adds its part when it goes to sleep.
///
/// Threads: one owner, which creates it; any other through startElsewhere() and endElsewhere().
class HEDDLE_ENGINE_EXPORT Completion
{
public:
    Completion() = default;
    Completion(const Completion &) = delete;
    Completion &operator=(const Completion &) = delete;

    /// By the owner. Never block.
    void startHere() { ++m_here; }
    void endHere() { --m_here; }
    /// By others, who must know that the work is not complete: because theirs is part of it.
    void startElsewhere() { m_elsewhere.fetch_add(One, std::memory_order_relaxed); }
    /// The last access: the owner may destroy this at once. Wakes the owner if it sleeps for this.
    void endElsewhere();

    /// By the owner. Whoever sees true also sees what the others did.
    [[nodiscard]] bool isComplete() const
    {
        // Pairs with endElsewhere().
        return m_here * One + (m_elsewhere.load(std::memory_order_acquire) & ~qint64{Sleeping})
               == 0;
    }
    /// By the owner: from now on whoever completes the work unparks \a parker. False if it is
    /// complete already.
    bool announceSleep(Parker &parker);
    /// By the owner, after announceSleep() gave true.
    void endSleep();

private:
    static constexpr qint64 Sleeping = 1;
    static constexpr qint64 One = 2;

    qint64 m_here = 0;
    std::atomic<Parker *> m_sleeper{nullptr};
    std::atomic<qint64> m_elsewhere{0};
};

} // namespace heddle
