// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/futex.h>

#include <array>
#include <cstddef>

namespace heddle {

/// Threads to be woken when a primitive's mutex has been released, so that none of them wakes only
/// to wait for that mutex.
///
/// Declare it before the lock, so that it is destroyed after it. Threads: one, on its stack.
///
/// \code
/// Wakes wakes;
/// const std::lock_guard lock(m_mutex);
/// m_waiters.wakeOne(wakes);
/// \endcode
class Wakes
{
public:
    Wakes() = default;
    ~Wakes() { wakeNow(); }
    Wakes(const Wakes &) = delete;
    Wakes &operator=(const Wakes &) = delete;

    /// Wakes one thread that sleeps on \a word later; its waiter may be gone by then.
    void add(const std::atomic<quint32> &word) noexcept
    {
        if (m_count == m_words.size())
            wakeNow();
        m_words[m_count++] = &word;
    }

    /// Wakes those that were added so far; for those who release the mutex before the scope's end.
    void wakeNow() noexcept
    {
        for (std::size_t k = 0; k < m_count; ++k)
            futex::wakeOne(m_words[k]);
        m_count = 0;
    }

private:
    std::array<const std::atomic<quint32> *, 8> m_words; // the first m_count ones are set
    std::size_t m_count = 0;
};

} // namespace heddle
