// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/outcome.h>

#include <QFuture>
#include <QString>

#include <chrono>
#include <exception>
#include <memory>
#include <stop_token>
#include <vector>

namespace heddle {

class GraphExecution;
class GraphNode;

/// How far a node is in a run.
enum class NodeState : quint8 {
    Waiting, ///< for its predecessors, for room in a limit, or for a worker
    Running,
    Succeeded,
    Failed,    ///< an exception left it
    Skipped,   ///< something that it depends on failed
    NotTaken,  ///< no condition chose it, or what it depends on
    Cancelled, ///< the run was stopped before it started, or it obeyed the stop
};

/// A node's failure in a run.
struct GraphFailure
{
    /// The name of the node.
    QString node;
    /// What it threw.
    std::exception_ptr exception;
};

/// One run of a graph: its end, its progress and what became of its nodes.
///
/// Copies are the same run, which goes on without them. Its future ends with the first failure, or
/// cancelled when a stop kept a node from running; its progress is the number of nodes that have
/// ended, its text the last one's name. Cancelling the future stops the run too, with the next node
/// that starts or ends.
///
/// Threads: any. Trace: an executor with the graph's name, on which each node is a task with the
/// node's name; who makes a node ready is its waker. An event is set when the run has ended.
class HEDDLE_ENGINE_EXPORT GraphRun
{
public:
    ~GraphRun();
    /// Another handle on the same run.
    GraphRun(const GraphRun &);
    /// Another handle on the same run.
    GraphRun &operator=(const GraphRun &);

    /// Waits until every node has ended. Blocks. \throws what the first node that failed threw;
    /// Cancelled when the run was stopped. In a task of the run's executor, rather have that wait
    /// for future(): it runs other tasks meanwhile.
    void wait();
    /// Waits at most \a timeout, and throws nothing of the nodes': Done, TimedOut, or Stopped when
    /// \a stop ended the wait. Blocks. \throws Misuse when \a timeout is negative
    [[nodiscard]] Outcome waitFor(std::chrono::nanoseconds timeout, std::stop_token stop = {});
    /// Never blocks.
    [[nodiscard]] bool isFinished() const;

    /// Nodes that have not started do not start; those that take a stop token are told. Never
    /// blocks.
    void requestStop();
    /// The run's end, for QFutureWatcher, QtFuture and coroutines.
    [[nodiscard]] QFuture<void> future() const;

    /// A snapshot of \a node, which was in the graph when it ran. Never blocks.
    [[nodiscard]] NodeState state(const GraphNode &node) const;
    /// Every failure so far, in the order in which they came. Never blocks.
    [[nodiscard]] std::vector<GraphFailure> failures() const;

private:
    friend class Graph;
    explicit GraphRun(std::shared_ptr<GraphExecution> execution);

    std::shared_ptr<GraphExecution> m_execution;
};

} // namespace heddle
