// SPDX-License-Identifier: Apache-2.0
#include <heddle/timeline/appendcolumn.h>

#include <QTest>

#include <latch>
#include <memory>
#include <string>
#include <thread>

using namespace heddle;

class TestAppendColumn : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsWhatIsAppendedOverManySegments()
    {
        AppendColumn<int> column;
        QVERIFY(column.isEmpty());
        for (int k = 0; k < 100'000; ++k)
            column.append(k * 3);
        QCOMPARE(column.size(), std::size_t{100'000});
        for (int k = 0; k < 100'000; ++k)
            QCOMPARE(column[static_cast<std::size_t>(k)], k * 3);
    }

    void elementsNeverMove()
    {
        AppendColumn<std::string> column;
        column.append(std::string("first"));
        const std::string *first = &column.at(0);
        for (int k = 0; k < 10'000; ++k)
            column.append(std::to_string(k));
        QCOMPARE(&column.at(0), first);
        QCOMPARE(*first, std::string("first"));
    }

    void holdsAtomicsAndOwners()
    {
        AppendColumn<std::atomic<int>> atomics;
        atomics.append(7);
        atomics.mutate(0).store(8);
        QCOMPARE(atomics.at(0).load(), 8);

        AppendColumn<std::unique_ptr<int>> owners;
        owners.append(std::make_unique<int>(5));
        QCOMPARE(*owners.at(0), 5);
    }

    void memoryIsAtMostTwiceWhatIsUsed()
    {
        AppendColumn<std::uint64_t> column;
        for (std::uint64_t k = 0; k < 50'000; ++k)
            column.append(k);
        QVERIFY(column.memoryBytes() >= 50'000 * sizeof(std::uint64_t));
        QVERIFY(column.memoryBytes() <= 2 * 50'000 * sizeof(std::uint64_t));
    }

    void readersSeeOnlyWholeElements()
    {
        struct Pair
        {
            std::uint64_t value = 0;
            std::uint64_t inverse = ~std::uint64_t{0};
        };
        constexpr std::uint64_t count = 200'000;
        AppendColumn<Pair> column;
        std::latch ready(2);
        std::atomic<std::uint64_t> wrong{0};
        std::thread reader([&] {
            ready.arrive_and_wait();
            std::size_t seen = 0;
            while (seen < count) {
                const std::size_t size = column.size();
                for (; seen < size; ++seen) {
                    const Pair &pair = column.at(seen);
                    wrong += pair.value != seen || pair.inverse != ~pair.value;
                }
            }
        });
        ready.arrive_and_wait();
        for (std::uint64_t k = 0; k < count; ++k)
            column.append(Pair{k, ~k});
        reader.join();
        QCOMPARE(wrong.load(), std::uint64_t{0});
    }
};

QTEST_APPLESS_MAIN(TestAppendColumn)
#include "tst_appendcolumn.moc"
