// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/resourcelimit.h>
#include <heddle/trace/name.h>

#include <QString>

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace heddle {

class ResourceLimitState;

/// An edge from a node to one that runs after it.
struct PlannedEdge
{
    int to = 0;
    int loop = -1; ///< the loop that it starts again, or none
};

struct PlannedNode
{
    trace::Name name;
    std::function<int(const std::stop_token &)> function;
    bool isCondition = false;
    std::vector<PlannedEdge> successors;
    std::vector<std::shared_ptr<ResourceLimitState>> limits; ///< in the one order for all nodes

    // What check() finds out.
    int predecessors = 0; ///< those that it waits for: not by edges that start a loop again
    quint8 needs = 0;     ///< what its predecessors must have done for it to run (EdgeMark)
};

/// What the ends of a node's predecessors leave with it.
enum EdgeMark : quint8 {
    Ran = 1,       ///< an ordinary predecessor has succeeded
    Chosen = 2,    ///< a condition has chosen it
    Failing = 4,   ///< a predecessor has failed or was skipped
    Cancelling = 8 ///< a predecessor was cancelled
};

/// The nodes that run again when a condition chooses the first of them.
struct PlannedLoop
{
    int first = 0;
    std::vector<int> body; ///< with the first and the condition
};

/// A graph's nodes and edges, and whether they make sense. Constant while a run uses it.
class GraphPlan
{
public:
    explicit GraphPlan(QString name)
        : m_name(std::move(name))
    {}

    [[nodiscard]] const QString &name() const { return m_name; }
    [[nodiscard]] int size() const { return static_cast<int>(nodes.size()); }

    void addNode(trace::Name name, bool isCondition,
                 std::function<int(const std::stop_token &)> function);
    void addEdge(int from, int to);
    /// Finds the loops, and how many predecessors each node has. \throws Misuse when nodes would
    /// wait for each other for ever, or a loop is entered or left amiss
    void check();

    std::vector<PlannedNode> nodes;
    std::vector<PlannedLoop> loops;

private:
    [[nodiscard]] std::vector<int> unorderedNodes() const;
    [[nodiscard]] std::vector<std::vector<int>> predecessorsOf() const;
    void findLoops(const std::vector<std::vector<int>> &predecessors);
    void checkExits(int condition, const PlannedLoop &loop,
                    const std::vector<bool> &isInBody) const;
    [[noreturn]] void refuseCycle(const std::vector<int> &unordered) const;
    [[nodiscard]] QString nameOf(int node) const;

    QString m_name;
    bool m_isChecked = false;
};

} // namespace heddle
