// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/traceinfo.h>

#include <QJsonArray>
#include <QTest>

using namespace heddle;

class TestTraceInfo : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tellsWhatTheTraceHolds()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t process = writer.addProcess(7, QStringLiteral("program"));
        const std::size_t thread = writer.addThread(process, 8, QStringLiteral("main"), 0);
        ObjectInfo queue;
        queue.kind = ObjectKind::Queue;
        queue.name = QStringLiteral("items");
        queue.capacity = 4;
        const std::size_t object = writer.addObject(queue);
        writer.setAttribute(QStringLiteral("scheduling_source"), QStringLiteral("perf_event"));
        writer.beginSlice(thread, 10, writer.intern(u"work"));
        writer.endSlice(thread, 20);
        writer.instant(thread, 21, writer.intern(u"here"));
        writer.beginWait(thread, 22, object, WaitReason::QueueEmpty);
        writer.count(object, 23, 1);
        writer.count(object, 24, 2);
        writer.flowPoint(thread, 25, 1, FlowKind::QueueItem, FlowPhase::Begin);
        writer.flowPoint(thread, 26, 1, FlowKind::QueueItem, FlowPhase::End);
        writer.flowPoint(thread, 27, 2, FlowKind::QueueItem, FlowPhase::Begin);
        writer.flowPoint(thread, 28, 3, FlowKind::Task, FlowPhase::Begin);
        writer.createTask(thread, 29, 3, TaskKind::Ready, writer.intern(u"job"), object);
        writer.createTask(thread, 29, 4, TaskKind::Coroutine, writer.intern(u"fetch"), object);
        writer.createTask(thread, 29, 5, TaskKind::Coroutine, writer.intern(u"fetch"), object);
        writer.lost(thread, 30, 5, std::nullopt);

        const QJsonObject info = traceInfo(store, QStringLiteral("perfetto"));
        QCOMPARE(info[QLatin1String("format")].toString(), QStringLiteral("perfetto"));
        QCOMPARE(info[QLatin1String("span_ns")].toInteger(), qint64{30});
        QCOMPARE(info[QLatin1String("slices")].toInt(), 1);
        QCOMPARE(info[QLatin1String("waits")].toInt(), 1);
        QCOMPARE(info[QLatin1String("instants")].toInt(), 2); // one tells of the loss
        QCOMPARE(info[QLatin1String("counters")].toInt(), 2);
        QCOMPARE(info[QLatin1String("flows")].toInt(), 3);
        QCOMPARE(info[QLatin1String("complete_flows")].toInt(), 1);
        QCOMPARE(info[QLatin1String("tasks")].toInt(), 1);
        QCOMPARE(info[QLatin1String("coroutines")].toInt(), 2);
        QCOMPARE(info[QLatin1String("lost")].toInt(), 5);
        QCOMPARE(info[QLatin1String("scheduling_source")].toString(), QStringLiteral("perf_event"));
        const QJsonObject items = info[QLatin1String("flows_by_kind")]
                                          .toObject()[flowKindId(FlowKind::QueueItem)]
                                          .toObject();
        QCOMPARE(items[QLatin1String("begun")].toInt(), 2);
        QCOMPARE(items[QLatin1String("completed")].toInt(), 1);
        const QJsonObject first = info[QLatin1String("threads")].toArray()[0].toObject();
        QCOMPARE(first[QLatin1String("name")].toString(), QStringLiteral("main"));
        QCOMPARE(first[QLatin1String("tid")].toInt(), 8);
        QCOMPARE(first[QLatin1String("slices")].toInt(), 1);
        QCOMPARE(first[QLatin1String("waits")].toInt(), 1);
        QCOMPARE(first[QLatin1String("lost")].toInt(), 5);
        const QJsonObject listed = info[QLatin1String("objects")].toArray()[0].toObject();
        QCOMPARE(listed[QLatin1String("kind")].toString(), QStringLiteral("queue"));
        QCOMPARE(listed[QLatin1String("capacity")].toInt(), 4);
        QCOMPARE(info[QLatin1String("processes")]
                         .toArray()[0]
                         .toObject()[QLatin1String("pid")]
                         .toInt(),
                 7);
    }

    void everyIdentifierComesBack()
    {
        for (int k = 0; k <= static_cast<int>(ObjectKind::Condition); ++k) {
            const auto kind = static_cast<ObjectKind>(k);
            QCOMPARE(objectKindFromId(objectKindId(kind)), kind);
        }
        for (int k = 0; k <= static_cast<int>(WaitReason::Condition); ++k) {
            const auto reason = static_cast<WaitReason>(k);
            QCOMPARE(waitReasonFromId(waitReasonId(reason)), reason);
        }
        for (int k = 0; k <= static_cast<int>(WaitOutcome::ShutDown); ++k) {
            const auto outcome = static_cast<WaitOutcome>(k);
            QCOMPARE(waitOutcomeFromId(waitOutcomeId(outcome)), outcome);
        }
        for (int k = 0; k <= static_cast<int>(FlowKind::Await); ++k) {
            const auto kind = static_cast<FlowKind>(k);
            QCOMPARE(flowKindFromId(flowKindId(kind)), kind);
        }
        for (int k = 0; k <= static_cast<int>(TaskState::Cancelled); ++k) {
            const auto state = static_cast<TaskState>(k);
            QCOMPARE(taskStateFromId(taskStateId(state)), state);
        }
        QCOMPARE(objectKindFromId(u"no such kind"), ObjectKind::Unknown);
    }
};

QTEST_APPLESS_MAIN(TestTraceInfo)
#include "tst_traceinfo.moc"
