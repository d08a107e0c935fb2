// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sharedevent_p.h"

#include <heddle/timeline/tracestore.h>

#include <unordered_map>

namespace heddle {

/// Derives the flows of tasks and coroutines, and how many of them each executor has ready, from
/// the records of their lives.
///
/// Tasks whose creation is not known (it was lost, or their executor records flows by itself) have
/// their states only.
///
/// Threads: one at a time.
class TaskLives
{
public:
    TaskLives(TraceStore::Writer &writer, DerivedFlows &flows)
        : m_writer(writer)
        , m_flows(flows)
    {}

    // The next event, in order of time.
    void create(const SharedEvent &event);
    void change(const SharedEvent &event);

    /// Tasks that have not ended.
    [[nodiscard]] std::size_t living() const { return m_lives.size(); }

private:
    struct Life
    {
        std::uint64_t flow = 0; ///< to the next run, 0: not begun
        std::int64_t runNs = 0; ///< since when it runs
        std::uint32_t executor = SharedEvent::NoObject;
        std::uint32_t thread = 0; ///< that it runs on
        std::uint32_t runs = 0;   ///< begun so far
        TaskState state = TaskState::Created;
        FlowKind flowKind = FlowKind::Unknown;
        bool lacksCause = false; ///< runs, and nobody is known to have made it ready
        bool isCoroutine = false;
    };
    void becomeReady(std::uint64_t id, Life &life, const SharedEvent &event);
    void beginFlow(std::uint64_t id, Life &life, const SharedEvent &event, bool isFirst);
    void endFlow(Life &life, std::uint32_t thread, std::int64_t ns);
    void countReady(const Life &life, std::int64_t ns, int change);

    TraceStore::Writer &m_writer;
    DerivedFlows &m_flows;
    std::unordered_map<std::uint64_t, Life> m_lives;         ///< by id
    std::unordered_map<std::uint32_t, std::int64_t> m_ready; ///< by executor
};

} // namespace heddle
