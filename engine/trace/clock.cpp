// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/clock.h>

#include <algorithm>
#include <chrono>

#ifdef HEDDLE_HAS_TSC
#    include <cpuid.h>
#endif

namespace heddle::trace {

namespace {
Clock::Kind detectKind()
{
#ifdef HEDDLE_HAS_TSC
    // CPUID 0x80000007, EDX bit 8: the counter runs at one rate in all power states (Intel
    // SDM 17.17).
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (__get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)))
        return Clock::Kind::TimeStampCounter;
#endif
    return Clock::Kind::Monotonic;
}
} // namespace

const Clock::Kind Clock::s_kind = detectKind();

std::int64_t Clock::monotonicNs() noexcept
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
}

std::int64_t Clock::realtimeNs() noexcept
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
}

Clock::Pair Clock::pair() noexcept
{
    // A preemption between the readings would make the pair wrong: the tightest of a few wins.
    Pair best;
    std::uint64_t tightest = ~std::uint64_t{0};
    for (int attempt = 0; attempt < 8; ++attempt) {
        const std::uint64_t before = ticks();
        const std::int64_t now = monotonicNs();
        const std::uint64_t after = ticks();
        if (after - before < tightest) {
            tightest = after - before;
            best = {before + (after - before) / 2, now};
        }
    }
    return best;
}

void TickConversion::addPair(Clock::Pair pair)
{
    if (!m_pairs.empty()
        && (pair.ticks <= m_pairs.back().ticks || pair.monotonicNs < m_pairs.back().monotonicNs)) {
        return;
    }
    m_pairs.push_back(pair);
    m_toTicks = m_fromTicks = 0;
}

void TickConversion::selectSegment(std::uint64_t ticks) const
{
    if (m_pairs.size() < 2) {
        m_fromTicks = 0;
        m_toTicks = ~std::uint64_t{0};
        m_nsPerTick = 1.0;
        m_fromNs = m_pairs.empty()
                           ? 0
                           : m_pairs[0].monotonicNs - static_cast<std::int64_t>(m_pairs[0].ticks);
        return;
    }
    auto next = std::upper_bound(m_pairs.begin(), m_pairs.end(), ticks,
                                 [](std::uint64_t t, const Clock::Pair &p) { return t < p.ticks; });
    next = std::clamp(next, m_pairs.begin() + 1, m_pairs.end() - 1);
    const Clock::Pair &from = *(next - 1);
    m_fromTicks = from.ticks;
    m_toTicks = next->ticks;
    m_fromNs = from.monotonicNs;
    m_nsPerTick = static_cast<double>(next->monotonicNs - from.monotonicNs)
                  / static_cast<double>(next->ticks - from.ticks);
}

std::int64_t TickConversion::toMonotonicNs(std::uint64_t ticks) const
{
    if (ticks < m_fromTicks || ticks >= m_toTicks)
        selectSegment(ticks);
    const auto distance = static_cast<std::int64_t>(ticks - m_fromTicks);
    return m_fromNs + static_cast<std::int64_t>(static_cast<double>(distance) * m_nsPerTick);
}

} // namespace heddle::trace
