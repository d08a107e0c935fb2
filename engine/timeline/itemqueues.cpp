// SPDX-License-Identifier: Apache-2.0
#include "itemqueues_p.h"

#include <algorithm>
#include <vector>

namespace heddle {

namespace {
// How far takes of a first-in, first-out queue may be out of order: several threads take at once.
constexpr std::uint64_t MostDisorder = 1024;
// More are not believed: the recording is damaged.
constexpr std::int64_t MostElders = std::int64_t{1} << 32;
} // namespace

void ItemQueues::describe(std::uint32_t object, const ObjectInfo &info)
{
    Queue &queue = m_queues[object];
    queue.capacity = info.capacity;
    queue.flowKind = info.kind == ObjectKind::Exchange ? FlowKind::Message : FlowKind::QueueItem;
}

void ItemQueues::announce(const SharedEvent &put)
{
    Queue &queue = m_queues[put.object];
    // One that is there already was lost when it left; its number has come round again.
    Inside &item = queue.items[put.id];
    if (!item.isPut)
        item.putNs = put.ns;
}

std::int64_t ItemQueues::timeOf(const SharedEvent &taken) const
{
    const auto queue = m_queues.find(taken.object);
    if (queue == m_queues.end())
        return taken.ns;
    const auto item = queue->second.items.find(taken.id);
    return item == queue->second.items.end() ? taken.ns : std::max(taken.ns, item->second.putNs);
}

void ItemQueues::tellDepth(std::uint32_t object, const Queue &queue, std::int64_t ns)
{
    m_writer.count(object, ns, queue.present + queue.elders);
}

void ItemQueues::consume(const SharedEvent &event)
{
    Queue &queue = m_queues[event.object];
    if (event.kind == SharedEvent::Kind::ItemPut)
        put(queue, event);
    else
        take(queue, event);
}

void ItemQueues::put(Queue &queue, const SharedEvent &event)
{
    if (!queue.hasPut) {
        queue.hasPut = true;
        queue.firstPut = event.id;
    }
    Inside &item = queue.items[event.id];
    queue.present += !item.isPut;
    item = {event.ns, event.tag ? m_flows.next() : 0, true};
    if (item.flow) {
        m_writer.flowPoint(event.thread, event.ns, item.flow, queue.flowKind, FlowPhase::Begin);
    }
    tellDepth(event.object, queue, event.ns);
}

void ItemQueues::take(Queue &queue, const SharedEvent &event)
{
    if (queue.hasTaken && event.id + MostDisorder < queue.lastTaken && !m_isLossy)
        queue.isInOrder = false;
    queue.lastTaken = queue.hasTaken ? std::max(queue.lastTaken, event.id) : event.id;
    queue.hasTaken = true;
    std::uint64_t flow = 0;
    const auto item = queue.items.find(event.id);
    if (item != queue.items.end() && item->second.isPut) {
        flow = item->second.flow;
        queue.items.erase(item);
        --queue.present;
    } else {
        // It was put before the recording, or that was lost.
        flow = event.tag ? m_flows.next() : 0;
        addElders(queue, event.id);
        queue.elders = std::max<std::int64_t>(queue.elders - 1, 0);
    }
    if (flow && event.kind == SharedEvent::Kind::ItemTaken)
        m_writer.flowPoint(event.thread, event.ns, flow, queue.flowKind, FlowPhase::End);
    tellDepth(event.object, queue, event.ns);
}

// The item at \a position was in the queue before the recording. If it is the oldest, so were all
// between it and the first put that was seen.
void ItemQueues::addElders(Queue &queue, std::uint64_t position) const
{
    if (queue.knowsElders || m_isLossy)
        return;
    queue.knowsElders = queue.hasPut;
    std::uint64_t elders = 1;
    if (queue.hasPut)
        elders = queue.firstPut > position ? queue.firstPut - position : 0;
    const std::int64_t room = queue.capacity > 0
                                      ? std::max<std::int64_t>(queue.capacity - queue.present, 0)
                                      : MostElders;
    queue.elders = static_cast<std::int64_t>(std::min(elders, static_cast<std::uint64_t>(room)));
}

void ItemQueues::count(std::uint32_t object, std::int64_t value)
{
    const auto found = m_queues.find(object);
    if (found == m_queues.end())
        return;
    Queue &queue = found->second;
    if (value == 0) {
        std::erase_if(queue.items, [](const auto &entry) { return entry.second.isPut; });
        queue.present = 0;
    }
    queue.elders = std::clamp<std::int64_t>(value - queue.present, 0, MostElders);
}

void ItemQueues::forgetLost(std::int64_t ns)
{
    if (!m_isLossy)
        return;
    for (auto &[object, queue] : m_queues) {
        std::size_t gone = 0;
        if (queue.isInOrder && queue.hasTaken && queue.lastTaken > MostDisorder) {
            const std::uint64_t oldest = queue.lastTaken - MostDisorder;
            gone += std::erase_if(queue.items, [oldest](const auto &entry) {
                return entry.second.isPut && entry.first < oldest;
            });
        }
        const auto capacity = static_cast<std::size_t>(queue.capacity);
        if (capacity > 0 && queue.items.size() > 2 * capacity) {
            std::vector<std::uint64_t> positions;
            for (const auto &[position, item] : queue.items) {
                if (item.isPut)
                    positions.push_back(position);
            }
            if (positions.size() > capacity) {
                const auto newest = positions.end() - static_cast<std::ptrdiff_t>(capacity);
                std::nth_element(positions.begin(), newest, positions.end());
                for (auto position = positions.begin(); position != newest; ++position)
                    queue.items.erase(*position);
                gone += positions.size() - capacity;
            }
        }
        queue.present -= static_cast<std::int64_t>(gone);
        if (gone > 0)
            tellDepth(object, queue, ns);
    }
}

} // namespace heddle
