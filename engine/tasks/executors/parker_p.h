// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/futex.h>
#include <heddle/trace/object.h>

#include <atomic>

namespace heddle {

/// Where one thread sleeps until another tells it to go on.
///
/// A word of three states as in java.util.concurrent.locks.LockSupport: who is told before it
/// sleeps does not sleep. Parkers are never destroyed, only used again by other threads: so
/// whoever has seen a thread sleep may tell it to go on at any time later. Therefore a sleeper may
/// be told for nothing and looks again at what it waits for.
class Parker
{
public:
    /// The calling thread's.
    static Parker &current();

    /// Sleeps until unpark(), or until \a deadline. The calling thread's only. Blocks.
    void park(std::optional<futex::Clock::time_point> deadline = std::nullopt) noexcept
    {
        quint32 expected = Awake;
        // Acquire, here and below: pairs with unpark(), whose caller did what we wait for.
        if (m_word.compare_exchange_strong(expected, Asleep, std::memory_order_acq_rel)) {
            while (m_word.load(std::memory_order_acquire) == Asleep) {
                if (!futex::wait(m_word, Asleep, deadline))
                    break;
            }
        }
        m_word.exchange(Awake, std::memory_order_acq_rel);
    }
    /// Any thread; a system call if the thread sleeps.
    void unpark() noexcept
    {
        m_waker.store(trace::currentThread(), std::memory_order_relaxed); // told of by the exchange
        if (m_word.exchange(Told, std::memory_order_acq_rel) == Asleep)
            futex::wakeOne(&m_word);
    }
    /// Who called unpark() last.
    [[nodiscard]] trace::ThreadIndex waker() const noexcept
    {
        return m_waker.load(std::memory_order_relaxed); // after park(), which has the order
    }

private:
    enum : quint32 { Awake, Told, Asleep };
    std::atomic<quint32> m_word{Awake};
    std::atomic<trace::ThreadIndex> m_waker{0};
};

} // namespace heddle
