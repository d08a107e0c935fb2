// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/appendcolumn.h>

#include <array>
#include <atomic>
#include <cstddef>

namespace heddle {

/// For each level k, the combination of aligned groups of 2^k leaves; levels are append-only.
///
/// After gigatrace's iforest and Perfetto's ImplicitSegmentForest, with one column per level. A
/// reader asks for the combination of a range of complete leaves in O(log² n).
/// Threads: append() by one writer; the rest by any.
template <typename T, typename Combine>
class SummaryForest
{
public:
    SummaryForest() = default;
    ~SummaryForest()
    {
        for (auto &level : m_levels)
            delete level.load(std::memory_order_relaxed);
    }
    SummaryForest(const SummaryForest &) = delete;
    SummaryForest &operator=(const SummaryForest &) = delete;

    void append(const T &leaf)
    {
        // The groups that this leaf completes come first: size() publishes the leaf with them.
        std::size_t index = m_leaves.size();
        T value = leaf;
        for (std::size_t level = 0; (index & 1) == 1 && level < Levels; ++level) {
            const T &sibling = level == 0 ? m_leaves.at(index - 1) : column(level).at(index - 1);
            value = Combine()(sibling, value);
            column(level + 1).append(value);
            index >>= 1;
        }
        m_leaves.append(leaf);
    }
    std::size_t size() const { return m_leaves.size(); }

    /// Combines leaves [from, to) with \a start; to ≤ a size() that the caller has seen.
    T combine(std::size_t from, std::size_t to, T start) const
    {
        while (from < to) {
            std::size_t level = 0;
            while (level < Levels && (from & ((std::size_t{2} << level) - 1)) == 0
                   && from + (std::size_t{2} << level) <= to) {
                ++level;
            }
            start = Combine()(start,
                              level == 0 ? m_leaves.at(from) : groups(level).at(from >> level));
            from += std::size_t{1} << level;
        }
        return start;
    }
    std::size_t memoryBytes() const
    {
        std::size_t bytes = m_leaves.memoryBytes();
        for (const auto &level : m_levels) {
            if (const AppendColumn<T> *groups = level.load(std::memory_order_acquire))
                bytes += sizeof(*groups) + groups->memoryBytes();
        }
        return bytes;
    }

private:
    static constexpr std::size_t Levels = 31;

    // Writer: made when the first group is complete, as most tracks stay short.
    AppendColumn<T> &column(std::size_t level)
    {
        auto &slot = m_levels[level];
        AppendColumn<T> *groups = slot.load(std::memory_order_relaxed);
        if (!groups) {
            groups = new AppendColumn<T>;
            slot.store(groups, std::memory_order_release); // pairs with memoryBytes()
        }
        return *groups;
    }
    const AppendColumn<T> &groups(std::size_t level) const
    {
        // Ordered by size(), through which the caller knows of the leaves.
        return *m_levels[level].load(std::memory_order_relaxed);
    }

    AppendColumn<T> m_leaves;
    std::array<std::atomic<AppendColumn<T> *>, Levels + 1> m_levels{}; ///< 0 is unused
};

} // namespace heddle
