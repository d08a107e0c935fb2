// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <memory>
#include <string_view>

namespace heddle {

class ResourceLimitState;

/// At most so many nodes of graphs at once: of those that use a GPU, a licence, a disk.
///
/// A node that finds no room waits without holding a worker, in the order of arrival, and starts
/// when another ends. A limit holds across all graphs and runs that share it; copies are the same
/// limit.
///
/// Trace: an object of kind semaphore whose counter is the room that is left. Threads: any.
class HEDDLE_ENGINE_EXPORT ResourceLimit
{
public:
    /// Called \a name, for \a most nodes at once. \throws Misuse when \a most is less than one
    ResourceLimit(std::string_view name, int most);
    ~ResourceLimit();
    /// The same limit.
    ResourceLimit(const ResourceLimit &);
    /// The same limit.
    ResourceLimit &operator=(const ResourceLimit &);

    /// How many nodes hold it now: a snapshot. Never blocks.
    [[nodiscard]] int inUse() const;
    /// How many at once.
    [[nodiscard]] int most() const;

    friend bool operator==(const ResourceLimit &, const ResourceLimit &) = default;

private:
    friend class Graph;

    std::shared_ptr<ResourceLimitState> m_state;
};

} // namespace heddle
