// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "program.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace modelcheck {

/// What an exploration found.
struct Exploration
{
    std::uint64_t states = 0;
    std::uint64_t steps = 0;            ///< edges between states
    std::string problem;                ///< empty when everything holds in every interleaving
    std::string path;                   ///< the shortest way to the problem, one step a line
    std::vector<std::uint64_t> covered; ///< per cover(): in how many states it held

    [[nodiscard]] bool holds() const { return problem.empty(); }
    /// For a test's output: how much was looked at, or the problem and the way to it.
    [[nodiscard]] std::string text() const
    {
        if (holds()) {
            return "holds in " + std::to_string(states) + " states, " + std::to_string(steps)
                   + " steps";
        }
        return problem + ", after\n" + path;
    }
};

/// Tries all interleavings of a few threads over a small shared state, each state once.
///
/// The threads are step machines (Program). Every order of their steps is a sequentially
/// consistent execution; what weaker memory orders add is out of its reach. Explicit states,
/// breadth first, so the way to a problem that it shows is a shortest one (as in Holzmann, "The
/// SPIN Model Checker"; without partial-order reduction, the models are small).
///
/// Found are: a broken invariant; a state of rest that may not be one (by default each in which a
/// thread has not ended: a deadlock or a lost wake-up); and a state from which none of rest can be
/// reached any more (a livelock).
///
/// \a State: a struct without padding and pointers. \a MaxThreads: threads and events.
template <typename State, std::size_t MaxThreads = 6>
class Explorer
{
    static_assert(std::has_unique_object_representations_v<State>,
                  "states are compared byte by byte: no padding, no floating point");

public:
    using Predicate = std::function<bool(const State &)>;

    /// A thread that always goes on when it can.
    void thread(std::string name, Program<State> program)
    {
        add(std::move(name), std::move(program), true);
    }
    /// Something that may happen at any time or never: a time-out, a stop, a spurious wake-up. Once
    /// it has begun it goes on like a thread.
    void event(std::string name, Program<State> program)
    {
        add(std::move(name), std::move(program), false);
    }
    /// Must hold in every state.
    void invariant(std::string name, Predicate holds)
    {
        m_invariants.push_back({std::move(name), std::move(holds)});
    }
    /// Must hold whenever no thread can go on (unless by an event). Replaces the demand that every
    /// thread has ended then.
    void atRest(std::string name, Predicate holds)
    {
        m_atRest.push_back({std::move(name), std::move(holds)});
    }
    /// Counts the states in which it holds, so that a test can tell that it looked there.
    void cover(Predicate holds) { m_covers.push_back(std::move(holds)); }
    /// For the path to a problem: how a state looks.
    void describe(std::function<std::string(const State &)> text) { m_describe = std::move(text); }

    /// Explores from \a initial. More than \a limit states are a problem of their own.
    Exploration explore(const State &initial, std::uint64_t limit = 4'000'000)
    {
        m_index.clear();
        m_nodes.clear();
        m_origins.clear();
        m_edges.clear();
        m_result = {};
        m_result.covered.assign(m_covers.size(), 0);
        std::vector<bool> isRest;

        Node first{initial, {}};
        visit(first, {});
        for (std::uint32_t at = 0; at < m_nodes.size() && m_result.holds(); ++at) {
            const bool rests = expand(at);
            isRest.push_back(rests);
            if (m_result.holds() && rests)
                checkRest(at);
            if (m_result.holds() && m_nodes.size() > limit)
                fail("more states than the limit: the exploration is not exhaustive", at);
        }
        if (m_result.holds())
            checkThatRestCanBeReached(isRest);
        m_result.states = m_nodes.size();
        m_result.steps = m_edges.size();
        return m_result;
    }

private:
    static constexpr std::uint8_t Ended = 255;

    struct Actor
    {
        std::string name;
        Program<State> program;
        bool isRequired;
    };
    struct Demand
    {
        std::string name;
        Predicate holds;
    };
    struct Node
    {
        State state;
        std::array<std::uint8_t, MaxThreads> position; ///< per actor, its next step
        friend bool operator==(const Node &a, const Node &b)
        {
            return std::memcmp(&a.state, &b.state, sizeof(State)) == 0 && a.position == b.position;
        }
    };
    struct Hash
    {
        std::size_t operator()(const Node &node) const
        {
            const std::string_view state(reinterpret_cast<const char *>(&node.state),
                                         sizeof(State));
            const std::string_view position(reinterpret_cast<const char *>(&node.position),
                                            sizeof(node.position));
            const std::hash<std::string_view> hash;
            return hash(state) * 31 + hash(position);
        }
    };
    struct Origin
    {
        std::uint32_t from = 0;
        std::uint8_t actor = Ended;
        std::uint8_t step = 0;
    };

    void add(std::string name, Program<State> program, bool isRequired)
    {
        if (m_actors.size() == MaxThreads || program.size() >= Ended)
            throw std::logic_error("the model is too large");
        m_actors.push_back({std::move(name), std::move(program), isRequired});
    }

    std::uint32_t visit(const Node &node, Origin origin)
    {
        const auto [entry, isNew] = m_index.emplace(node,
                                                    static_cast<std::uint32_t>(m_nodes.size()));
        if (isNew) {
            m_nodes.push_back(&entry->first);
            m_origins.push_back(origin);
            for (const Demand &demand : m_invariants) {
                if (m_result.holds() && !demand.holds(node.state))
                    fail(demand.name, entry->second);
            }
            for (std::size_t k = 0; k < m_covers.size(); ++k)
                m_result.covered[k] += m_covers[k](node.state);
        }
        return entry->second;
    }

    // Takes every step that can be taken from a state. True when no thread could take one.
    bool expand(std::uint32_t from)
    {
        bool rests = true;
        for (std::size_t k = 0; k < m_actors.size() && m_result.holds(); ++k) {
            const Actor &actor = m_actors[k];
            const std::uint8_t position = m_nodes[from]->position[k];
            if (position == Ended)
                continue;
            const auto &step = actor.program.at(position);
            for (int choice = 0; choice < step.choices && m_result.holds(); ++choice) {
                Node node = *m_nodes[from];
                const Next next = step.run(node.state, choice);
                const Origin origin{from, static_cast<std::uint8_t>(k), position};
                if (next.kind == Next::Kind::Blocked) {
                    if (!(node == *m_nodes[from]))
                        throw std::logic_error(step.name + " is blocked, yet changed the state");
                    continue;
                }
                node.position[k] = positionAfter(actor, position, next);
                rests = rests && !mustGoOn(k, position);
                m_edges.push_back({from, visit(node, origin)});
            }
        }
        return rests;
    }

    [[nodiscard]] bool mustGoOn(std::size_t actor, std::uint8_t position) const
    {
        return position != Ended && (m_actors[actor].isRequired || position > 0);
    }

    static std::uint8_t positionAfter(const Actor &actor, std::uint8_t position, Next next)
    {
        std::size_t to = actor.program.size();
        if (next.kind == Next::Kind::On)
            to = position + std::size_t{1};
        if (next.kind == Next::Kind::To) {
            to = actor.program.find(next.label);
            if (to == actor.program.size())
                throw std::logic_error("no step is called " + std::string(next.label));
        }
        return to == actor.program.size() ? Ended : static_cast<std::uint8_t>(to);
    }

    void checkRest(std::uint32_t at)
    {
        for (const Demand &demand : m_atRest) {
            if (!demand.holds(m_nodes[at]->state))
                return fail("at rest: " + demand.name, at);
        }
        if (!m_atRest.empty())
            return;
        for (std::size_t k = 0; k < m_actors.size(); ++k) {
            if (mustGoOn(k, m_nodes[at]->position[k])) {
                return fail(m_actors[k].name + " is stuck before \""
                                    + m_actors[k].program.at(m_nodes[at]->position[k]).name + '"',
                            at);
            }
        }
    }

    // Backwards from the states of rest; what is not met can only go round in circles.
    void checkThatRestCanBeReached(const std::vector<bool> &isRest)
    {
        std::vector<std::vector<std::uint32_t>> before(m_nodes.size());
        for (const auto &[from, to] : m_edges)
            before[to].push_back(from);
        std::vector<bool> reaches = isRest;
        std::vector<std::uint32_t> pending;
        for (std::uint32_t at = 0; at < m_nodes.size(); ++at) {
            if (reaches[at])
                pending.push_back(at);
        }
        while (!pending.empty()) {
            const std::uint32_t at = pending.back();
            pending.pop_back();
            for (const std::uint32_t from : before[at]) {
                if (!reaches[from]) {
                    reaches[from] = true;
                    pending.push_back(from);
                }
            }
        }
        for (std::uint32_t at = 0; at < m_nodes.size(); ++at) {
            if (!reaches[at])
                return fail("the threads can go on for ever without coming to rest", at);
        }
    }

    void fail(std::string problem, std::uint32_t at)
    {
        m_result.problem = std::move(problem);
        std::vector<std::uint32_t> path;
        for (std::uint32_t k = at; m_origins[k].actor != Ended; k = m_origins[k].from)
            path.push_back(k);
        m_result.path.clear();
        for (auto k = path.rbegin(); k != path.rend(); ++k) {
            const Origin &origin = m_origins[*k];
            const Actor &actor = m_actors[origin.actor];
            m_result.path += actor.name + ": " + actor.program.at(origin.step).name;
            if (m_describe)
                m_result.path += "  [" + m_describe(m_nodes[*k]->state) + ']';
            m_result.path += '\n';
        }
    }

    std::vector<Actor> m_actors;
    std::vector<Demand> m_invariants;
    std::vector<Demand> m_atRest;
    std::vector<Predicate> m_covers;
    std::function<std::string(const State &)> m_describe;

    std::unordered_map<Node, std::uint32_t, Hash> m_index;
    std::vector<const Node *> m_nodes;
    std::vector<Origin> m_origins; ///< per state, the step that led to it first
    std::vector<std::pair<std::uint32_t, std::uint32_t>> m_edges;
    Exploration m_result;
};

} // namespace modelcheck
