// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/graph.h>

#include "graphexecution_p.h"
#include "graphplan_p.h"

#include <heddle/core/error.h>

#include <algorithm>

namespace heddle {

namespace {

Misuse noNode(const char *where)
{
    return Misuse(QStringLiteral("A node belongs to no graph, or to another one"),
                  QString::fromLatin1(where),
                  QStringLiteral("Use what Graph::add() of this graph returned"));
}

} // namespace

void GraphNode::addEdge(const GraphNode &from, const GraphNode &to)
{
    if (!from.m_graph || from.m_graph != to.m_graph)
        throw noNode("GraphNode::precede");
    from.m_graph->changeablePlan().addEdge(from.m_index, to.m_index);
}

GraphNode &GraphNode::limitedBy(const ResourceLimit &limit)
{
    if (!m_graph)
        throw noNode("GraphNode::limitedBy");
    m_graph->addLimit(m_index, limit);
    return *this;
}

QString GraphNode::name() const
{
    if (!m_graph)
        return {};
    const auto &plan = *m_graph->m_plan;
    const std::string_view text = plan.nodes[static_cast<std::size_t>(m_index)].name.text();
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

Graph::Graph(std::string_view name)
    : m_plan(std::make_shared<GraphPlan>(
            QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()))))
{}

Graph::~Graph() = default;

GraphPlan &Graph::changeablePlan()
{
    if (std::exchange(m_isShared, false))
        m_plan = std::make_shared<GraphPlan>(*m_plan);
    return *m_plan;
}

GraphNode Graph::addNode(std::string_view name, bool isCondition, NodeFunction function)
{
    GraphPlan &plan = changeablePlan();
    const int index = plan.size();
    plan.addNode(trace::Name(name), isCondition, std::move(function));
    return GraphNode(this, index);
}

void Graph::addLimit(int node, const ResourceLimit &limit)
{
    auto &limits = changeablePlan().nodes[static_cast<std::size_t>(node)].limits;
    // The one order in which all nodes of all graphs take them.
    const auto place = std::lower_bound(limits.begin(), limits.end(), limit.m_state,
                                        std::owner_less<>());
    if (place == limits.end() || *place != limit.m_state)
        limits.insert(place, limit.m_state);
}

GraphRun Graph::run(Executor &executor, std::stop_token stop)
{
    if (!m_isShared)
        m_plan->check();
    m_isShared = true;
    auto execution = std::make_shared<GraphExecution>(this, m_plan, executor);
    execution->start(stop);
    return GraphRun(std::move(execution));
}

QString Graph::name() const
{
    return m_plan->name();
}

int Graph::size() const
{
    return m_plan->size();
}

GraphRun::GraphRun(std::shared_ptr<GraphExecution> execution)
    : m_execution(std::move(execution))
{}

GraphRun::~GraphRun() = default;
GraphRun::GraphRun(const GraphRun &) = default;
GraphRun &GraphRun::operator=(const GraphRun &) = default;

void GraphRun::wait()
{
    m_execution->done().wait();
    if (const std::vector<GraphFailure> failures = m_execution->failures(); !failures.empty())
        std::rethrow_exception(failures.front().exception);
    if (m_execution->wasCancelled()) {
        throw Cancelled(QStringLiteral("The run was stopped before all nodes had run"),
                        m_execution->plan().name());
    }
}

Outcome GraphRun::waitFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    if (m_execution->done().waitFor(timeout, stop))
        return Outcome::Done;
    return stop.stop_requested() ? Outcome::Stopped : Outcome::TimedOut;
}

bool GraphRun::isFinished() const
{
    return m_execution->done().isSet();
}

void GraphRun::requestStop()
{
    m_execution->requestStop();
}

QFuture<void> GraphRun::future() const
{
    return m_execution->future();
}

NodeState GraphRun::state(const GraphNode &node) const
{
    if (node.m_graph != m_execution->graph() || node.m_index >= m_execution->plan().size())
        throw noNode("GraphRun::state");
    return m_execution->state(node.m_index);
}

std::vector<GraphFailure> GraphRun::failures() const
{
    return m_execution->failures();
}

} // namespace heddle
