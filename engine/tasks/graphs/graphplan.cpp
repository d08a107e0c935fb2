// SPDX-License-Identifier: Apache-2.0
#include "graphplan_p.h"

#include "dominators_p.h"

#include <heddle/core/error.h>

#include <QStringList>

#include <algorithm>

namespace heddle {

QString GraphPlan::nameOf(int node) const
{
    const std::string_view text = nodes[static_cast<std::size_t>(node)].name.text();
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

void GraphPlan::addNode(trace::Name name, bool isCondition,
                        std::function<int(const std::stop_token &)> function)
{
    PlannedNode node;
    node.name = name;
    node.isCondition = isCondition;
    node.function = std::move(function);
    nodes.push_back(std::move(node));
    m_isChecked = false;
}

void GraphPlan::addEdge(int from, int to)
{
    nodes[static_cast<std::size_t>(from)].successors.push_back({to, -1});
    m_isChecked = false;
}

void GraphPlan::check()
{
    if (m_isChecked)
        return;
    loops.clear();
    for (PlannedNode &node : nodes) {
        for (PlannedEdge &edge : node.successors)
            edge.loop = -1;
    }
    if (!unorderedNodes().empty()) {
        findLoops(predecessorsOf());
        if (const std::vector<int> unordered = unorderedNodes(); !unordered.empty())
            refuseCycle(unordered);
    }
    for (PlannedNode &node : nodes) {
        node.predecessors = 0;
        node.needs = 0;
    }
    for (const PlannedNode &node : nodes) {
        for (const PlannedEdge &edge : node.successors) {
            if (edge.loop >= 0)
                continue;
            PlannedNode &successor = nodes[static_cast<std::size_t>(edge.to)];
            ++successor.predecessors;
            successor.needs |= node.isCondition ? Chosen : Ran;
        }
    }
    m_isChecked = true;
}

// Kahn (1962): takes away nodes without predecessors until none is left. What remains is in cycles
// or depends on them.
std::vector<int> GraphPlan::unorderedNodes() const
{
    std::vector<int> left(nodes.size(), 0);
    for (const PlannedNode &node : nodes) {
        for (const PlannedEdge &edge : node.successors)
            left[static_cast<std::size_t>(edge.to)] += edge.loop < 0;
    }
    std::vector<int> free;
    for (int node = 0; node < size(); ++node) {
        if (left[static_cast<std::size_t>(node)] == 0)
            free.push_back(node);
    }
    for (std::size_t next = 0; next < free.size(); ++next) {
        for (const PlannedEdge &edge : nodes[static_cast<std::size_t>(free[next])].successors) {
            if (edge.loop < 0 && --left[static_cast<std::size_t>(edge.to)] == 0)
                free.push_back(edge.to);
        }
    }
    std::vector<int> unordered;
    for (int node = 0; node < size(); ++node) {
        if (left[static_cast<std::size_t>(node)] > 0)
            unordered.push_back(node);
    }
    return unordered;
}

std::vector<std::vector<int>> GraphPlan::predecessorsOf() const
{
    std::vector<std::vector<int>> predecessors(nodes.size());
    for (int node = 0; node < size(); ++node) {
        for (const PlannedEdge &edge : nodes[static_cast<std::size_t>(node)].successors)
            predecessors[static_cast<std::size_t>(edge.to)].push_back(node);
    }
    return predecessors;
}

// An edge from a condition to a node that every way to the condition leads through closes a natural
// loop (Aho, Lam, Sethi and Ullman, section 9.6): its body has no other entrance.
void GraphPlan::findLoops(const std::vector<std::vector<int>> &predecessors)
{
    const Dominators dominators(predecessors);
    for (int condition = 0; condition < size(); ++condition) {
        PlannedNode &node = nodes[static_cast<std::size_t>(condition)];
        if (!node.isCondition)
            continue;
        for (PlannedEdge &edge : node.successors) {
            if (!dominators.dominates(edge.to, condition))
                continue;
            PlannedLoop loop{edge.to, {edge.to}};
            std::vector<bool> isInBody(nodes.size(), false);
            isInBody[static_cast<std::size_t>(edge.to)] = true;
            const auto add = [&](int member) {
                if (isInBody[static_cast<std::size_t>(member)])
                    return;
                isInBody[static_cast<std::size_t>(member)] = true;
                loop.body.push_back(member);
            };
            add(condition);
            for (std::size_t next = 1; next < loop.body.size(); ++next) {
                for (const int before : predecessors[static_cast<std::size_t>(loop.body[next])])
                    add(before);
            }
            checkExits(condition, loop, isInBody);
            edge.loop = static_cast<int>(loops.size());
            loops.push_back(std::move(loop));
        }
    }
}

void GraphPlan::checkExits(int condition, const PlannedLoop &loop,
                           const std::vector<bool> &isInBody) const
{
    for (const int member : loop.body) {
        if (member == condition)
            continue;
        for (const PlannedEdge &edge : nodes[static_cast<std::size_t>(member)].successors) {
            if (!isInBody[static_cast<std::size_t>(edge.to)]) {
                throw Misuse(QStringLiteral("The loop from %1 back to %2 is left by %3 → %4")
                                     .arg(nameOf(condition), nameOf(loop.first), nameOf(member),
                                          nameOf(edge.to)),
                             m_name,
                             QStringLiteral("Let %1 precede it, which closes the loop")
                                     .arg(nameOf(condition)));
            }
        }
    }
}

void GraphPlan::refuseCycle(const std::vector<int> &unordered) const
{
    // Each of them has a predecessor among them: going back, one comes round.
    std::vector<int> before(nodes.size(), -1);
    std::vector<bool> isUnordered(nodes.size(), false);
    for (const int node : unordered)
        isUnordered[static_cast<std::size_t>(node)] = true;
    for (const int node : unordered) {
        for (const PlannedEdge &edge : nodes[static_cast<std::size_t>(node)].successors) {
            if (edge.loop < 0 && isUnordered[static_cast<std::size_t>(edge.to)])
                before[static_cast<std::size_t>(edge.to)] = node;
        }
    }
    std::vector<bool> isSeen(nodes.size(), false);
    int node = unordered.front();
    while (!isSeen[static_cast<std::size_t>(node)]) {
        isSeen[static_cast<std::size_t>(node)] = true;
        node = before[static_cast<std::size_t>(node)];
    }
    std::vector<int> cycle{node};
    for (int next = before[static_cast<std::size_t>(node)]; next != node;
         next = before[static_cast<std::size_t>(next)])
        cycle.push_back(next);
    // Told in the order of the edges, from the node that was added first.
    std::reverse(cycle.begin(), cycle.end());
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    bool hasCondition = false;
    QStringList names;
    for (const int member : cycle) {
        names << nameOf(member);
        hasCondition = hasCondition || nodes[static_cast<std::size_t>(member)].isCondition;
    }
    names << names.front();
    throw Misuse(QStringLiteral("The graph has a cycle: %1").arg(names.join(QStringLiteral(" → "))),
                 m_name,
                 hasCondition ? QStringLiteral(
                         "A loop starts after a node outside it, is entered by its "
                         "first node only, and its condition goes back to that one")
                              : QStringLiteral("Remove one of these edges, or close the loop by a "
                                               "condition"));
}

} // namespace heddle
