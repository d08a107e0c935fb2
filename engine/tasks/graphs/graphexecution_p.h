// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graphplan_p.h"

#include <heddle/core/event.h>
#include <heddle/tasks/graphrun.h>
#include <heddle/trace/task.h>

#include <QPromise>
#include <QVarLengthArray>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace heddle {

class Executor;
class Graph;

/// The state of one run of a graph. Kept alive by its tasks and by the handles.
///
/// No lock is held while nodes run or end: each node counts the predecessors that it still waits
/// for, and whoever takes the count to zero decides what becomes of it.
class GraphExecution : public std::enable_shared_from_this<GraphExecution>
{
public:
    GraphExecution(const Graph *graph, std::shared_ptr<const GraphPlan> plan, Executor &executor);

    void start(const std::stop_token &stop);
    void requestStop();
    /// \a node has been given room in the limit that it waited for.
    void granted(int node);

    [[nodiscard]] const Graph *graph() const { return m_graph; }
    [[nodiscard]] const GraphPlan &plan() const { return *m_plan; }
    [[nodiscard]] Event &done() { return m_done; }
    [[nodiscard]] QFuture<void> future() const { return m_promise.future(); }
    [[nodiscard]] NodeState state(int node) const;
    [[nodiscard]] std::vector<GraphFailure> failures() const;
    [[nodiscard]] bool wasCancelled() const { return m_wasCancelled.load(); }

private:
    struct NodeRun
    {
        std::atomic<int> unresolved{0}; ///< predecessors that have not ended
        std::atomic<quint8> marks{0};   ///< EdgeMarks
        std::atomic<NodeState> state{NodeState::Waiting};
        trace::Task life;
        int limitsHeld = 0;
        bool hasEnded = false; ///< for the progress: a loop's nodes end several times
    };
    struct End
    {
        int node;
        NodeState state;
        int choice;
    };
    using Nodes = QVarLengthArray<int, 16>;
    using Ends = QVarLengthArray<End, 16>;
    struct Posted;
    struct StopRun
    {
        std::weak_ptr<GraphExecution> execution;
        void operator()() const;
    };

    [[nodiscard]] NodeRun &run(int node) { return m_nodes[static_cast<std::size_t>(node)]; }
    [[nodiscard]] const PlannedNode &planned(int node) const
    {
        return m_plan->nodes[static_cast<std::size_t>(node)];
    }
    void reset(int node);
    bool acquireLimits(int node);
    void releaseLimits(int node);
    void withdrawFromLimits();
    void post(int node);
    void refused(int node);
    void runFrom(int node);
    [[nodiscard]] End call(int node);
    [[nodiscard]] int end(const End &first);
    void markEnded(const End &ended);
    void resolveSuccessors(const End &ended, Nodes &ready, Ends &ends);
    void startAgain(const PlannedLoop &loop);
    void endWithoutRunning(int node, NodeState state);
    void addFailure(int node, std::exception_ptr exception);
    [[nodiscard]] bool isStopping();
    void finish();

    const Graph *const m_graph;
    const std::shared_ptr<const GraphPlan> m_plan;
    Executor &m_executor;
    const trace::Object m_object; ///< what has the nodes to run
    std::unique_ptr<NodeRun[]> m_nodes;
    std::atomic<qsizetype> m_active{0}; ///< nodes that are ready and have not ended
    std::atomic<int> m_ended{0};
    std::stop_source m_stop;
    std::optional<std::stop_callback<StopRun>> m_stopCallback;
    std::atomic<bool> m_wasCancelled{false};
    mutable std::mutex m_mutex;
    std::vector<GraphFailure> m_failures;
    QPromise<void> m_promise;
    Event m_done;
};

} // namespace heddle
