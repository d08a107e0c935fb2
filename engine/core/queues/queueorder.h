// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

#include <deque>
#include <set>
#include <utility>
#include <vector>

namespace heddle {

/// An item in a queue, and its number in the order of the puts.
template <typename T>
struct QueueEntry
{
    /// What was put.
    T item;
    /// Which put it was: 1, 2, 3 …
    quint64 number = 0;
};

// The orders of LockedQueueStore. An order keeps entries and tells which leaves next. If the move
// of an item throws, it is as it was before. Threads: under the mutex of its store.

/// First in, first out.
template <typename T>
class OldestFirst
{
public:
    /// Keeps \a item.
    QueueEntry<T> &add(T &&item) { return m_entries.emplace_back(std::move(item)); }
    /// The one that leaves next; there must be one.
    QueueEntry<T> &next() { return m_entries.front(); }
    /// Takes it out.
    void removeNext() { m_entries.pop_front(); }
    [[nodiscard]] bool isEmpty() const { return m_entries.empty(); }
    [[nodiscard]] qsizetype size() const { return static_cast<qsizetype>(m_entries.size()); }

private:
    std::deque<QueueEntry<T>> m_entries;
};

/// Last in, first out.
template <typename T>
class NewestFirst
{
public:
    /// Keeps \a item.
    QueueEntry<T> &add(T &&item) { return m_entries.emplace_back(std::move(item)); }
    QueueEntry<T> &next() { return m_entries.back(); }
    void removeNext() { m_entries.pop_back(); }
    [[nodiscard]] bool isEmpty() const { return m_entries.empty(); }
    [[nodiscard]] qsizetype size() const { return static_cast<qsizetype>(m_entries.size()); }

private:
    // Never moves its elements: a move that throws in the middle of growth would lose some.
    std::deque<QueueEntry<T>> m_entries;
};

/// The smallest first; equal ones first in, first out.
template <typename T>
class SmallestFirst
{
public:
    // A multiset puts an element behind those that are equal to it, and never moves one.
    /// Keeps \a item.
    QueueEntry<T> &add(T &&item) { return entryOf(m_entries.emplace(std::move(item))); }
    QueueEntry<T> &next() { return entryOf(m_entries.begin()); }
    void removeNext() { m_entries.erase(m_entries.begin()); }
    [[nodiscard]] bool isEmpty() const { return m_entries.empty(); }
    [[nodiscard]] qsizetype size() const { return static_cast<qsizetype>(m_entries.size()); }

private:
    struct Node
    {
        explicit Node(T &&item)
            : entry(std::move(item))
        {}
        bool operator<(const Node &other) const { return entry.item < other.entry.item; }

        mutable QueueEntry<T> entry; ///< moved from only just before the node is removed
    };

    static QueueEntry<T> &entryOf(typename std::multiset<Node>::iterator node)
    {
        return node->entry;
    }

    std::multiset<Node> m_entries;
};

} // namespace heddle
