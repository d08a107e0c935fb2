// SPDX-License-Identifier: Apache-2.0
#include "tasklives_p.h"

#include <utility>

namespace heddle {

namespace {

// By how much a task may seem to run before it is ready: the clocks of two processors differ.
constexpr std::int64_t MostSkewNs = 1'000;

std::optional<std::size_t> objectOf(std::uint32_t stored)
{
    return stored == SharedEvent::NoObject ? std::nullopt : std::optional<std::size_t>(stored);
}

} // namespace

void TaskLives::create(const SharedEvent &event)
{
    const auto kind = static_cast<TaskKind>(event.detail);
    m_writer.createTask(event.thread, event.ns, event.id, kind, event.name, objectOf(event.object));
    const auto [entry, isNew] = m_lives.try_emplace(event.id);
    if (!isNew)
        return; // damaged: created twice
    Life &life = entry->second;
    life.executor = event.object;
    life.isCoroutine = kind == TaskKind::Coroutine;
    if (kind == TaskKind::Ready)
        becomeReady(event.id, life, event);
}

void TaskLives::countReady(const Life &life, std::int64_t ns, int change)
{
    if (life.executor == SharedEvent::NoObject)
        return;
    std::int64_t &ready = m_ready[life.executor];
    ready += change;
    m_writer.count(life.executor, ns, ready);
}

void TaskLives::beginFlow(std::uint64_t id, Life &life, const SharedEvent &event, bool isFirst)
{
    // The way to the first run bears the task's own number.
    life.flow = isFirst ? id : m_flows.next();
    life.flowKind = isFirst || !life.isCoroutine ? FlowKind::Task : FlowKind::Await;
    m_writer.flowPoint(event.thread, event.ns, life.flow, life.flowKind, FlowPhase::Begin);
}

void TaskLives::endFlow(Life &life, std::uint32_t thread, std::int64_t ns)
{
    if (const std::uint64_t flow = std::exchange(life.flow, 0))
        m_writer.flowPoint(thread, ns, flow, life.flowKind, FlowPhase::End);
}

void TaskLives::becomeReady(std::uint64_t id, Life &life, const SharedEvent &event)
{
    if (life.state == TaskState::Ready)
        return;
    if (life.state == TaskState::Running && life.thread != event.thread) {
        // Either it runs because of this, as far as the clocks can tell, or it was woken before it
        // had told that it waits.
        const bool runsBecause = std::exchange(life.lacksCause, false)
                                 && event.ns - life.runNs < MostSkewNs;
        if (!life.flow)
            beginFlow(id, life, event, runsBecause && life.runs == 1);
        if (runsBecause)
            endFlow(life, life.thread, event.ns);
        return;
    }
    if (!life.flow)
        beginFlow(id, life, event, life.runs == 0);
    life.state = TaskState::Ready;
    countReady(life, event.ns, 1);
}

void TaskLives::change(const SharedEvent &event)
{
    const auto state = static_cast<TaskState>(event.detail);
    m_writer.taskState(event.thread, event.ns, event.id, state, objectOf(event.object),
                       static_cast<WaitReason>(event.tag));
    const auto found = m_lives.find(event.id);
    if (found == m_lives.end())
        return;
    Life &life = found->second;
    if (state == TaskState::Ready) {
        becomeReady(event.id, life, event);
        return;
    }
    if (state == TaskState::Created)
        return; // says nothing new
    if (life.state == TaskState::Ready)
        countReady(life, event.ns, -1);
    life.state = state;
    if (state == TaskState::Waiting) {
        if (life.flow) { // woken already
            life.state = TaskState::Ready;
            countReady(life, event.ns, 1);
        }
        return;
    }
    life.lacksCause = state == TaskState::Running && !life.flow;
    endFlow(life, event.thread, event.ns);
    if (state == TaskState::Running) {
        life.runNs = event.ns;
        life.thread = event.thread;
        ++life.runs;
        return;
    }
    m_lives.erase(found);
}

} // namespace heddle
