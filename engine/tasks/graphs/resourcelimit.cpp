// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/resourcelimit.h>

#include "resourcelimit_p.h"

#include <heddle/core/error.h>

#include <utility>

namespace heddle {

ResourceLimitState::ResourceLimitState(std::string_view name, int most)
    : m_most(most)
    , m_object(trace::ObjectKind::Semaphore, name, most)
{
    m_object.count(most);
}

bool ResourceLimitState::acquire(WaitingNode waiting)
{
    const std::lock_guard lock(m_mutex);
    if (m_inUse == m_most) {
        m_waiting.push_back(std::move(waiting));
        return false;
    }
    ++m_inUse;
    m_object.count(m_most - m_inUse);
    return true;
}

WaitingNode ResourceLimitState::release()
{
    const std::lock_guard lock(m_mutex);
    if (!m_waiting.empty()) {
        WaitingNode next = std::move(m_waiting.front());
        m_waiting.pop_front();
        return next;
    }
    --m_inUse;
    m_object.count(m_most - m_inUse);
    return {};
}

std::vector<int> ResourceLimitState::withdraw(const GraphExecution *execution)
{
    std::vector<int> nodes;
    std::deque<WaitingNode> withdrawn; // dies without the mutex
    const std::lock_guard lock(m_mutex);
    std::deque<WaitingNode> others;
    for (WaitingNode &waiting : m_waiting) {
        if (waiting.execution.get() == execution) {
            nodes.push_back(waiting.node);
            withdrawn.push_back(std::move(waiting));
        } else {
            others.push_back(std::move(waiting));
        }
    }
    m_waiting.swap(others);
    return nodes;
}

int ResourceLimitState::inUse() const
{
    const std::lock_guard lock(m_mutex);
    return m_inUse;
}

ResourceLimit::ResourceLimit(std::string_view name, int most)
{
    if (most < 1) {
        throw Misuse(QStringLiteral("A limit of %1 lets nothing run").arg(most),
                     QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())),
                     QStringLiteral("Give one or more"));
    }
    m_state = std::make_shared<ResourceLimitState>(name, most);
}

ResourceLimit::~ResourceLimit() = default;
ResourceLimit::ResourceLimit(const ResourceLimit &) = default;
ResourceLimit &ResourceLimit::operator=(const ResourceLimit &) = default;

int ResourceLimit::inUse() const
{
    return m_state->inUse();
}

int ResourceLimit::most() const
{
    return m_state->most();
}

} // namespace heddle
