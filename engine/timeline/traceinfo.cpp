// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/traceinfo.h>

#include <QJsonArray>

#include <array>
#include <unordered_map>

namespace heddle {

namespace {

struct KindCount
{
    std::uint64_t begun = 0;
    std::uint64_t completed = 0;
};

// A flow counts as complete when it has a begin and an end.
QJsonObject flowsByKind(const TraceStore &store)
{
    std::unordered_map<std::uint64_t, int> seen;
    std::array<KindCount, 8> kinds{};
    for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
        const auto &points = store.flowPoints(thread);
        for (std::size_t k = 0, count = points.size(); k < count; ++k) {
            const FlowPoint &point = points.at(k);
            KindCount &kind = kinds[static_cast<std::size_t>(point.kind) % kinds.size()];
            const int bit = point.phase == FlowPhase::Begin ? 1
                            : point.phase == FlowPhase::End ? 2
                                                            : 0;
            int &bits = seen[point.flow];
            if (bit == 0 || (bits & bit) != 0)
                continue;
            bits |= bit;
            kind.begun += bit == 1;
            kind.completed += bits == 3;
        }
    }
    QJsonObject result;
    for (std::size_t k = 0; k < kinds.size(); ++k) {
        if (kinds[k].begun > 0) {
            result.insert(
                    flowKindId(static_cast<FlowKind>(k)),
                    QJsonObject{{QStringLiteral("begun"), static_cast<qint64>(kinds[k].begun)},
                                {QStringLiteral("completed"),
                                 static_cast<qint64>(kinds[k].completed)}});
        }
    }
    return result;
}

} // namespace

QJsonObject traceInfo(const TraceStore &store, const QString &format)
{
    QJsonArray processes;
    for (const ProcessInfo &process : store.processes()) {
        processes.append(QJsonObject{{QStringLiteral("pid"), static_cast<qint64>(process.pid)},
                                     {QStringLiteral("name"), process.name}});
    }
    QJsonArray threads;
    const std::vector<ThreadInfo> threadInfos = store.threads();
    for (std::size_t thread = 0; thread < threadInfos.size(); ++thread) {
        std::size_t slices = 0;
        for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth)
            slices += store.slices(thread, depth).size();
        const ThreadInfo &info = threadInfos[thread];
        threads.append(QJsonObject{
                {QStringLiteral("name"), info.name},
                {QStringLiteral("tid"), static_cast<qint64>(info.tid)},
                {QStringLiteral("process"), static_cast<qint64>(info.process)},
                {QStringLiteral("slices"), static_cast<qint64>(slices)},
                {QStringLiteral("waits"), static_cast<qint64>(store.waits(thread).size())},
                {QStringLiteral("instants"), static_cast<qint64>(store.instants(thread).size())},
                {QStringLiteral("lost"), static_cast<qint64>(info.lost)}});
    }
    QJsonArray objects;
    for (const ObjectInfo &object : store.objects()) {
        objects.append(
                QJsonObject{{QStringLiteral("name"), object.name},
                            {QStringLiteral("kind"), objectKindId(object.kind)},
                            {QStringLiteral("capacity"), static_cast<qint64>(object.capacity)}});
    }
    QJsonObject attributes;
    const QMap<QString, QString> all = store.attributes();
    for (auto entry = all.begin(); entry != all.end(); ++entry)
        attributes.insert(entry.key(), entry.value());
    const TraceCounts counts = store.counts();
    return {{QStringLiteral("format"), format},
            {QStringLiteral("span_ns"), static_cast<qint64>(store.endNs())},
            {QStringLiteral("processes"), processes},
            {QStringLiteral("threads"), threads},
            {QStringLiteral("objects"), objects},
            {QStringLiteral("slices"), static_cast<qint64>(counts.slices)},
            {QStringLiteral("waits"), static_cast<qint64>(counts.waits)},
            {QStringLiteral("instants"), static_cast<qint64>(counts.instants)},
            {QStringLiteral("counters"), static_cast<qint64>(counts.counters)},
            {QStringLiteral("flows"), static_cast<qint64>(counts.flows)},
            {QStringLiteral("complete_flows"), static_cast<qint64>(counts.completeFlows)},
            {QStringLiteral("flows_by_kind"), flowsByKind(store)},
            {QStringLiteral("tasks"), static_cast<qint64>(counts.tasks)},
            {QStringLiteral("coroutines"), static_cast<qint64>(counts.coroutines)},
            {QStringLiteral("scheduling"), static_cast<qint64>(counts.scheduling)},
            {QStringLiteral("scheduling_source"), all.value(QStringLiteral("scheduling_source"))},
            {QStringLiteral("lost"), static_cast<qint64>(counts.lost)},
            {QStringLiteral("attributes"), attributes}};
}

QStringList traceGaps(const TraceStore &store)
{
    const QMap<QString, QString> attributes = store.attributes();
    QStringList gaps;
    for (const char *key : {"damage", "trace_problem", "trace_gap"}) {
        if (const QString text = attributes.value(QLatin1String(key)); !text.isEmpty())
            gaps << text;
    }
    if (const QString packets = attributes.value(QStringLiteral("damaged_packets"));
        !packets.isEmpty())
        gaps << QStringLiteral("Packets that could not be read: %1").arg(packets);
    return gaps;
}

} // namespace heddle
