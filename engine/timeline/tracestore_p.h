// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasktable_p.h"
#include "tracks_p.h"

#include <QHash>

#include <shared_mutex>
#include <unordered_map>

namespace heddle {

/// The state behind a TraceStore, shared with its Writer.
struct TraceStore::Private
{
    // Points of all flows, chained per flow.
    struct ChainedPoint
    {
        FlowPoint point;
        std::uint32_t next = 0; ///< position + 1 in flowPoints
    };
    struct FlowEntry
    {
        std::uint32_t first = 0; ///< position + 1
        std::uint32_t last = 0;
        bool begun = false;
        bool ended = false;
    };

    // Small lists and flows, under the lock.
    mutable std::shared_mutex mutex;
    std::vector<ProcessInfo> processes;
    std::vector<ThreadInfo> threads;
    std::vector<ObjectInfo> objects;
    QMap<QString, QString> attributes;
    std::unordered_map<std::uint64_t, FlowEntry> flows;
    std::vector<ChainedPoint> flowPoints;

    AppendColumn<QString> names;
    QHash<QString, std::uint32_t> nameIds; ///< the writer's own
    std::size_t sliceTrackCount = 0;       ///< the writer's own: depths of all threads

    AppendColumn<std::unique_ptr<ThreadTracks>> threadTracks;
    AppendColumn<std::unique_ptr<CounterTrack>> counters;
    AppendColumn<std::unique_ptr<IntervalTrack>> cpus;

    TaskTable tasks;

    std::atomic<std::int64_t> startMonotonicNs{0};
    std::atomic<std::int64_t> startRealtimeNs{0};
    std::atomic<std::int64_t> endNs{0};
    std::atomic<std::uint64_t> revision{0};
    std::atomic<bool> complete{false};

    std::atomic<std::uint64_t> sliceCount{0};
    std::atomic<std::uint64_t> waitCount{0};
    std::atomic<std::uint64_t> instantCount{0};
    std::atomic<std::uint64_t> counterCount{0};
    std::atomic<std::uint64_t> flowCount{0};
    std::atomic<std::uint64_t> completeFlowCount{0};
    std::atomic<std::uint64_t> schedulingCount{0};
    std::atomic<std::uint64_t> lostCount{0};
};

} // namespace heddle
