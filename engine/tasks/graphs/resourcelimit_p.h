// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/object.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace heddle {

class GraphExecution;

/// A node that is ready and waits for room.
struct WaitingNode
{
    std::shared_ptr<GraphExecution> execution;
    int node = 0;
};

/// What the copies of a limit share. Never blocks; calls nobody under its mutex.
class ResourceLimitState
{
public:
    ResourceLimitState(std::string_view name, int most);

    /// Takes room for \a waiting, or lets it wait and returns false.
    [[nodiscard]] bool acquire(WaitingNode waiting);
    /// Gives room back, to the node that it returns if there is one.
    [[nodiscard]] WaitingNode release();
    /// Takes out the nodes of \a execution that wait.
    [[nodiscard]] std::vector<int> withdraw(const GraphExecution *execution);

    [[nodiscard]] int inUse() const;
    [[nodiscard]] int most() const { return m_most; }

private:
    const int m_most;
    trace::Object m_object;
    mutable std::mutex m_mutex;
    int m_inUse = 0;
    std::deque<WaitingNode> m_waiting;
};

} // namespace heddle
