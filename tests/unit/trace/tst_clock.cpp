// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/clock.h>

#include <QTest>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

using namespace heddle::trace;

class TestClock : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ticksNeverGoBack()
    {
        std::uint64_t last = Clock::ticks();
        for (int k = 0; k < 100'000; ++k) {
            const std::uint64_t now = Clock::ticks();
            QVERIFY(now >= last);
            last = now;
        }
    }

    void whoTakesALockReadsNoEarlierInstantThanWhoReleasedIt()
    {
        constexpr int perThread = 300'000;
        std::mutex lock;
        std::vector<std::uint64_t> instants;
        instants.reserve(2 * perThread);
        const auto take = [&] {
            for (int k = 0; k < perThread; ++k) {
                const std::lock_guard guard(lock);
                instants.push_back(Clock::orderedTicks());
            }
        };
        std::thread other(take);
        take();
        other.join();
        QVERIFY(std::is_sorted(instants.begin(), instants.end()));
    }

    void conversionIsExactAtThePairsAndLinearBetween()
    {
        TickConversion conversion;
        conversion.addPair({1000, 50'000});
        conversion.addPair({3000, 51'000});
        conversion.addPair({4000, 53'000});
        QCOMPARE(conversion.toMonotonicNs(1000), 50'000);
        QCOMPARE(conversion.toMonotonicNs(2000), 50'500);
        QCOMPARE(conversion.toMonotonicNs(3000), 51'000);
        QCOMPARE(conversion.toMonotonicNs(3500), 52'000);
        QCOMPARE(conversion.toMonotonicNs(4000), 53'000);
        QCOMPARE(conversion.toMonotonicNs(5000), 55'000); // extrapolated
        QCOMPARE(conversion.toMonotonicNs(0), 49'500);
    }

    void aPairThatIsOlderIsIgnored()
    {
        TickConversion conversion;
        conversion.addPair({1000, 50'000});
        conversion.addPair({2000, 51'000});
        conversion.addPair({1500, 99'000});
        conversion.addPair({3000, 50'000}); // its nanoseconds go back
        QCOMPARE(conversion.toMonotonicNs(1500), 50'500);
        QCOMPARE(conversion.toMonotonicNs(3000), 52'000);
    }

    void aNewPairDoesNotChangeWhatLiesBefore()
    {
        TickConversion conversion;
        conversion.addPair({1000, 50'000});
        conversion.addPair({2000, 51'000});
        const std::int64_t before = conversion.toMonotonicNs(1700);
        conversion.addPair({3000, 58'000});
        QCOMPARE(conversion.toMonotonicNs(1700), before);
    }

    void ticksConvertToTheMonotonicClock()
    {
        TickConversion conversion;
        conversion.addPair(Clock::pair());
        const std::int64_t from = Clock::monotonicNs();
        const std::uint64_t ticks = Clock::ticks();
        const std::int64_t to = Clock::monotonicNs();
        while (Clock::monotonicNs() < to + 1'000'000) {
        }
        conversion.addPair(Clock::pair());
        // The readings enclose the ticks; a pair may be off by the time of reading the clock.
        constexpr std::int64_t slack = 5'000;
        QVERIFY(conversion.toMonotonicNs(ticks) >= from - slack);
        QVERIFY(conversion.toMonotonicNs(ticks) <= to + slack);
    }
};

QTEST_GUILESS_MAIN(TestClock)
#include "tst_clock.moc"
