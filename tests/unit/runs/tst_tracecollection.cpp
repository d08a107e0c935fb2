// SPDX-License-Identifier: Apache-2.0
#include "tracecollection_p.h"

#include <heddle/trace/clock.h>
#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <QTemporaryDir>
#include <QTest>

#include <future>

using namespace heddle;

// A recording of this process, collected while it is written.
class TestTraceCollection : public QObject
{
    Q_OBJECT

    static constexpr std::size_t Plenty = std::size_t{1} << 30;

    static void drain(TraceCollection &collection)
    {
        std::promise<void> drained;
        collection.drain([&drained] { drained.set_value(); });
        drained.get_future().wait();
    }
    static void finish(TraceCollection &collection, const QMap<QString, QString> &attributes = {})
    {
        std::promise<void> finished;
        collection.finish(attributes, [&finished] { finished.set_value(); });
        finished.get_future().wait();
    }

private Q_SLOTS:
    void cleanup() { trace::Recorder::stop(); }

    void aRecordingThatCannotBeOpenedIsToldAndHarmsNothing()
    {
        const auto store = std::make_shared<TraceStore>();
        TraceCollection collection(store, "/nonexistent/recording", "p", Plenty);
        bool followed = false;
        std::promise<void> following;
        collection.follow(1, [&] {
            followed = true;
            following.set_value();
        });
        following.get_future().wait();
        QVERIFY(followed); // the run goes on
        drain(collection);
        QVERIFY2(collection.problem().contains("/nonexistent/recording"),
                 qPrintable(collection.problem()));
        finish(collection, {{"state", "failed"}});
        QVERIFY(store->isComplete());
        QCOMPARE(store->attributes()["state"], "failed");
        QCOMPARE(store->attributes()["trace_problem"], collection.problem());
    }

    void theEndOfTheTraceFollowsTheClockWhileTheRecordingGoesOn()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("recording");
        QVERIFY(!trace::createRecording(path.toStdString()));
        const auto store = std::make_shared<TraceStore>();
        TraceCollection collection(store, path, "p", Plenty);
        QVERIFY(!trace::Recorder::start(path.toStdString()));
        HEDDLE_INSTANT("the only one");
        QTRY_COMPARE(store->counts().instants, std::uint64_t{1});
        const std::int64_t from = store->endNs();
        const std::uint64_t revision = store->revision();
        QTRY_VERIFY(store->endNs() > from + 200'000'000);
        QVERIFY(store->revision() > revision);
        trace::Recorder::stop();
        const std::int64_t stopped = trace::Clock::monotonicNs();
        drain(collection);
        finish(collection);
        QVERIFY(store->startMonotonicNs() + store->endNs() <= stopped);
    }

    void whatTheStoreHasNoRoomForIsCountedAsLost()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("recording");
        QVERIFY(!trace::createRecording(path.toStdString(), {.capacityBytes = 64 << 20}));
        const auto store = std::make_shared<TraceStore>();
        constexpr std::size_t limit = std::size_t{1} << 20;
        TraceCollection collection(store, path, "p", limit);
        QVERIFY(!trace::Recorder::start(path.toStdString()));
        constexpr std::uint64_t written = 1'000'000;
        const trace::Name name("x");
        // In parts, so that the store fills up in between.
        for (std::uint64_t part = 0; part < 4; ++part) {
            for (std::uint64_t k = 0; k < written / 4; ++k)
                trace::instant(name);
            if (part == 0)
                QTRY_VERIFY(store->memoryBytes() >= limit);
        }
        trace::Recorder::stop();
        drain(collection);
        QVERIFY2(collection.gap().contains("limit"), qPrintable(collection.gap()));
        QVERIFY(collection.problem().isEmpty());
        finish(collection);
        const TraceCounts counts = store->counts();
        QVERIFY(counts.lost > 0);
        // One instant tells of the loss.
        QCOMPARE(counts.instants - 1 + counts.lost, written);
        QVERIFY(store->memoryBytes() < std::size_t{64} << 20);
        QCOMPARE(store->attributes()["trace_gap"], collection.gap());
    }
};

QTEST_GUILESS_MAIN(TestTraceCollection)
#include "tst_tracecollection.moc"
