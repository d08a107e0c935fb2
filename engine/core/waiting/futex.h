// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <optional>

/// Sleeping until a word changes, as std::atomic::wait, but with a deadline.
///
/// Linux: the futex system call (Drepper, "Futexes Are Tricky", 2011); elsewhere a table of
/// condition variables. What the primitives' slow paths stand on; programs use the primitives.
namespace heddle::futex {

/// Of all deadlines.
using Clock = std::chrono::steady_clock;

/// Sleeps while \a word is \a expected, until a wake-up or \a deadline (none: for ever). Returns
/// also for no reason, so callers look at the word again. False only when the deadline has passed.
/// Any thread; blocks.
HEDDLE_ENGINE_EXPORT bool wait(const std::atomic<quint32> &word, quint32 expected,
                               std::optional<Clock::time_point> deadline = std::nullopt) noexcept;

/// Wakes one thread that sleeps on \a word. It may have ceased to exist: its memory is not read.
/// Any thread; never blocks.
HEDDLE_ENGINE_EXPORT void wakeOne(const std::atomic<quint32> *word) noexcept;
/// Wakes all.
HEDDLE_ENGINE_EXPORT void wakeAll(const std::atomic<quint32> *word) noexcept;

/// For loops that spin before they sleep: lets the other hardware thread of the core run.
inline void pause() noexcept
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
}

/// Whether spinning can help: another processor may bring what is waited for.
[[nodiscard]] HEDDLE_ENGINE_EXPORT bool canSpin() noexcept;

} // namespace heddle::futex
