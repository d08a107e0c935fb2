// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sharedevent_p.h"

#include <heddle/timeline/tracestore.h>

#include <unordered_map>

namespace heddle {

/// Derives depth and flows of queues from their items' records.
///
/// Items that were in a queue before the recording, or whose put was lost, have no number until
/// they are taken: the depth counts them as far as it can be known, and is never negative. After a
/// loss it is an estimate that corrects itself when later items of a first-in, first-out queue are
/// taken, or when the queue is fuller than it can be.
///
/// Threads: one at a time.
class ItemQueues
{
public:
    ItemQueues(TraceStore::Writer &writer, DerivedFlows &flows)
        : m_writer(writer)
        , m_flows(flows)
    {}

    /// What is known of an object, as soon as it is.
    void describe(std::uint32_t object, const ObjectInfo &info);
    /// A put that has been read. Its turn comes later, in consume().
    void announce(const SharedEvent &put);
    /// When \a taken, a take or a drop, happened: never before its put, whatever the processors'
    /// clocks say. Its put has been announced if it was recorded at all.
    [[nodiscard]] std::int64_t timeOf(const SharedEvent &taken) const;
    /// The next event of an item, in order of time.
    void consume(const SharedEvent &event);
    /// An object's depth as it was told: whatever was thought of it before.
    void count(std::uint32_t object, std::int64_t value);
    /// Records were lost: some items may seem to be in a queue that have left it.
    void lossHappened() { m_isLossy = true; }
    /// Forgets items that must have left. \a ns is the present end.
    void forgetLost(std::int64_t ns);

private:
    struct Inside
    {
        std::int64_t putNs = 0;
        std::uint64_t flow = 0; ///< 0: none
        bool isPut = false;     ///< its put has been consumed
    };
    struct Queue
    {
        std::unordered_map<std::uint64_t, Inside> items; ///< by position
        std::int64_t present = 0; ///< items whose put was seen and whose take was not
        std::int64_t elders = 0;  ///< the same without a put
        std::int64_t capacity = 0;
        std::uint64_t firstPut = 0;
        std::uint64_t lastTaken = 0;
        FlowKind flowKind = FlowKind::QueueItem;
        bool hasPut = false;
        bool hasTaken = false;
        bool knowsElders = false; ///< how many were in it before the first that was recorded
        bool isInOrder = true;    ///< first in, first out, as far as seen
    };
    void put(Queue &queue, const SharedEvent &event);
    void take(Queue &queue, const SharedEvent &event);
    void addElders(Queue &queue, std::uint64_t position) const;
    void tellDepth(std::uint32_t object, const Queue &queue, std::int64_t ns);

    TraceStore::Writer &m_writer;
    DerivedFlows &m_flows;
    std::unordered_map<std::uint32_t, Queue> m_queues; ///< by object
    bool m_isLossy = false;
};

} // namespace heddle
