// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace heddle {

/// Which nodes of a graph every way to a node leads through, from those without predecessors.
///
/// By iteration over the nodes in reverse postorder (Cooper, Harvey and Kennedy 2001).
class Dominators
{
public:
    /// \a predecessors of each node.
    explicit Dominators(const std::vector<std::vector<int>> &predecessors);

    /// Every way to \a node leads through \a other, or is it. False when no way leads there.
    [[nodiscard]] bool dominates(int other, int node) const;

private:
    [[nodiscard]] int meet(int a, int b) const;

    // A root before all nodes is the last number.
    std::vector<int> m_order;     ///< each node's place in reverse postorder; -1: not reached
    std::vector<int> m_dominator; ///< the nearest, for each node
};

} // namespace heddle
