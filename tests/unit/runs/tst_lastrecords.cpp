// SPDX-License-Identifier: Apache-2.0
#include "lastrecords_p.h"

#include <QTest>

using namespace heddle;

// The words that explain a hang or a crash.
class TestLastRecords : public QObject
{
    Q_OBJECT

    static constexpr std::int64_t Second = 1'000'000'000;

    struct Scene
    {
        TraceStore store;
        TraceStore::Writer writer{store};
        std::size_t process = writer.addProcess(1, "p");

        std::size_t thread(const char *name, std::int64_t tid = 0)
        {
            return writer.addThread(process, tid, QString::fromUtf8(name), 0);
        }
        std::size_t object(ObjectKind kind, const char *name)
        {
            ObjectInfo info;
            info.kind = kind;
            info.name = QString::fromUtf8(name);
            return writer.addObject(info);
        }
        void slice(std::size_t in, std::int64_t ns, const char *name)
        {
            writer.beginSlice(in, ns, writer.intern(QString::fromUtf8(name)));
        }
    };

private Q_SLOTS:
    void whoWaitsForOthersComesFirstTheLongestFirst()
    {
        Scene scene;
        const auto idle = scene.thread("idle");
        const auto joiner = scene.thread("joiner");
        const auto worker = scene.thread("worker");
        const auto late = scene.thread("late");
        const auto early = scene.thread("early");
        scene.writer.beginWait(idle, 0, scene.object(ObjectKind::Executor, "pool"),
                               WaitReason::PoolIdle);
        scene.writer.beginWait(joiner, 0, scene.object(ObjectKind::Thread, "early"),
                               WaitReason::ThreadEnd);
        scene.slice(worker, 0, "outer");
        scene.slice(worker, 0, "inner");
        const auto queue = scene.object(ObjectKind::Queue, "items");
        scene.writer.beginWait(late, 2 * Second, queue, WaitReason::QueueFull);
        scene.writer.beginWait(early, Second, queue, WaitReason::QueueEmpty);
        scene.slice(early, Second, "get");
        const LastRecords found = lastRecordsOf(scene.store, 31 * Second);
        QCOMPARE(found.lines,
                 (QStringList{
                         "early: waits for queue \"items\" (queue empty), for 30.0 s; in \"get\"",
                         "late: waits for queue \"items\" (queue full), for 29.0 s",
                         "worker: in \"outer\", in \"inner\"",
                         "joiner: waits for thread \"early\" (thread end), for 31.0 s",
                         "idle: waits for executor \"pool\" (pool idle), for 31.0 s"}));
        QCOMPARE(found.blocked, "early waits for queue \"items\" (queue empty), for 30.0 s; "
                                "late waits for queue \"items\" (queue full), for 29.0 s");
        QCOMPARE(found.working, "worker is in \"outer\", in \"inner\"");
    }

    void aMomentaryWaitBlocksNobody()
    {
        Scene scene;
        const auto thread = scene.thread("busy");
        scene.writer.beginWait(thread, Second, scene.object(ObjectKind::Queue, "items"),
                               WaitReason::QueueEmpty);
        const LastRecords found = lastRecordsOf(scene.store, Second + 5'000'000);
        QVERIFY(found.blocked.isEmpty());
        QCOMPARE(found.lines.size(), qsizetype{1});
    }

    void theThreadThatCrashedComesFirst()
    {
        Scene scene;
        scene.writer.beginWait(scene.thread("waiting", 10), 0,
                               scene.object(ObjectKind::Event, "go"), WaitReason::Event);
        const auto crashed = scene.thread("culprit", 11);
        scene.slice(crashed, 0, "dereference");
        const LastRecords found = lastRecordsOf(scene.store, Second, 11);
        QCOMPARE(found.lines.first(), "culprit: in \"dereference\"");
        QCOMPARE(found.lines.last(), "waiting: waits for event \"go\", for 1.0 s");
        QCOMPARE(nameOfThread(scene.store, 11), "culprit");
        QVERIFY(nameOfThread(scene.store, 0).isEmpty());
        QVERIFY(nameOfThread(scene.store, 12).isEmpty());
    }

    void whereNothingIsOpenTheLastSliceIsTold()
    {
        Scene scene;
        const auto thread = scene.thread("quiet", 5);
        scene.slice(thread, 0, "outer");
        scene.slice(thread, 10, "inner");
        scene.writer.endSlice(thread, 20);
        scene.writer.endSlice(thread, Second);
        const QStringList expected{"quiet: was last in \"outer\", 2.0 s before"};
        QCOMPARE(lastRecordsOf(scene.store, 3 * Second).lines, expected);
        // The one that crashed tells it whatever the others do.
        scene.slice(scene.thread("other", 6), Second, "work");
        QCOMPARE(lastRecordsOf(scene.store, 3 * Second, 5).lines.first(), expected.first());
        QCOMPARE(lastRecordsOf(scene.store, 3 * Second).lines, QStringList{"other: in \"work\""});
    }

    void manyThreadsAreCut()
    {
        Scene scene;
        const auto event = scene.object(ObjectKind::Event, "go");
        for (int k = 0; k < 100; ++k)
            scene.writer.beginWait(scene.thread("t"), 0, event, WaitReason::Event);
        const LastRecords found = lastRecordsOf(scene.store, Second);
        QCOMPARE(found.lines.size(), qsizetype{33});
        QCOMPARE(found.lines.last(), "… and 68 more");
        QVERIFY(found.blocked.endsWith("; 96 more wait as well"));
    }
};

QTEST_GUILESS_MAIN(TestLastRecords)
#include "tst_lastrecords.moc"
