// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <cstdint>
#include <vector>

#if defined(__x86_64__) || defined(__i386__)
#    include <x86intrin.h>
#    define HEDDLE_HAS_TSC 1
#endif

namespace heddle::trace {

/// The recorder's clock: the invariant time-stamp counter where the processor has one, else the
/// monotonic clock.
///
/// Ticks are turned into nanoseconds of CLOCK_MONOTONIC by the reader (TickConversion), never by
/// the writer. Any thread; never blocks.
class HEDDLE_ENGINE_EXPORT Clock
{
public:
    /// Where ticks come from.
    enum class Kind : std::uint32_t { Monotonic = 0, TimeStampCounter = 1 };

    /// The kind that this processor supports. Constant for a process.
    static Kind kind() noexcept { return s_kind; }

    /// The current instant in ticks of kind().
    static std::uint64_t ticks() noexcept
    {
#ifdef HEDDLE_HAS_TSC
        if (s_kind == Kind::TimeStampCounter) [[likely]]
            return __rdtsc();
#endif
        return static_cast<std::uint64_t>(monotonicNs());
    }

    /// The current instant, read once all loads before it are complete.
    ///
    /// RDTSC alone may run ahead of an earlier load that misses the cache (AMD64 APM 3, Intel SDM
    /// 2B), so that whoever has just taken a lock could seem to have it before the one who
    /// released it. What follows from another thread's doing is stamped with this.
    static std::uint64_t orderedTicks() noexcept
    {
#ifdef HEDDLE_HAS_TSC
        _mm_lfence();
#endif
        return ticks();
    }

    /// CLOCK_MONOTONIC in nanoseconds (the steady clock elsewhere).
    static std::int64_t monotonicNs() noexcept;

    /// The wall clock in nanoseconds since 1970.
    static std::int64_t realtimeNs() noexcept;

    /// The same instant on both clocks. The best of a few tries, typically within 50 ns.
    struct Pair
    {
        /// Of kind().
        std::uint64_t ticks = 0;
        /// Of CLOCK_MONOTONIC.
        std::int64_t monotonicNs = 0;
    };
    /// Now.
    static Pair pair() noexcept;

private:
    static const Kind s_kind;
};

/// Turns ticks into nanoseconds of CLOCK_MONOTONIC by interpolating between calibration pairs.
///
/// Piecewise linear and never decreasing: a pair is only ever appended, so an instant that lies
/// before the newest pair keeps its conversion. Ticks beyond the newest pair are extrapolated.
/// Threads: one thread at a time.
class HEDDLE_ENGINE_EXPORT TickConversion
{
public:
    /// Adds a pair newer than all before; an older or equal one is ignored.
    void addPair(Clock::Pair pair);

    /// Whether there is no pair yet.
    [[nodiscard]] bool isEmpty() const { return m_pairs.empty(); }
    /// The instant in nanoseconds of CLOCK_MONOTONIC.
    [[nodiscard]] std::int64_t toMonotonicNs(std::uint64_t ticks) const;

private:
    void selectSegment(std::uint64_t ticks) const;

    std::vector<Clock::Pair> m_pairs;
    // The segment used last: neighbouring records nearly always fall into the same one.
    mutable std::uint64_t m_fromTicks = 0;
    mutable std::uint64_t m_toTicks = 0;
    mutable std::int64_t m_fromNs = 0;
    mutable double m_nsPerTick = 1.0;
};

} // namespace heddle::trace
