// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/graphrun.h>
#include <heddle/tasks/resourcelimit.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>

namespace heddle {

class Executor;
class Graph;
class GraphPlan;

/// A node of a graph: a function with a name, its place in the order, and its limits.
///
/// As small as two pointers, to be copied; valid as long as its graph, in which it stays. Its
/// functions change the graph: for one thread at a time. They \throw Misuse for a node of another
/// graph or of none.
class HEDDLE_ENGINE_EXPORT GraphNode
{
public:
    /// Of no graph.
    GraphNode() = default;

    /// \a nodes run after this one. For a condition their order counts: the first is number 0.
    template <typename... Nodes>
    GraphNode &precede(const Nodes &...nodes)
    {
        (addEdge(*this, nodes), ...);
        return *this;
    }
    /// This node runs after \a nodes.
    template <typename... Nodes>
    GraphNode &succeed(const Nodes &...nodes)
    {
        (addEdge(nodes, *this), ...);
        return *this;
    }
    /// It runs only when \a limit, and every other one that was named, has room for it.
    GraphNode &limitedBy(const ResourceLimit &limit);

    [[nodiscard]] QString name() const;
    friend bool operator==(const GraphNode &, const GraphNode &) = default;

private:
    friend class Graph;
    friend class GraphRun;
    GraphNode(Graph *graph, int index)
        : m_graph(graph)
        , m_index(index)
    {}
    static void addEdge(const GraphNode &from, const GraphNode &to);

    Graph *m_graph = nullptr;
    int m_index = 0;
};

/// Tasks and the order between them.
///
/// A node runs after all its predecessors have succeeded, as soon as a worker is free. When one
/// fails, those that depend on it are skipped and all others run; the run then ends with the first
/// failure. Modelled on Taskflow (Huang et al. 2022), where conditions come from; the rules for
/// branches and loops are stricter here, so that what runs never depends on timing:
///
/// - A condition returns the number of the successor that runs next; any other number: none does.
///   A node that conditions precede runs only if one of them chose it. What is not chosen is not
///   taken, and neither is what depends on nothing else: so the branches of a condition may join
///   again in a node that comes after all of them.
/// - A condition may choose a node that it itself depends on: a loop. The nodes between the two are
///   the body and run again. A loop is entered by its first node only, after a node outside it, and
///   left by the condition that closes it only.
/// - Every other cycle is refused by run(), which names its nodes.
///
/// A graph can run again, also several times at once: each run has a state of its own, the nodes'
/// functions are shared. A run keeps what it needs: the graph may be changed or destroyed while it
/// goes on.
///
/// Threads: a graph is changed and started by one thread at a time. Cost: per node of a run one
/// post, or none for one successor that goes on in its predecessor's worker.
///
/// \code
/// Graph graph("thumbnails");
/// GraphNode load = graph.add("load", [&] { picture.load(path); });
/// GraphNode small = graph.add("small", [&] { picture.scale(64); });
/// GraphNode large = graph.add("large", [&] { picture.scale(512); });
/// GraphNode save = graph.add("save", [&] { picture.save(); });
/// load.precede(small, large);
/// save.succeed(small, large);
/// graph.run(executor).wait(); // throws what a node threw
/// \endcode
class HEDDLE_ENGINE_EXPORT Graph
{
public:
    /// The \a name is what the timeline shows.
    explicit Graph(std::string_view name = "graph");
    ~Graph();
    Graph(const Graph &) = delete;
    Graph &operator=(const Graph &) = delete;

    /// A node called \a name that calls \a function, which may take a std::stop_token. An exception
    /// that leaves it is the node's failure.
    template <typename Function>
    GraphNode add(std::string_view name, Function function)
    {
        return addNode(name, false,
                       [shared = share(std::move(function))](const std::stop_token &stop) {
                           call(*shared, stop);
                           return 0;
                       });
    }
    /// A condition: \a function returns an int, the number of the successor that runs next.
    template <typename Function>
    GraphNode addCondition(std::string_view name, Function function)
    {
        return addNode(name, true,
                       [shared = share(std::move(function))](const std::stop_token &stop) {
                           return static_cast<int>(call(*shared, stop));
                       });
    }

    /// Runs the nodes on \a executor, which must live until the run has ended; a request of \a stop
    /// prevents those that have not started and reaches those that take a stop token. Never blocks.
    /// \throws Misuse for a cycle, which it names, and for a loop that is entered or left amiss
    GraphRun run(Executor &executor, std::stop_token stop = {});

    [[nodiscard]] QString name() const;
    /// How many nodes it has.
    [[nodiscard]] int size() const;

private:
    friend class GraphNode;
    using NodeFunction = std::function<int(const std::stop_token &)>;

    // A function that can only be moved is as good as any.
    template <typename Function>
    static std::shared_ptr<Function> share(Function function)
    {
        return std::make_shared<Function>(std::move(function));
    }
    template <typename Function>
    static decltype(auto) call(Function &function, const std::stop_token &stop)
    {
        if constexpr (std::is_invocable_v<Function &, const std::stop_token &>)
            return function(stop);
        else
            return function();
    }
    GraphNode addNode(std::string_view name, bool isCondition, NodeFunction function);
    void addLimit(int node, const ResourceLimit &limit);
    GraphPlan &changeablePlan();

    std::shared_ptr<GraphPlan> m_plan;
    bool m_isShared = false; ///< a run may use the plan: it is copied before it is changed
};

} // namespace heddle
