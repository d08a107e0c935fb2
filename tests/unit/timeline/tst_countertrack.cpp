// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/countertrack.h>

#include <QTest>

#include <latch>
#include <random>
#include <thread>

using namespace heddle;

class TestCounterTrack : public QObject
{
    Q_OBJECT

    static std::vector<CounterTrack::Sample> fill(CounterTrack &track, std::size_t count)
    {
        std::mt19937_64 random(11);
        std::vector<CounterTrack::Sample> model;
        std::int64_t ns = 0;
        for (std::size_t k = 0; k < count; ++k) {
            ns += static_cast<std::int64_t>(random() % 1000);
            const auto value = static_cast<std::int64_t>(random() % 2000) - 1000;
            track.append(ns, value);
            model.push_back({ns, value});
        }
        return model;
    }

private Q_SLOTS:
    void theValueInForceIsThatOfTheLastSample()
    {
        CounterTrack track;
        QCOMPARE(track.valueAt(100), std::int64_t{0});
        track.append(10, 5);
        track.append(20, -3);
        QCOMPARE(track.valueAt(9), std::int64_t{0});
        QCOMPARE(track.valueAt(10), std::int64_t{5});
        QCOMPARE(track.valueAt(19), std::int64_t{5});
        QCOMPARE(track.valueAt(20), std::int64_t{-3});
        QCOMPARE(track.minimum(), std::int64_t{-3});
        QCOMPARE(track.maximum(), std::int64_t{5});
    }

    void aLateSampleKeepsTheOrder()
    {
        CounterTrack track;
        track.append(100, 1);
        track.append(90, 2);
        QCOMPARE(track.at(1).ns, std::int64_t{100});
        QCOMPARE(track.valueAt(100), std::int64_t{2});
    }

    void extremesAreThoseOfAllSamples()
    {
        CounterTrack track;
        const auto model = fill(track, 10'000);
        std::int64_t minimum = model.front().value;
        std::int64_t maximum = model.front().value;
        for (const CounterTrack::Sample &sample : model) {
            minimum = std::min(minimum, sample.value);
            maximum = std::max(maximum, sample.value);
        }
        QCOMPARE(track.minimum(), minimum);
        QCOMPARE(track.maximum(), maximum);
    }

    void everyRunHoldsTheExtremesOfItsStep_data()
    {
        QTest::addColumn<qint64>("resolution");
        for (int bits = 0; bits < 24; bits += 4)
            QTest::addRow("2^%d ns", bits) << (qint64{1} << bits);
    }

    void everyRunHoldsTheExtremesOfItsStep()
    {
        QFETCH(const qint64, resolution);
        CounterTrack track;
        const auto model = fill(track, 5000);
        const std::int64_t end = model.back().ns + 100;
        std::vector<CounterRun> runs;
        track.collect({0, end, resolution}, end, runs);
        std::size_t next = 0;
        for (const CounterRun &run : runs) {
            QCOMPARE(run.startNs, model[next].ns);
            std::int64_t minimum = model[next].value;
            std::int64_t maximum = minimum;
            std::int64_t last = minimum;
            const std::int64_t step = run.startNs / resolution;
            for (; next < model.size() && model[next].ns / resolution == step; ++next) {
                last = model[next].value;
                minimum = std::min(minimum, last);
                maximum = std::max(maximum, last);
            }
            QCOMPARE(run.minimum, minimum);
            QCOMPARE(run.maximum, maximum);
            QCOMPARE(run.last, last);
            QCOMPARE(run.endNs, next < model.size() ? model[next].ns : end);
        }
        QCOMPARE(next, model.size());
    }

    void theFirstRunHoldsTheValueAtTheLeftEdge()
    {
        CounterTrack track;
        track.append(10, 42);
        track.append(10'000, 1);
        std::vector<CounterRun> runs;
        track.collect({5000, 6000, 16}, 20'000, runs);
        QCOMPARE(runs.size(), std::size_t{1});
        QCOMPARE(runs[0].last, std::int64_t{42});
        QVERIFY(runs[0].startNs <= 5000 && runs[0].endNs >= 6000);
    }

    void readersMayLookWhileTheWriterAppends()
    {
        CounterTrack track;
        constexpr std::int64_t count = 60'000;
        std::latch ready(2);
        std::atomic<int> wrong{0};
        std::thread reader([&] {
            ready.arrive_and_wait();
            std::vector<CounterRun> runs;
            while (track.size() < static_cast<std::size_t>(count)) {
                track.collect({0, count * 10, 1 << 12}, count * 10, runs);
                for (const CounterRun &run : runs)
                    wrong += run.minimum < 0 || run.maximum > 99 || run.minimum > run.maximum;
                wrong += track.maximum() > 99;
            }
        });
        ready.arrive_and_wait();
        for (std::int64_t k = 0; k < count; ++k)
            track.append(k * 10, k % 100);
        reader.join();
        QCOMPARE(wrong.load(), 0);
    }
};

QTEST_APPLESS_MAIN(TestCounterTrack)
#include "tst_countertrack.moc"
