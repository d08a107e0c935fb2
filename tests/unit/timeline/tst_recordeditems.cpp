// SPDX-License-Identifier: Apache-2.0
#include "handmaderecording.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using enum RecordType;

// What the reader makes of the items of queues.
class TestRecordedItems : public QObject
{
    Q_OBJECT

    static std::vector<std::int64_t> depths(const TraceStore &store, std::size_t object = 0)
    {
        std::vector<std::int64_t> values;
        const CounterTrack &track = store.counter(object);
        std::int64_t last = 0;
        for (std::size_t k = 0; k < track.size(); ++k) {
            if (track.at(k).ns < last)
                qFatal("samples are out of order");
            last = track.at(k).ns;
            values.push_back(track.at(k).value);
        }
        return values;
    }
    static std::vector<FlowPoint> points(const TraceStore &store, std::size_t thread)
    {
        std::vector<FlowPoint> found;
        for (std::size_t k = 0; k < store.flowPoints(thread).size(); ++k)
            found.push_back(store.flowPoints(thread).at(k));
        return found;
    }
    using Depths = std::vector<std::int64_t>;

private Q_SLOTS:
    void depthAndFlowsFollowFromPutsAndTakes()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 4));
        made.give(1, {HandMade::item(ItemPut, 10, 1, 0), HandMade::item(ItemPut, 20, 1, 1)});
        made.give(2, {HandMade::item(ItemTaken, 30, 1, 0), HandMade::item(ItemTaken, 40, 1, 1)});
        made.feed.finish();
        QCOMPARE(depths(made.store), (Depths{1, 2, 1, 0}));
        const auto puts = points(made.store, 0);
        const auto takes = points(made.store, 1);
        QCOMPARE(puts.size(), std::size_t{2});
        QCOMPARE(takes.size(), std::size_t{2});
        for (std::size_t k = 0; k < 2; ++k) {
            QCOMPARE(puts[k].flow, takes[k].flow);
            QCOMPARE(puts[k].kind, FlowKind::QueueItem);
            QCOMPARE(puts[k].phase, FlowPhase::Begin);
            QCOMPARE(takes[k].phase, FlowPhase::End);
        }
        QVERIFY(puts[0].flow != puts[1].flow);
        QCOMPARE(made.store.counts().flows, std::uint64_t{2});
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{2});
        QCOMPARE(made.store.counts().counters, std::uint64_t{4});
    }

    void anExchangesItemsAreMessages()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Exchange, 0));
        made.give(1, {HandMade::item(ItemPut, 10, 1, 0)});
        made.feed.finish();
        QCOMPARE(points(made.store, 0)[0].kind, FlowKind::Message);
    }

    void aMarkerHasDepthAndNoFlow()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        made.give(1, {HandMade::item(MarkerPut, 10, 1, 0), HandMade::item(MarkerPut, 11, 1, 1)});
        made.give(2,
                  {HandMade::item(MarkerTaken, 30, 1, 0), HandMade::item(MarkerDropped, 31, 1, 1)});
        made.feed.finish();
        QCOMPARE(depths(made.store), (Depths{1, 2, 1, 0}));
        QCOMPARE(made.store.counts().flows, std::uint64_t{0});
    }

    void aDroppedItemsFlowHasNoEnd()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        made.give(1, {HandMade::item(ItemPut, 10, 1, 0), HandMade::item(ItemDropped, 20, 1, 0)});
        made.feed.finish();
        QCOMPARE(depths(made.store), (Depths{1, 0}));
        QCOMPARE(made.store.counts().flows, std::uint64_t{1});
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{0});
    }

    void aTakeNeverSeemsOlderThanItsPut()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        // The taker's clock is behind, and its records are read first.
        made.give(2, {HandMade::item(ItemTaken, 95, 1, 0)});
        made.feed.flush();
        made.give(1, {HandMade::item(ItemPut, 100, 1, 0)});
        made.feed.finish();
        QCOMPARE(depths(made.store), (Depths{1, 0}));
        const std::vector<FlowPoint> flow = made.store.flow(points(made.store, 0)[0].flow);
        QCOMPARE(flow.size(), std::size_t{2});
        QCOMPARE(flow[0].phase, FlowPhase::Begin);
        QCOMPARE(flow[1].phase, FlowPhase::End);
        QVERIFY(flow[1].ns >= flow[0].ns);
    }

    void itemsOlderThanTheRecordingAreCountedOnceOneIsTaken()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        made.give(1, {HandMade::item(ItemPut, 10, 1, 7)});
        made.give(2, {HandMade::item(ItemTaken, 20, 1, 5), HandMade::item(ItemTaken, 30, 1, 6),
                      HandMade::item(ItemTaken, 40, 1, 7)});
        made.feed.finish();
        QCOMPARE(depths(made.store), (Depths{1, 2, 1, 0}));
        QCOMPARE(made.store.counts().flows, std::uint64_t{3});
        QCOMPARE(made.store.counts().completeFlows, std::uint64_t{1});
    }

    void drainingAnOldQueueNeverGoesBelowEmpty()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        for (std::uint64_t k = 0; k < 50; ++k)
            made.give(1, {HandMade::item(ItemTaken, 10 + k, 1, 100 + k)});
        made.feed.finish();
        for (const std::int64_t depth : depths(made.store))
            QVERIFY(depth >= 0);
    }

    void aPlainCountStillHolds()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        made.give(1, {HandMade::item(ItemPut, 10, 1, 0), HandMade::item(ItemPut, 11, 1, 1),
                      HandMade::record(Counter, 20, Record::pair(1, 0)), // emptied
                      HandMade::item(ItemPut, 30, 1, 2), HandMade::item(ItemTaken, 40, 1, 2)});
        made.feed.finish();
        QCOMPARE(depths(made.store), (Depths{1, 2, 0, 1, 0}));
    }

    void numbersOfFlowsCollideWithNoOthers()
    {
        HandMade made;
        RecordingFeed second(made.writer, 43, QStringLiteral("other"), HandMade::StartNs);
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        const std::vector<Record> records{
                HandMade::record(FlowBegin, 5, Record::tagged((std::uint64_t{1} << 56) - 1, 1)),
                HandMade::item(ItemPut, 10, 1, 0), HandMade::item(ItemPut, 11, 1, 1)};
        made.give(1, records);
        second.threadRecords(1, records, made.clock, 0);
        made.feed.finish();
        second.finish();
        std::set<std::uint64_t> flows;
        for (std::size_t thread = 0; thread < made.store.threadCount(); ++thread) {
            for (const FlowPoint &point : points(made.store, thread)) {
                if (point.kind == FlowKind::QueueItem && point.flow >> 56)
                    QVERIFY(flows.insert(point.flow).second);
            }
        }
        QCOMPARE(flows.size(), std::size_t{4});
    }

    // Several threads put and take; their records arrive drain by drain, each thread's at another
    // time, with clocks that differ by some nanoseconds.
    void manyThreadsInAnyOrderGiveTheTrueDepth_data()
    {
        QTest::addColumn<unsigned>("seed");
        QTest::addColumn<int>("order");
        for (unsigned seed = 1; seed <= 12; ++seed)
            QTest::addRow("seed %u", seed) << seed << static_cast<int>(seed % 3);
    }
    void manyThreadsInAnyOrderGiveTheTrueDepth()
    {
        QFETCH(const unsigned, seed);
        QFETCH(const int, order); // first, last or any
        std::mt19937_64 random(seed);
        constexpr std::size_t threads = 4;
        constexpr std::size_t capacity = 16;
        std::array<std::vector<Record>, threads + 1> records;
        std::vector<std::uint64_t> inside;
        std::uint64_t position = 0;
        std::uint64_t tick = 1000;
        const auto stamp = [&](std::size_t thread) {
            // A thread's own time never goes back.
            return tick + (thread % 2) * 40;
        };
        for (int k = 0; k < 20'000; ++k) {
            tick += 50 + random() % 200;
            const std::size_t thread = 1 + random() % threads;
            if (inside.size() < capacity && (inside.empty() || random() % 2)) {
                records[thread].push_back(HandMade::item(ItemPut, stamp(thread), 1, position));
                inside.push_back(position++);
            } else {
                const std::size_t which = order == 0   ? 0
                                          : order == 1 ? inside.size() - 1
                                                       : random() % inside.size();
                records[thread].push_back(
                        HandMade::item(ItemTaken, stamp(thread), 1, inside[which]));
                inside.erase(inside.begin() + static_cast<std::ptrdiff_t>(which));
            }
        }
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, capacity));
        std::array<std::size_t, threads + 1> given{};
        for (bool isMore = true; isMore;) {
            isMore = false;
            for (std::size_t thread = 1; thread <= threads; ++thread) {
                const std::size_t count = std::min<std::size_t>(
                        random() % 500, records[thread].size() - given[thread]);
                const auto first = records[thread].begin()
                                   + static_cast<std::ptrdiff_t>(given[thread]);
                made.give(static_cast<trace::ThreadIndex>(thread),
                          {first, first + static_cast<std::ptrdiff_t>(count)});
                given[thread] += count;
                isMore |= given[thread] < records[thread].size();
            }
        }
        made.feed.finish();
        const std::vector<std::int64_t> values = depths(made.store);
        QCOMPARE(values.size(), std::size_t{20'000});
        for (const std::int64_t depth : values)
            QVERIFY2(depth >= 0 && depth <= static_cast<std::int64_t>(capacity) + 1,
                     qPrintable(QStringLiteral("depth %1, seed %2").arg(depth).arg(seed)));
        QCOMPARE(values.back(), static_cast<std::int64_t>(inside.size()));
        QCOMPARE(made.store.counts().flows, position);
        QCOMPARE(made.store.counts().completeFlows, position - inside.size());
        for (std::size_t thread = 0; thread < threads; ++thread) {
            std::int64_t last = 0;
            for (const FlowPoint &point : points(made.store, thread)) {
                QVERIFY(point.ns >= last);
                last = point.ns;
                const std::vector<FlowPoint> flow = made.store.flow(point.flow);
                QVERIFY(flow.size() <= 2);
                QVERIFY(flow.front().phase == FlowPhase::Begin);
            }
        }
    }

    void afterALossTheDepthCorrectsItself()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 0));
        std::uint64_t tick = 10;
        const auto run = [&](std::uint64_t from, std::uint64_t to, bool takesAreLost) {
            for (std::uint64_t k = from; k < to; ++k) {
                made.give(1, {HandMade::item(ItemPut, ++tick, 1, k)});
                if (!takesAreLost)
                    made.give(2, {HandMade::item(ItemTaken, ++tick, 1, k)});
            }
        };
        run(0, 100, false);
        run(100, 5000, true);
        made.give(2, {HandMade::record(Lost, ++tick, 4900)});
        run(5000, 20'000, false);
        made.feed.finish();
        made.give(2, {HandMade::item(ItemTaken, ++tick, 1, 20'000)}); // a put that was lost
        made.feed.finish();
        const std::vector<std::int64_t> values = depths(made.store);
        for (const std::int64_t depth : values)
            QVERIFY(depth >= 0);
        QVERIFY2(values.back() <= 1, qPrintable(QString::number(values.back())));
    }

    void afterALossAQueueIsNoFullerThanItCanBe()
    {
        HandMade made;
        made.give(1, HandMade::created(1, 1, ObjectKind::Queue, 8));
        std::uint64_t tick = 10;
        for (std::uint64_t k = 0; k < 500; ++k)
            made.give(1, {HandMade::item(ItemPut, ++tick, 1, k)});
        made.give(2, {HandMade::record(Lost, ++tick, 492)});
        made.feed.finish();
        QCOMPARE(depths(made.store).back(), std::int64_t{8});
    }

    void nonsenseIsReadWithoutHarm()
    {
        for (unsigned seed = 1; seed <= 30; ++seed) {
            std::mt19937_64 random(seed);
            HandMade made;
            const std::array types{ItemPut,     ItemTaken,     ItemDropped, MarkerPut,
                                   MarkerTaken, MarkerDropped, Counter,     Lost};
            for (int k = 0; k < 2000; ++k) {
                const RecordType type = types[random() % types.size()];
                const std::uint64_t payload = type == Lost        ? random() % 3
                                              : random() % 4 == 0 ? random()
                                              : type == Counter
                                                      ? Record::pair(1, random() % 5)
                                                      : trace::ItemPayload::make(random() % 3,
                                                                                 random() % 50);
                made.give(static_cast<trace::ThreadIndex>(1 + random() % 3),
                          {HandMade::record(type, random() % 100'000, payload)});
                if (random() % 100 == 0)
                    made.feed.flush();
            }
            made.feed.finish();
            // (Nonsense may count below zero by itself.)
            QVERIFY(made.store.objectCount() > 0);
        }
    }
};

QTEST_APPLESS_MAIN(TestRecordedItems)
#include "tst_recordeditems.moc"
