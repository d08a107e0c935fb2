// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/object.h>

#include <QtGlobal>

#include <optional>

namespace heddle {

/// How one try to put into, or to take from, the store of a queue ended.
enum class QueueAttempt : quint8 {
    Done,
    Refused,  ///< there is no room, or no item
    UnderWay, ///< refused as long as another thread has not finished what it has begun
    Closed,   ///< no more puts; for a take: and nothing is left
};

/// Whether an item is something that travels: drawn as a flow from put to get.
///
/// Specialise it for items of which some carry nothing, such as a sentinel.
template <typename T>
struct QueueItemTraits
{
    /// Each item does.
    static bool hasFlow(const T &) { return true; }
};
template <typename T>
struct QueueItemTraits<std::optional<T>>
{
    /// Each that has a value.
    static bool hasFlow(const std::optional<T> &item) { return item.has_value(); }
};

/// What the trace draws for \a item.
template <typename T>
trace::Item traceItem(const T &item)
{
    return QueueItemTraits<T>::hasFlow(item) ? trace::Item::Travels : trace::Item::Marks;
}

} // namespace heddle
