// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/timerheap.h>

#include <QTest>

#include <algorithm>
#include <memory>
#include <random>

using namespace heddle;
using namespace std::chrono_literals;

namespace {
struct Numbered : TimerHeap::Entry
{
    explicit Numbered(int value)
        : number(value)
    {}
    int number;
};
constexpr TimerHeap::Clock::time_point Zero{};
} // namespace

class TestTimerHeap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatIsDueFirstComesFirstAndTiesComeInTheOrderOfTheirCreation()
    {
        TimerHeap heap;
        Numbered a(1), b(2), c(3), d(4);
        heap.add(a, Zero + 2ns);
        heap.add(b, Zero + 1ns);
        heap.add(c, Zero + 2ns);
        heap.add(d, Zero + 1ns);
        QCOMPARE(heap.size(), std::size_t{4});
        QCOMPARE(heap.nextDue(), Zero + 1ns);
        QVERIFY(!heap.takeDue(Zero));
        std::vector<int> order;
        while (TimerHeap::Entry *entry = heap.takeDue(Zero + 5ns))
            order.push_back(static_cast<Numbered *>(entry)->number);
        QCOMPARE(order, (std::vector<int>{2, 4, 1, 3}));
        QVERIFY(heap.isEmpty());
        QVERIFY(!heap.nextDue());
    }

    void anEntryThatWasRemovedDoesNotComeAndMayBeAddedAgain()
    {
        TimerHeap heap;
        Numbered a(1), b(2);
        heap.add(a, Zero + 1ns);
        heap.add(b, Zero + 2ns);
        QVERIFY(a.isArmed());
        QVERIFY(heap.remove(a));
        QVERIFY(!a.isArmed());
        QVERIFY(!heap.remove(a));
        QCOMPARE(heap.nextDue(), Zero + 2ns);
        heap.add(a, Zero + 3ns);
        QCOMPARE(heap.takeFirst(), &b);
        QCOMPARE(heap.takeFirst(), &a);
        QVERIFY(!heap.takeFirst());
    }

    void entriesOutliveTheHeap()
    {
        Numbered a(1);
        {
            TimerHeap heap;
            heap.add(a, Zero);
        }
        QVERIFY(!a.isArmed());
    }

    // Against a list that is searched from its beginning to its end.
    void anySequenceOfStepsAgreesWithASortedList()
    {
        const auto seed = qEnvironmentVariableIsSet("HEDDLE_SEED")
                                  ? qEnvironmentVariable("HEDDLE_SEED").toUInt()
                                  : std::random_device()();
        qInfo("HEDDLE_SEED=%u", seed);
        std::mt19937 random(seed);
        struct Expected
        {
            TimerHeap::Clock::time_point due;
            int order;
            Numbered *entry;
        };
        for (int round = 0; round < 50; ++round) {
            std::vector<std::unique_ptr<Numbered>> entries;
            TimerHeap heap;
            std::vector<Expected> expected;
            for (int k = 0; k < 200; ++k)
                entries.push_back(std::make_unique<Numbered>(k));
            const auto first = [&expected] {
                return std::min_element(
                        expected.begin(), expected.end(), [](const Expected &a, const Expected &b) {
                            return std::pair(a.due, a.order) < std::pair(b.due, b.order);
                        });
            };
            for (int step = 0; step < 1000; ++step) {
                Numbered &entry = *entries[random() % entries.size()];
                if (random() % 3 == 0) {
                    const auto now = Zero + std::chrono::nanoseconds(random() % 50);
                    TimerHeap::Entry *taken = heap.takeDue(now);
                    const auto best = first();
                    if (best == expected.end() || best->due > now) {
                        QVERIFY(!taken);
                    } else {
                        QCOMPARE(taken, best->entry);
                        expected.erase(best);
                    }
                } else if (entry.isArmed()) {
                    QVERIFY(heap.remove(entry));
                    std::erase_if(expected,
                                  [&](const Expected &other) { return other.entry == &entry; });
                } else {
                    const auto due = Zero + std::chrono::nanoseconds(random() % 50);
                    heap.add(entry, due);
                    expected.push_back({due, step, &entry});
                }
                QCOMPARE(heap.size(), expected.size());
                const auto best = first();
                QCOMPARE(heap.nextDue(),
                         best == expected.end() ? std::nullopt : std::optional(best->due));
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestTimerHeap)
#include "tst_timerheap.moc"
