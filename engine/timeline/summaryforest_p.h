// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/appendcolumn.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace heddle {

/// For each level k, the combination of aligned groups of 2^k leaves; levels are append-only.
///
/// After gigatrace's iforest and Perfetto's ImplicitSegmentForest, with one column per level. A
/// reader asks for the maximum of a range of complete leaves in O(log n).
/// Threads: append() and raiseLast() by one writer; the rest by any.
template <typename T, typename Combine>
class SummaryForest
{
public:
    void append(const T &leaf)
    {
        m_levels[0].append(leaf);
        std::size_t index = m_levels[0].size() - 1;
        T value = leaf;
        for (std::size_t level = 0; (index & 1) == 1 && level + 1 < Levels; ++level) {
            value = Combine()(m_levels[level].at(index - 1), value);
            m_levels[level + 1].append(value);
            index >>= 1;
        }
    }
    std::size_t size() const { return m_levels[0].size(); }

    /// Combines leaves [from, to); to ≤ size().
    T combine(std::size_t from, std::size_t to, T start) const
    {
        while (from < to) {
            std::size_t level = 0;
            while (level + 1 < Levels && (from & ((std::size_t{2} << level) - 1)) == 0
                   && from + (std::size_t{2} << level) <= to) {
                ++level;
            }
            start = Combine()(start, m_levels[level].at(from >> level));
            from += std::size_t{1} << level;
        }
        return start;
    }
    std::size_t memoryBytes() const
    {
        std::size_t bytes = 0;
        for (const auto &level : m_levels)
            bytes += level.memoryBytes();
        return bytes;
    }

private:
    static constexpr std::size_t Levels = 32;
    AppendColumn<T> m_levels[Levels];
};

} // namespace heddle
