// SPDX-License-Identifier: Apache-2.0
#include "collectedrecords.h"

#include <heddle/trace/flow.h>
#include <heddle/trace/memoryrecording.h>
#include <heddle/trace/object.h>
#include <heddle/trace/slice.h>

#include <QTest>

#include <array>
#include <atomic>
#include <bit>
#include <latch>
#include <optional>
#include <set>
#include <thread>
#include <unistd.h>

using namespace heddle::trace;

class TestRecording : public QObject
{
    Q_OBJECT

    static std::vector<RecordType> types(const std::vector<CollectedRecords::Entry> &entries)
    {
        std::vector<RecordType> result;
        for (const auto &entry : entries)
            result.push_back(entry.record.type());
        return result;
    }

private Q_SLOTS:
    void nothingIsWrittenWhileRecordingIsOff()
    {
        QVERIFY(!ThreadWriter::isRecording());
        QCOMPARE(ThreadWriter::current(), nullptr);
        QCOMPARE(currentThread(), ThreadIndex{0});
        HEDDLE_SLICE("off");
        QVERIFY(!Flow::begin(FlowKind::QueueItem));
    }

    void everyRecordOfTheVocabularyArrives()
    {
        TemporaryRecording recording;
        QVERIFY2(!recording.error, recording.error.what.c_str());
        QVERIFY(!Recorder::start(recording.path));
        {
            const Object queue(ObjectKind::Queue, "items", 8);
            const Slice slice(Name("work"),
                              {{Name("frame"), 7}, {Name("ratio"), 0.5}, {Name("ok"), true}});
            queue.count(3);
            queue.count(std::int64_t{1} << 40);
            const Flow flow = Flow::begin(FlowKind::QueueItem);
            flow.step();
            flow.end();
            flow.taskState(TaskState::Running);
            instant(Name("here"), {{Name("where"), Name("there")}});
            Wait wait(queue, WaitReason::QueueEmpty);
            wait.finish(WaitOutcome::TimedOut, 5);
            setThreadName("renamed");
        }
        Recorder::stop();

        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        reader.drain(found);
        QVERIFY(reader.isFinished());
        QCOMPARE(found.threads.size(), std::size_t{1});
        const auto &entries = found.threads.begin()->second;
        using enum RecordType;
        const std::vector<RecordType> expected{
                ThreadStarted, ThreadNamed, ObjectCreated,    Value,          SliceBegin, Argument,
                Argument,      Argument,    Counter,          CounterWide,    Value,      FlowBegin,
                FlowStep,      FlowEnd,     TaskStateChanged, Instant,        Argument,   WaitBegin,
                WaitEnd,       ThreadNamed, SliceEnd,         ObjectDestroyed};
        QCOMPARE(types(entries), expected);

        QCOMPARE(found.names[entries[1].record.low()], std::string("main"));
        const Record created = entries[2].record;
        QCOMPARE(found.names[created.high()], std::string("items"));
        QCOMPARE(static_cast<ObjectKind>(entries[3].record.head & 0xff), ObjectKind::Queue);
        QCOMPARE(entries[3].record.payload, std::uint64_t{8});
        QCOMPARE(found.names[entries[4].record.low()], std::string("work"));
        QCOMPARE(entries[4].record.high(), 3u);
        QCOMPARE(found.names[static_cast<NameId>(entries[5].record.head)], std::string("frame"));
        QCOMPARE(entries[5].record.payload, std::uint64_t{7});
        QCOMPARE(std::bit_cast<double>(entries[6].record.payload), 0.5);
        QCOMPARE(entries[8].record.low(), created.low());
        QCOMPARE(entries[8].record.high(), 3u);
        QCOMPARE(entries[10].record.payload, std::uint64_t{1} << 40);
        QCOMPARE(entries[11].record.flow(), entries[13].record.flow());
        QCOMPARE(static_cast<FlowKind>(entries[11].record.top()), FlowKind::QueueItem);
        QCOMPARE(static_cast<TaskState>(entries[14].record.top()), TaskState::Running);
        QCOMPARE(static_cast<WaitReason>(entries[17].record.high()), WaitReason::QueueEmpty);
        QCOMPARE(entries[18].record.high() & 0xffffff, 5u);
        QCOMPARE(static_cast<WaitOutcome>(entries[18].record.top()), WaitOutcome::TimedOut);
        QCOMPARE(found.names[entries[19].record.low()], std::string("renamed"));
        std::int64_t last = 0;
        for (const auto &entry : entries) {
            if (entry.ns == 0)
                continue;
            QVERIFY(entry.ns >= last);
            last = entry.ns;
        }
    }

    void anObjectOlderThanTheRecordingIsKnown()
    {
        const Object queue(ObjectKind::Queue, "elder", 2);
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        Recorder::stop();
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        reader.drain(found);
        bool told = false;
        for (const auto &entry : found.threads.begin()->second) {
            told |= entry.record.type() == RecordType::ObjectCreated
                    && entry.record.low() == queue.id()
                    && found.names[entry.record.high()] == "elder";
        }
        QVERIFY(told);
    }

    void aSecondRecordingStartsAfresh()
    {
        for (int round = 0; round < 3; ++round) {
            TemporaryRecording recording;
            QVERIFY(!Recorder::start(recording.path));
            HEDDLE_INSTANT("round");
            std::thread([] { HEDDLE_INSTANT("other"); }).join();
            Recorder::stop();
            HEDDLE_INSTANT("too late");
            RecordingReader reader;
            QVERIFY(!reader.open(recording.path));
            CollectedRecords found;
            reader.drain(found);
            QCOMPARE(found.threads.size(), std::size_t{2});
            QCOMPARE(found.count(RecordType::Instant), std::size_t{2});
            QCOMPARE(found.count(RecordType::ThreadStarted), std::size_t{2});
            QCOMPARE(found.count(RecordType::ThreadEnded), std::size_t{1});
        }
    }

    void whatBeganInOneRecordingDoesNotEndInTheNext()
    {
        const Name name("x");
        std::optional<Slice> slice;
        std::optional<Wait> wait;
        Flow flow;
        {
            TemporaryRecording first;
            QVERIFY(!Recorder::start(first.path));
            slice.emplace(name);
            wait.emplace(ObjectId{1}, WaitReason::Event);
            flow = Flow::begin(FlowKind::Task);
            QVERIFY(flow);
        }
        TemporaryRecording second;
        QVERIFY(!Recorder::start(second.path));
        std::set<FlowId> flows;
        for (int k = 0; k < 10; ++k)
            flows.insert(Flow::begin(FlowKind::Task).id());
        wait->finish(WaitOutcome::Woken, 0);
        flow.step();
        flow.taskState(TaskState::Finished);
        flow.end();
        slice.reset();
        Recorder::stop();
        RecordingReader reader;
        QVERIFY(!reader.open(second.path));
        CollectedRecords found;
        reader.drain(found);
        QCOMPARE(flows.size(), std::size_t{10});
        QVERIFY(!flows.contains(flow.id()));
        QCOMPARE(found.count(RecordType::FlowBegin), std::size_t{10});
        QCOMPARE(found.count(RecordType::SliceEnd), std::size_t{0});
        QCOMPARE(found.count(RecordType::WaitEnd), std::size_t{0});
        QCOMPARE(found.count(RecordType::FlowStep), std::size_t{0});
        QCOMPARE(found.count(RecordType::FlowEnd), std::size_t{0});
        QCOMPARE(found.count(RecordType::TaskStateChanged), std::size_t{0});
    }

    void flowsOfAllThreadsHaveNumbersOfTheirOwn()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        constexpr std::size_t perThread = 10'000; // more than a thread takes at a time
        std::array<std::vector<FlowId>, 2> ids;
        {
            std::vector<std::jthread> threads;
            for (auto &own : ids) {
                threads.emplace_back([&own] {
                    for (std::size_t k = 0; k < perThread; ++k)
                        own.push_back(ThreadWriter::current()->nextFlow());
                });
            }
        }
        std::set<FlowId> all(ids[0].begin(), ids[0].end());
        all.insert(ids[1].begin(), ids[1].end());
        QCOMPARE(all.size(), 2 * perThread);
        QVERIFY(!all.contains(0));
        QVERIFY(*all.rbegin() <= Record::TickMask); // a record has room for 56 bits
    }

    void aThreadThatRecordsAllTheTimeIsInEveryRecording()
    {
        std::atomic<std::uint64_t> written{0};
        std::jthread writer([&written](const std::stop_token &stop) {
            const Name name("tick");
            while (!stop.stop_requested()) {
                instant(name);
                ++written;
                written.notify_all();
            }
        });
        const auto waitForMore = [&written] {
            const std::uint64_t from = written;
            for (std::uint64_t now = from; now < from + 3; now = written)
                written.wait(now);
        };
        for (int round = 0; round < 300; ++round) {
            TemporaryRecording recording({.capacityBytes = 16 << 10, .chunkBytes = 4096});
            QVERIFY(!Recorder::start(recording.path));
            waitForMore();
            Recorder::stop();
            RecordingReader reader;
            QVERIFY(!reader.open(recording.path));
            CollectedRecords found;
            reader.drain(found);
            QVERIFY(found.count(RecordType::Instant) > 0);
        }
    }

    void aReaderInParallelSeesEveryRecordOnceAndInOrder()
    {
        // Small enough that chunks are used again many times over.
        TemporaryRecording recording({.capacityBytes = 64 << 10, .chunkBytes = 4096});
        QVERIFY(!Recorder::start(recording.path));
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        std::atomic<int> running{2};
        std::latch start(3);
        const auto write = [&](int number) {
            setThreadName(number == 0 ? "first" : "second");
            start.arrive_and_wait();
            const Name name("step");
            for (int k = 0; k < 200'000; ++k)
                instant(name, {{name, k}});
            --running;
        };
        std::jthread first(write, 0);
        std::jthread second(write, 1);
        start.arrive_and_wait();
        while (running > 0)
            reader.drain(found);
        first.join();
        second.join();
        Recorder::stop();
        reader.drain(found);

        std::uint64_t told = 0;
        std::size_t instants = 0;
        for (const auto &[thread, entries] : found.threads) {
            std::int64_t expected = 0;
            std::uint64_t gap = 0;
            std::int64_t lastNs = 0;
            for (std::size_t k = 0; k < entries.size(); ++k) {
                const Record record = entries[k].record;
                if (entries[k].ns) {
                    QVERIFY(entries[k].ns >= lastNs);
                    lastNs = entries[k].ns;
                }
                if (record.type() == RecordType::Lost) {
                    gap += record.payload & ((std::uint64_t{1} << 40) - 1);
                    told += record.payload & ((std::uint64_t{1} << 40) - 1);
                } else if (record.type() == RecordType::Instant) {
                    ++instants;
                    const auto value = static_cast<std::int64_t>(entries[k + 1].record.payload);
                    // What is missing was counted as lost.
                    QCOMPARE(static_cast<std::uint64_t>(value - expected), gap);
                    gap = 0;
                    expected = value + 1;
                }
            }
        }
        // Threads' own records (started, named, ended) may be among those lost at the very end.
        QVERIFY(told <= reader.lost());
        QVERIFY(instants + reader.lost() >= 400'000);
    }

    void threadsAreNamedAndEnded()
    {
        TemporaryRecording recording;
        QVERIFY(!Recorder::start(recording.path));
        for (int k = 0; k < 50; ++k) {
            std::thread([k] {
                setThreadName("worker " + std::to_string(k));
                HEDDLE_SLICE("short");
            }).join();
        }
        Recorder::stop();
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path));
        CollectedRecords found;
        reader.drain(found);
        QCOMPARE(found.count(RecordType::ThreadEnded), std::size_t{50});
        QCOMPARE(found.count(RecordType::SliceBegin), std::size_t{50});
        QCOMPARE(found.count(RecordType::SliceEnd), std::size_t{50});
    }

    void aRecordingInMemoryIsReadAsOneInAFile()
    {
        MemoryRecording recording;
        const RecordingError error = recording.create();
        QVERIFY2(!error, error.what.c_str());
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path()));
        QVERIFY(!Recorder::start(recording.path()));
        recording.close(); // both sides have it mapped
        {
            HEDDLE_SLICE("work");
        }
        Recorder::stop();
        CollectedRecords found;
        reader.drain(found);
        QCOMPARE(found.count(RecordType::SliceBegin), std::size_t{1});
        QCOMPARE(found.count(RecordType::SliceEnd), std::size_t{1});
    }

    void nobodyCanCutARecordingInMemoryShort()
    {
        MemoryRecording recording;
        QVERIFY(!recording.create());
        QVERIFY(::ftruncate(recording.descriptor(), 0) != 0);
        QVERIFY(::truncate(recording.path().c_str(), 0) != 0);
        RecordingReader reader;
        QVERIFY(!reader.open(recording.path()));
    }

    void misuseIsExplained()
    {
        QTemporaryDir folder;
        const std::string path = (folder.path() + QStringLiteral("/r")).toStdString();
        QVERIFY(createRecording(path, {.capacityBytes = 1 << 20, .chunkBytes = 5000})
                        .what.find("power of two")
                != std::string::npos);
        QVERIFY(!createRecording(path, {.capacityBytes = 1 << 20, .chunkBytes = 4096}));
        QVERIFY(createRecording(path).what.find(path) != std::string::npos); // it exists
        QVERIFY(!Recorder::start(path));
        QVERIFY(Recorder::start(path).what.find("already") != std::string::npos);
        Recorder::stop();
        QVERIFY(Recorder::start(path).what.find("used already") != std::string::npos);
        Recorder::stop(); // harmless
        RecordingReader reader;
        QVERIFY(reader.open("/nonexistent/file").what.find("/nonexistent/file")
                != std::string::npos);
    }

    void aForeignOrDamagedFileIsRefusedOrReadWithoutHarm()
    {
        QTemporaryDir folder;
        const QString path = folder.path() + QStringLiteral("/damaged");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(100'000, 'x'));
        file.close();
        RecordingReader reader;
        QVERIFY(reader.open(path.toStdString()));

        TemporaryRecording recording({.capacityBytes = 64 << 10, .chunkBytes = 4096});
        QVERIFY(!Recorder::start(recording.path));
        for (int k = 0; k < 500; ++k)
            HEDDLE_INSTANT("x");
        Recorder::stop();
        QFile good(QString::fromStdString(recording.path));
        QVERIFY(good.open(QIODevice::ReadOnly));
        const QByteArray bytes = good.readAll();
        std::uint32_t random = 1;
        for (int round = 0; round < 40; ++round) {
            QByteArray broken = bytes;
            for (int k = 0; k < 2000; ++k) {
                random = random * 1664525u + 1013904223u;
                // The header, the beginning of the names and the chunks.
                const qsizetype area = k % 2 ? 25'000 : broken.size();
                broken[static_cast<qsizetype>(random % static_cast<std::uint32_t>(area))] =
                        static_cast<char>(random >> 24);
            }
            if (round % 2)
                broken.replace(0, 24, bytes.first(24)); // so that it is opened at all
            QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
            file.write(broken);
            file.close();
            RecordingReader other;
            if (!other.open(path.toStdString())) {
                CollectedRecords found;
                other.drain(found);
                other.drain(found);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestRecording)
#include "tst_recording.moc"
