// SPDX-License-Identifier: Apache-2.0
#include "dominators_p.h"

#include <algorithm>
#include <utility>

namespace heddle {

Dominators::Dominators(const std::vector<std::vector<int>> &predecessors)
    : m_order(predecessors.size() + 1, -1)
    , m_dominator(predecessors.size() + 1, -1)
{
    const int root = static_cast<int>(predecessors.size());
    std::vector<std::vector<int>> successors(predecessors.size() + 1);
    for (int node = 0; node < root; ++node) {
        const auto &before = predecessors[static_cast<std::size_t>(node)];
        for (const int predecessor : before)
            successors[static_cast<std::size_t>(predecessor)].push_back(node);
        if (before.empty())
            successors.back().push_back(node);
    }
    // Depth first, without recursion: a graph may be a chain of any length.
    std::vector<int> postorder;
    std::vector<bool> isSeen(successors.size(), false);
    std::vector<std::pair<int, std::size_t>> path{{root, 0}};
    isSeen.back() = true;
    while (!path.empty()) {
        auto &[node, next] = path.back();
        const auto &after = successors[static_cast<std::size_t>(node)];
        if (next == after.size()) {
            postorder.push_back(node);
            path.pop_back();
            continue;
        }
        const int successor = after[next++];
        if (!isSeen[static_cast<std::size_t>(successor)]) {
            isSeen[static_cast<std::size_t>(successor)] = true;
            path.emplace_back(successor, 0);
        }
    }
    std::reverse(postorder.begin(), postorder.end());
    for (std::size_t place = 0; place < postorder.size(); ++place)
        m_order[static_cast<std::size_t>(postorder[place])] = static_cast<int>(place);

    m_dominator.back() = root;
    bool hasChanged = true;
    while (hasChanged) {
        hasChanged = false;
        for (const int node : postorder) {
            if (node == root)
                continue;
            const auto &before = predecessors[static_cast<std::size_t>(node)];
            int nearest = before.empty() ? root : -1;
            for (const int predecessor : before) {
                if (m_dominator[static_cast<std::size_t>(predecessor)] < 0)
                    continue;
                nearest = nearest < 0 ? predecessor : meet(predecessor, nearest);
            }
            int &dominator = m_dominator[static_cast<std::size_t>(node)];
            hasChanged = hasChanged || dominator != nearest;
            dominator = nearest;
        }
    }
}

int Dominators::meet(int a, int b) const
{
    const auto place = [this](int node) { return m_order[static_cast<std::size_t>(node)]; };
    while (a != b) {
        while (place(a) > place(b))
            a = m_dominator[static_cast<std::size_t>(a)];
        while (place(b) > place(a))
            b = m_dominator[static_cast<std::size_t>(b)];
    }
    return a;
}

bool Dominators::dominates(int other, int node) const
{
    if (m_order[static_cast<std::size_t>(node)] < 0)
        return false;
    const int root = static_cast<int>(m_dominator.size()) - 1;
    while (node != other && node != root)
        node = m_dominator[static_cast<std::size_t>(node)];
    return node == other;
}

} // namespace heddle
