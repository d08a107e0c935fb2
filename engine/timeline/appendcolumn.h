// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

namespace heddle {

/// A column that one thread appends to while others read it.
///
/// Elements never move: segment k holds FirstSegment << k of them, so that a reader needs no lock
/// and no copy, and the memory is never more than twice what is used. A reader sees the elements
/// below size(); size() only grows. A column that is one of very many starts with a small
/// \a FirstSegment (a power of two) and has few \a Segments.
///
/// Threads: append() and mutate() by one writer; size() and at() by any. Never blocks.
template <typename T, std::size_t FirstSegment = 64, std::size_t Segments = 36>
class AppendColumn
{
public:
    /// How many elements there is room for.
    static constexpr std::size_t MostElements = (FirstSegment << (Segments - 1)) * 2 - FirstSegment;

    AppendColumn() = default;
    ~AppendColumn()
    {
        for (auto &segment : m_segments)
            delete[] segment.load(std::memory_order_relaxed);
    }
    AppendColumn(const AppendColumn &) = delete;
    AppendColumn &operator=(const AppendColumn &) = delete;

    /// Elements that are complete. Pairs with the release in append().
    [[nodiscard]] std::size_t size() const { return m_size.load(std::memory_order_acquire); }
    [[nodiscard]] bool isEmpty() const { return size() == 0; }

    /// \a index below size().
    [[nodiscard]] const T &at(std::size_t index) const
    {
        const Position position = locate(index);
        return m_segments[position.segment].load(std::memory_order_relaxed)[position.offset];
    }
    [[nodiscard]] const T &operator[](std::size_t index) const { return at(index); }

    /// The writer's access to an element. Changing one that readers may see is only allowed when
    /// T is an atomic, or when what changes is behind a pointer and ordered by itself.
    [[nodiscard]] T &mutate(std::size_t index)
    {
        const Position position = locate(index);
        return m_segments[position.segment].load(std::memory_order_relaxed)[position.offset];
    }

    template <typename Value>
    void append(Value &&value)
    {
        const std::size_t index = m_size.load(std::memory_order_relaxed);
        const Position position = locate(index);
        T *segment = m_segments[position.segment].load(std::memory_order_relaxed);
        if (!segment) {
            segment = new T[FirstSegment << position.segment]();
            m_segments[position.segment].store(segment, std::memory_order_relaxed);
        }
        if constexpr (requires {
                          segment[position.offset].store(value, std::memory_order_relaxed);
                      })
            segment[position.offset].store(value, std::memory_order_relaxed);
        else
            segment[position.offset] = std::forward<Value>(value);
        // Publishes the element and, through it, the pointer to its segment.
        m_size.store(index + 1, std::memory_order_release);
    }

    [[nodiscard]] std::size_t memoryBytes() const
    {
        std::size_t bytes = 0;
        for (std::size_t k = 0; k < m_segments.size(); ++k) {
            if (m_segments[k].load(std::memory_order_relaxed))
                bytes += (FirstSegment << k) * sizeof(T);
        }
        return bytes;
    }

private:
    static_assert(std::has_single_bit(FirstSegment));
    struct Position
    {
        std::size_t segment;
        std::size_t offset;
    };
    static Position locate(std::size_t index)
    {
        const std::size_t shifted = index + FirstSegment;
        const std::size_t segment = static_cast<std::size_t>(std::bit_width(shifted)
                                                             - std::bit_width(FirstSegment));
        return {segment, shifted - (FirstSegment << segment)};
    }

    std::array<std::atomic<T *>, Segments> m_segments{};
    std::atomic<std::size_t> m_size{0};
};

} // namespace heddle
