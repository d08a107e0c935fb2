// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/intervaltrack.h>

#include <QTest>

#include <latch>
#include <map>
#include <random>
#include <thread>

using namespace heddle;

namespace {

using Intervals = std::vector<Interval>;

// Intervals with gaps of every size, some of no length, some longer than 32 bits hold.
Intervals randomIntervals(IntervalTrack &track, std::size_t count, unsigned seed)
{
    std::mt19937_64 random(seed);
    Intervals model;
    std::int64_t now = 0;
    for (std::size_t k = 0; k < count; ++k) {
        now += static_cast<std::int64_t>(random() % 3 == 0 ? 0 : random() % 500);
        const std::uint64_t size = random() % 100;
        const std::int64_t duration = size == 0   ? std::int64_t{5'000'000'000}
                                      : size < 5  ? static_cast<std::int64_t>(random() % 100'000)
                                      : size < 20 ? 0
                                                  : static_cast<std::int64_t>(random() % 300);
        const auto value = static_cast<std::uint32_t>(random() % 10);
        track.append(now, duration, value);
        model.push_back({now, duration, value, k});
        now += duration;
    }
    return model;
}

std::size_t modelFirstEndingAfter(const Intervals &model, std::int64_t ns)
{
    std::size_t k = 0;
    while (k < model.size() && model[k].startNs < ns
           && model[k].startNs + model[k].durationNs <= ns)
        ++k;
    return k;
}

} // namespace

class TestIntervalTrack : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsItsIntervals()
    {
        IntervalTrack track;
        const Intervals model = randomIntervals(track, 5000, 1);
        QCOMPARE(track.size(), model.size());
        for (std::size_t k = 0; k < model.size(); ++k) {
            const Interval interval = track.at(k);
            QCOMPARE(interval.startNs, model[k].startNs);
            QCOMPARE(interval.durationNs, model[k].durationNs);
            QCOMPARE(interval.value, model[k].value);
            QCOMPARE(interval.index, k);
        }
    }

    void anIntervalIsUnfinishedUntilItEnds()
    {
        IntervalTrack track;
        track.begin(100, 7);
        QCOMPARE(track.at(0).durationNs, Interval::Unfinished);
        QCOMPARE(track.indexAt(1'000'000), std::size_t{0});
        track.end(150);
        QCOMPARE(track.at(0).durationNs, std::int64_t{50});
        QCOMPARE(track.indexAt(149), std::size_t{0});
        QCOMPARE(track.indexAt(150), track.size());
        track.end(400); // nothing is open
        QCOMPARE(track.at(0).durationNs, std::int64_t{50});
    }

    void aStartBeforeTheEndOfTheLastIsMovedThere()
    {
        IntervalTrack track;
        track.append(100, 50, 1);
        track.begin(120, 2);
        QCOMPARE(track.at(1).startNs, std::int64_t{150});
        track.begin(200, 3); // ends the one before
        QCOMPARE(track.at(1).durationNs, std::int64_t{50});
        track.end(190); // a clock never runs backwards
        QCOMPARE(track.at(2).durationNs, std::int64_t{0});
    }

    void durationsBeyond32BitsAreExact()
    {
        for (const std::int64_t duration :
             {std::int64_t{0xfffffffd}, std::int64_t{0xfffffffe}, std::int64_t{0xffffffff},
              std::int64_t{0x100000000}, std::int64_t{1} << 50}) {
            IntervalTrack track;
            track.append(10, duration, 1);
            QCOMPARE(track.at(0).durationNs, duration);
        }
    }

    void findsIntervalsLikeANaiveSearch()
    {
        IntervalTrack track;
        const Intervals model = randomIntervals(track, 2000, 2);
        std::mt19937_64 random(3);
        const std::int64_t end = model.back().startNs + model.back().durationNs;
        for (int k = 0; k < 2000; ++k) {
            // Half of them exactly on an edge.
            const Interval &edge = model[random() % model.size()];
            const std::int64_t ns = k % 4 == 0   ? edge.startNs
                                    : k % 4 == 1 ? edge.startNs + edge.durationNs
                                                 : static_cast<std::int64_t>(
                                                         random()
                                                         % static_cast<std::uint64_t>(end + 10));
            const std::size_t found = track.firstEndingAfter(ns);
            const std::size_t expected = modelFirstEndingAfter(model, ns);
            // Intervals of no length at ns itself may count as ended or not.
            const bool same =
                    found == expected
                    || (found > expected ? model[found - 1].startNs : model[found].startNs) <= ns;
            QVERIFY2(same,
                     qPrintable(
                             QStringLiteral("at %1: %2, not %3").arg(ns).arg(found).arg(expected)));
            const std::size_t at = track.indexAt(ns);
            if (at < track.size()) {
                QVERIFY(model[at].startNs <= ns);
                QVERIFY(ns < model[at].startNs + model[at].durationNs || model[at].durationNs == 0);
            } else {
                for (const Interval &interval : model)
                    QVERIFY(ns < interval.startNs || ns >= interval.startNs + interval.durationNs);
            }
        }
    }

    void collectMergesOnlyWhatIsTooNarrow_data()
    {
        QTest::addColumn<qint64>("resolution");
        for (int bits = 0; bits < 34; bits += 3)
            QTest::addRow("2^%d ns", bits) << (qint64{1} << bits);
    }

    void collectMergesOnlyWhatIsTooNarrow()
    {
        QFETCH(const qint64, resolution);
        IntervalTrack track;
        const Intervals model = randomIntervals(track, 3000, 4);
        const std::int64_t end = model.back().startNs + model.back().durationNs;
        std::vector<IntervalRun> runs;
        track.collect({0, end + 1, resolution}, end, runs);

        std::size_t next = 0;
        std::map<std::int64_t, int> perStep;
        std::int64_t lastEnd = 0;
        for (const IntervalRun &run : runs) {
            QVERIFY(run.count >= 1);
            QVERIFY(run.startNs >= lastEnd);
            QCOMPARE(run.startNs, model[next].startNs);
            const std::size_t last = next + run.count - 1;
            QCOMPARE(run.endNs, model[last].startNs + model[last].durationNs);
            std::int64_t longest = -1;
            for (std::size_t k = next; k <= last; ++k) {
                longest = std::max(longest, model[k].durationNs);
                QVERIFY(run.count == 1 || model[k].durationNs < resolution);
                QCOMPARE(model[k].startNs / resolution, run.startNs / resolution);
            }
            QVERIFY(run.index >= next && run.index <= last);
            QCOMPARE(model[run.index].durationNs, longest);
            QCOMPARE(run.value, model[run.index].value);
            QVERIFY(!run.unfinished);
            QVERIFY(++perStep[run.startNs / resolution] <= 2);
            lastEnd = run.endNs;
            next = last + 1;
        }
        QCOMPARE(next, model.size()); // every interval is in exactly one run
    }

    void collectDoesNotChangeWhilePanning()
    {
        IntervalTrack track;
        const Intervals model = randomIntervals(track, 3000, 5);
        const std::int64_t end = model.back().startNs + model.back().durationNs;
        constexpr std::int64_t resolution = 1 << 12;
        std::vector<IntervalRun> all;
        track.collect({0, end + 1, resolution}, end, all);
        std::mt19937_64 random(6);
        for (int k = 0; k < 300; ++k) {
            const auto from = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
            const std::int64_t to = from + 1000 * resolution;
            std::vector<IntervalRun> part;
            track.collect({from, to, resolution}, end, part);
            // The part is a stretch of the whole.
            if (part.empty())
                continue;
            const auto at = std::find_if(all.begin(), all.end(), [&](const IntervalRun &run) {
                return run.startNs == part.front().startNs && run.count == part.front().count;
            });
            QVERIFY(at != all.end());
            QVERIFY(all.end() - at >= static_cast<std::ptrdiff_t>(part.size()));
            for (std::size_t p = 0; p < part.size(); ++p) {
                QCOMPARE(part[p].startNs, at[static_cast<std::ptrdiff_t>(p)].startNs);
                QCOMPARE(part[p].count, at[static_cast<std::ptrdiff_t>(p)].count);
                QCOMPARE(part[p].index, at[static_cast<std::ptrdiff_t>(p)].index);
            }
        }
    }

    void oneNarrowIntervalAloneIsARunOfOne()
    {
        IntervalTrack track;
        track.append(1000, 3, 9);
        std::vector<IntervalRun> runs;
        track.collect({0, 1 << 20, 1 << 16}, 1 << 20, runs);
        QCOMPARE(runs.size(), std::size_t{1});
        QCOMPARE(runs[0].count, 1u);
        QCOMPARE(runs[0].value, 9u);
        QCOMPARE(runs[0].endNs, std::int64_t{1003});
    }

    void anUnfinishedIntervalReachesToTheTracesEnd()
    {
        IntervalTrack track;
        track.append(0, 10, 1);
        track.begin(20, 2);
        std::vector<IntervalRun> runs;
        track.collect({0, 5000, 1024}, 3000, runs);
        QCOMPARE(runs.size(), std::size_t{2});
        QVERIFY(runs[1].unfinished);
        QCOMPARE(runs[1].endNs, std::int64_t{3000});
    }

    void anEmptyTrackHasNothingToDraw()
    {
        const IntervalTrack track;
        std::vector<IntervalRun> runs(3);
        track.collect({0, 1000, 16}, 1000, runs);
        QVERIFY(runs.empty());
        QCOMPARE(track.indexAt(5), std::size_t{0});
    }

    void millionsOfIntervalsTakeAsManyRunsAsPixels()
    {
        IntervalTrack track;
        constexpr std::int64_t count = 1'000'000;
        for (std::int64_t k = 0; k < count; ++k)
            track.append(k * 100, k == 700'000 ? 99 : 60, 1);
        const std::int64_t end = count * 100;
        const std::int64_t resolution = std::int64_t{1} << 20; // about 95 pixels
        std::vector<IntervalRun> runs;
        track.collect({0, end, resolution}, end, runs);
        QVERIFY(runs.size() <= static_cast<std::size_t>(2 * (end / resolution + 1)));
        std::size_t total = 0;
        bool found = false;
        for (const IntervalRun &run : runs) {
            total += run.count;
            found |= run.index == 700'000;
        }
        QCOMPARE(total, static_cast<std::size_t>(count));
        QVERIFY(found); // the longest stands for its run
        QVERIFY(track.memoryBytes() < std::size_t{40} * count);
    }

    void readersMayLookWhileTheWriterAppends()
    {
        IntervalTrack track;
        constexpr std::int64_t count = 60'000;
        std::latch ready(3);
        std::atomic<int> wrong{0};
        const auto read = [&] {
            ready.arrive_and_wait();
            std::vector<IntervalRun> runs;
            while (track.size() < static_cast<std::size_t>(count)) {
                track.collect({0, count * 100, 1 << 14}, count * 100, runs);
                std::size_t total = 0;
                for (const IntervalRun &run : runs) {
                    wrong += run.endNs < run.startNs || run.value != 7;
                    total += run.count;
                }
                wrong += total > track.size();
                if (const std::size_t size = track.size()) {
                    const Interval last = track.at(size - 1);
                    wrong += last.startNs != static_cast<std::int64_t>(size - 1) * 100;
                }
            }
        };
        std::thread first(read);
        std::thread second(read);
        ready.arrive_and_wait();
        for (std::int64_t k = 0; k < count; ++k) {
            track.begin(k * 100, 7);
            track.end(k * 100 + (k % 64 == 0 ? 100 : 40));
        }
        first.join();
        second.join();
        QCOMPARE(wrong.load(), 0);
    }
};

QTEST_APPLESS_MAIN(TestIntervalTrack)
#include "tst_intervaltrack.moc"
