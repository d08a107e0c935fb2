// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelcheck {

/// Where a thread of a model goes after a step.
struct Next
{
    enum class Kind { On, To, Blocked, End };
    Kind kind;
    std::string_view label = {};
};
/// To the step that was added next, or to the thread's end after the last.
inline Next goOn()
{
    return {Next::Kind::On};
}
/// To the step called \a name (a literal).
inline Next goTo(std::string_view name)
{
    return {Next::Kind::To, name};
}
/// The step cannot happen now; it must not have changed the state.
inline Next blocked()
{
    return {Next::Kind::Blocked};
}
/// The thread has ended.
inline Next end()
{
    return {Next::Kind::End};
}

/// What one thread of a model does: named steps, each of them atomic.
///
/// Whatever can be seen or changed by other threads in between is a step of its own: an operation
/// on an atomic, the taking of a mutex, a futex call. What lies between the taking and the release
/// of a mutex may be one step when nobody looks at it without the mutex.
template <typename State>
class Program
{
public:
    struct Step
    {
        std::string name;
        int choices;
        std::function<Next(State &, int choice)> run;
    };

    Program &step(std::string name, std::function<Next(State &)> run)
    {
        return choose(std::move(name), 1,
                      [run = std::move(run)](State &state, int) { return run(state); });
    }
    /// A step that can go in \a choices ways; \a run is told in which (0, 1 …). All are tried.
    Program &choose(std::string name, int choices, std::function<Next(State &, int choice)> run)
    {
        if (find(name) != m_steps.size())
            throw std::logic_error("two steps are called " + name);
        m_steps.push_back({std::move(name), choices, std::move(run)});
        return *this;
    }
    /// Adds the steps of \a other, whose names must be new.
    Program &then(const Program &other)
    {
        for (const Step &step : other.m_steps)
            choose(step.name, step.choices, step.run);
        return *this;
    }

    [[nodiscard]] std::size_t size() const { return m_steps.size(); }
    [[nodiscard]] const Step &at(std::size_t index) const { return m_steps[index]; }
    /// The step's index; size() when there is none.
    [[nodiscard]] std::size_t find(std::string_view name) const
    {
        const auto found = std::find_if(m_steps.begin(), m_steps.end(),
                                        [&](const Step &step) { return step.name == name; });
        return static_cast<std::size_t>(found - m_steps.begin());
    }

private:
    std::vector<Step> m_steps;
};

} // namespace modelcheck
