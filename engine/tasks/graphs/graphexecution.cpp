// SPDX-License-Identifier: Apache-2.0
#include "graphexecution_p.h"

#include "../executors/postordrop_p.h"
#include "resourcelimit_p.h"

#include <heddle/core/error.h>
#include <heddle/tasks/executor.h>

#include <utility>

namespace heddle {

GraphExecution::GraphExecution(const Graph *graph, std::shared_ptr<const GraphPlan> plan,
                               Executor &executor)
    : m_graph(graph)
    , m_plan(std::move(plan))
    , m_executor(executor)
    , m_object(trace::ObjectKind::Executor, m_plan->name().toStdString())
    , m_nodes(std::make_unique<NodeRun[]>(m_plan->nodes.size()))
    , m_done(m_plan->name().toStdString() + " done")
{
    for (int node = 0; node < m_plan->size(); ++node)
        reset(node);
    m_promise.setProgressRange(0, m_plan->size());
    m_promise.start();
}

void GraphExecution::start(const std::stop_token &stop)
{
    Nodes ready;
    for (int node = 0; node < m_plan->size(); ++node) {
        if (planned(node).predecessors != 0)
            continue;
        run(node).life.ready();
        ready.append(node);
    }
    m_active.store(ready.size() + 1); // and this function, so that the run does not end in it
    if (stop.stop_possible())
        m_stopCallback.emplace(stop, StopRun{weak_from_this()});
    for (const int node : ready) {
        if (acquireLimits(node))
            post(node);
    }
    if (m_active.fetch_sub(1) == 1)
        finish();
}

void GraphExecution::StopRun::operator()() const
{
    if (const auto running = execution.lock())
        running->requestStop();
}

void GraphExecution::requestStop()
{
    if (m_stop.request_stop())
        withdrawFromLimits();
}

// A QFuture tells nobody that it was cancelled, so it is asked when a node starts or has ended.
bool GraphExecution::isStopping()
{
    if (m_promise.isCanceled())
        requestStop();
    return m_stop.stop_requested();
}

void GraphExecution::reset(int node)
{
    NodeRun &its = run(node);
    // Nobody else looks at the node until what waits for it here is posted.
    its.unresolved.store(planned(node).predecessors, std::memory_order_relaxed);
    its.marks.store(0, std::memory_order_relaxed);
    its.state.store(NodeState::Waiting, std::memory_order_relaxed);
    its.life = trace::Task::created(m_object.id(), planned(node).name);
}

// In the one order of all limits, so that nodes which hold some and wait for others never wait for
// each other in a circle.
bool GraphExecution::acquireLimits(int node)
{
    const auto &limits = planned(node).limits;
    NodeRun &its = run(node);
    while (static_cast<std::size_t>(its.limitsHeld) < limits.size()) {
        // Counted before it waits: afterwards the node is another thread's.
        const auto number = static_cast<std::size_t>(its.limitsHeld++);
        if (!limits[number]->acquire({shared_from_this(), node})) {
            if (m_stop.stop_requested())
                withdrawFromLimits(); // it came too late for the one that was requested
            return false;
        }
    }
    return true;
}

void GraphExecution::granted(int node)
{
    if (acquireLimits(node))
        post(node);
}

void GraphExecution::releaseLimits(int node)
{
    const auto &limits = planned(node).limits;
    NodeRun &its = run(node);
    const int held = std::exchange(its.limitsHeld, 0);
    for (int number = held - 1; number >= 0; --number) {
        const WaitingNode next = limits[static_cast<std::size_t>(number)]->release();
        if (next.execution)
            next.execution->granted(next.node);
    }
}

void GraphExecution::withdrawFromLimits()
{
    for (const PlannedNode &node : m_plan->nodes) {
        for (const auto &limit : node.limits) {
            for (const int waiting : limit->withdraw(this)) {
                --run(waiting).limitsHeld; // the one that it waited for
                endWithoutRunning(waiting, NodeState::Cancelled);
            }
        }
    }
}

// A node on its way to a worker.
struct GraphExecution::Posted
{
    std::shared_ptr<GraphExecution> execution;
    int node;
    void run() const { execution->runFrom(node); }
    void drop() const { execution->refused(node); }
};

void GraphExecution::post(int node)
{
    postOrDrop(m_executor, Posted{shared_from_this(), node}, {.name = m_object.name()});
}

void GraphExecution::refused(int node)
{
    addFailure(node, std::make_exception_ptr(ShutDown(
                             QStringLiteral("The executor takes no more tasks"), m_plan->name(),
                             QStringLiteral("Shut it down when the run has ended"))));
    requestStop();
    endWithoutRunning(node, NodeState::Cancelled);
}

void GraphExecution::endWithoutRunning(int node, NodeState state)
{
    if (const int next = end({node, state, 0}); next >= 0)
        post(next);
}

// One successor goes on in the same worker: a chain of nodes costs one hand-over.
void GraphExecution::runFrom(int node)
{
    while (node >= 0)
        node = end(call(node));
}

GraphExecution::End GraphExecution::call(int node)
{
    if (isStopping())
        return {node, NodeState::Cancelled, 0};
    NodeRun &its = run(node);
    its.state.store(NodeState::Running, std::memory_order_relaxed);
    const trace::Task life = std::exchange(its.life, {});
    life.running();
    End ended{node, NodeState::Failed, 0};
    try {
        ended.choice = planned(node).function(m_stop.get_token());
        ended.state = NodeState::Succeeded;
    } catch (const Stopped &) {
        if (isStopping())
            ended.state = NodeState::Cancelled;
        else
            addFailure(node, std::current_exception());
    } catch (...) {
        addFailure(node, std::current_exception());
    }
    life.ended(ended.state == NodeState::Succeeded ? trace::TaskState::Finished
               : ended.state == NodeState::Failed  ? trace::TaskState::Failed
                                                   : trace::TaskState::Cancelled);
    return ended;
}

void GraphExecution::addFailure(int node, std::exception_ptr exception)
{
    const std::string_view name = planned(node).name.text();
    const std::lock_guard lock(m_mutex);
    m_failures.push_back({QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())),
                          std::move(exception)});
}

// Ends a node and all those that will therefore not run; posts what becomes ready, but for one node
// that the caller goes on with, which it returns; -1: none.
int GraphExecution::end(const End &first)
{
    releaseLimits(first.node);
    Ends ends{first};
    Nodes ready;
    while (!ends.isEmpty()) {
        const End ended = ends.last();
        ends.removeLast();
        markEnded(ended);
        resolveSuccessors(ended, ready, ends);
    }
    // Before they are posted, and before the node that has ended is taken away: the run goes on.
    m_active.fetch_add(ready.size());
    int next = -1;
    for (const int node : ready) {
        if (!acquireLimits(node))
            continue;
        if (next < 0)
            next = node;
        else
            post(node);
    }
    if (m_active.fetch_sub(1) == 1)
        finish();
    return next;
}

void GraphExecution::markEnded(const End &ended)
{
    NodeRun &its = run(ended.node);
    its.state.store(ended.state, std::memory_order_relaxed);
    std::exchange(its.life, {}).ended(trace::TaskState::Cancelled); // if it has not run
    if (ended.state == NodeState::Cancelled)
        m_wasCancelled.store(true);
    if (std::exchange(its.hasEnded, true))
        return;
    // In steps of a hundredth: the future's progress takes a lock.
    const int count = m_ended.fetch_add(1) + 1;
    const int all = m_plan->size();
    if (count * qint64{100} / all != (count - 1) * qint64{100} / all) {
        const std::string_view name = planned(ended.node).name.text();
        m_promise.setProgressValueAndText(
                count, QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())));
    }
}

void GraphExecution::resolveSuccessors(const End &ended, Nodes &ready, Ends &ends)
{
    const PlannedNode &its = planned(ended.node);
    const auto count = static_cast<int>(its.successors.size());
    const bool hasChosen = its.isCondition && ended.state == NodeState::Succeeded
                           && ended.choice >= 0 && ended.choice < count;
    if (hasChosen) {
        const int loop = its.successors[static_cast<std::size_t>(ended.choice)].loop;
        if (loop >= 0) {
            const PlannedLoop &again = m_plan->loops[static_cast<std::size_t>(loop)];
            startAgain(again);
            run(again.first).life.ready();
            ready.append(again.first);
            return;
        }
    }
    for (int number = 0; number < count; ++number) {
        const PlannedEdge &edge = its.successors[static_cast<std::size_t>(number)];
        if (edge.loop >= 0)
            continue;
        quint8 mark = 0;
        switch (ended.state) {
        case NodeState::Succeeded:
            if (!its.isCondition)
                mark = Ran;
            else if (hasChosen && number == ended.choice)
                mark = Chosen;
            break;
        case NodeState::NotTaken:
            break;
        case NodeState::Cancelled:
            mark = Cancelling;
            break;
        default:
            mark = Failing;
        }
        NodeRun &successor = run(edge.to);
        if (mark) {
            // Before the count, which publishes it.
            successor.marks.fetch_or(mark, std::memory_order_relaxed);
        }
        if (successor.unresolved.fetch_sub(1, std::memory_order_acq_rel) != 1)
            continue;
        // The acquire half of the last one to count pairs with the release of all before.
        const quint8 marks = successor.marks.load(std::memory_order_relaxed);
        const quint8 needs = planned(edge.to).needs;
        if (marks & Failing)
            ends.append({edge.to, NodeState::Skipped, 0});
        else if (marks & Cancelling)
            ends.append({edge.to, NodeState::Cancelled, 0});
        else if ((marks & needs) == needs) {
            successor.life.ready();
            ready.append(edge.to);
        } else
            ends.append({edge.to, NodeState::NotTaken, 0});
    }
}

void GraphExecution::startAgain(const PlannedLoop &loop)
{
    // All of them have ended: each leads to the condition, which was the last.
    for (const int node : loop.body)
        reset(node);
}

NodeState GraphExecution::state(int node) const
{
    return m_nodes[static_cast<std::size_t>(node)].state.load();
}

std::vector<GraphFailure> GraphExecution::failures() const
{
    const std::lock_guard lock(m_mutex);
    return m_failures;
}

void GraphExecution::finish()
{
    std::exception_ptr first;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_failures.empty())
            first = m_failures.front().exception;
    }
    if (first)
        m_promise.setException(first);
    else if (m_wasCancelled.load())
        m_promise.future().cancel();
    m_promise.finish();
    m_done.set();
}

} // namespace heddle
