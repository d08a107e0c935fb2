// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/queuering.h>
#include <heddle/core/queuerings.h>

#include <QTest>

#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using namespace heddle;

namespace {

const trace::Object object(trace::ObjectKind::Queue, "ring");

template <typename Store>
QueueAttempt put(Store &store, int item)
{
    qsizetype count = 0;
    auto moved = std::make_shared<int>(item);
    return store.put({&moved, 1}, count, object);
}
// The next item, or -1.
template <typename Store>
int take(Store &store)
{
    typename Store::Claim claim;
    if (store.claim(claim, 1) != QueueAttempt::Done)
        return -1;
    return *claim.takeNext(object, [](std::shared_ptr<int> &&item) { return std::move(item); });
}

using Ring = QueueRing<std::shared_ptr<int>>;
using Rings = QueueRings<std::shared_ptr<int>>;

} // namespace

class TestQueueRing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void holdsAsManyItemsAsItsCapacityAndKeepsTheirOrder_data()
    {
        QTest::addColumn<int>("capacity");
        for (const int capacity : {1, 2, 3, 4, 5, 7, 8, 100, 128, 1000})
            QTest::addRow("%d", capacity) << capacity;
    }
    void holdsAsManyItemsAsItsCapacityAndKeepsTheirOrder()
    {
        QFETCH(int, capacity);
        Ring ring(capacity);
        int next = 0;
        int expected = 0;
        for (int lap = 0; lap < 5; ++lap) {
            while (put(ring, next) == QueueAttempt::Done)
                ++next;
            QCOMPARE(next - expected, capacity);
            QCOMPARE(put(ring, -1), QueueAttempt::Refused);
            QCOMPARE(ring.fullCells(capacity + 5), capacity);
            QCOMPARE(ring.freeCells(capacity + 5), 0);
            // Leaves some, so that the laps begin at other cells.
            for (int k = 0; k < capacity - capacity / 3; ++k)
                QCOMPARE(take(ring), expected++);
            QCOMPARE(ring.puts(), static_cast<quint64>(next));
            QCOMPARE(ring.takes(), static_cast<quint64>(expected));
        }
        while (expected < next)
            QCOMPARE(take(ring), expected++);
        QCOMPARE(take(ring), -1);
    }

    void severalItemsGoInAndOutAtOnceAcrossTheEnd()
    {
        Ring ring(7);
        int next = 0;
        int expected = 0;
        for (int round = 0; round < 50; ++round) {
            std::vector<std::shared_ptr<int>> items;
            for (int k = 0; k < 5; ++k)
                items.push_back(std::make_shared<int>(next + k));
            qsizetype count = 0;
            QCOMPARE(ring.put(items, count, object), QueueAttempt::Done);
            QCOMPARE(count, std::min<qsizetype>(5, 7 - (next - expected)));
            next += static_cast<int>(count);
            Ring::Claim claim;
            QCOMPARE(ring.claim(claim, 4), QueueAttempt::Done);
            const qsizetype claimed = claim.count();
            QCOMPARE(claimed, std::min(next - expected, 4));
            for (qsizetype k = 0; k < claimed; ++k) {
                claim.takeNext(object, [&](std::shared_ptr<int> &&item) {
                    QCOMPARE(*item, expected);
                    ++expected;
                });
            }
        }
    }

    void aClaimThatIsNotFinishedKeepsOthersWaitingAtItsCellOnly()
    {
        Ring ring(2);
        QCOMPARE(put(ring, 0), QueueAttempt::Done);
        QCOMPARE(put(ring, 1), QueueAttempt::Done);
        Ring::Claim claim;
        QCOMPARE(ring.claim(claim, 1), QueueAttempt::Done);
        QCOMPARE(put(ring, 2), QueueAttempt::UnderWay); // its cell is being emptied
        QCOMPARE(take(ring), 1);
        QCOMPARE(put(ring, 2), QueueAttempt::UnderWay);
        claim.drop(object);
        QCOMPARE(put(ring, 2), QueueAttempt::Done);
        QCOMPARE(take(ring), 2);
    }

    void aClosedRingIsDrained()
    {
        Ring ring(4);
        QCOMPARE(put(ring, 0), QueueAttempt::Done);
        ring.close();
        QVERIFY(ring.isClosed());
        QCOMPARE(put(ring, 1), QueueAttempt::Closed);
        QCOMPARE(ring.puts(), quint64{1});
        QCOMPARE(take(ring), 0);
        Ring::Claim claim;
        QCOMPARE(ring.claim(claim, 1), QueueAttempt::Closed);
        ring.close(); // as once
        QCOMPARE(ring.puts(), quint64{1});
    }

    void whatIsLeftIsDestroyedWithIt()
    {
        const auto item = std::make_shared<int>(1);
        {
            Ring ring(3);
            for (int k = 0; k < 5; ++k) {
                qsizetype count = 0;
                auto copy = item;
                QCOMPARE(ring.put({&copy, 1}, count, object), QueueAttempt::Done);
                if (k < 3)
                    QCOMPARE(take(ring), 1);
            }
            QCOMPARE(item.use_count(), 3L);
        }
        QCOMPARE(item.use_count(), 1L);
    }

    void itemsOfAnyAlignmentFit()
    {
        struct alignas(256) Wide
        {
            int number;
        };
        QueueRing<Wide> ring(3);
        Wide item{4};
        qsizetype count = 0;
        QCOMPARE(ring.put({&item, 1}, count, object), QueueAttempt::Done);
        QueueRing<Wide>::Claim claim;
        QCOMPARE(ring.claim(claim, 1), QueueAttempt::Done);
        claim.takeNext(object, [](Wide &&taken) {
            QCOMPARE(reinterpret_cast<quintptr>(&taken) % 256, quintptr{0});
            QCOMPARE(taken.number, 4);
        });
    }

    void aHugeCapacityCostsOnlyWhatIsUsed()
    {
        Ring ring(qsizetype{1} << 24);
        QCOMPARE(put(ring, 1), QueueAttempt::Done);
        QCOMPARE(take(ring), 1);
    }

    void anUnboundedStoreGrowsAndCountsOn()
    {
        Rings rings(0);
        int next = 0;
        int expected = 0;
        for (int round = 0; round < 2000; ++round) {
            for (int k = 0; k < 3; ++k) {
                QCOMPARE(put(rings, next), QueueAttempt::Done);
                ++next;
            }
            for (int k = 0; k < 2; ++k)
                QCOMPARE(take(rings), expected++);
            QCOMPARE(rings.puts(), static_cast<quint64>(next));
            QCOMPARE(rings.takes(), static_cast<quint64>(expected));
            QCOMPARE(rings.items(next), next - expected);
        }
        rings.close();
        QCOMPARE(put(rings, 0), QueueAttempt::Closed);
        while (expected < next)
            QCOMPARE(take(rings), expected++);
        Rings::Claim claim;
        QCOMPARE(rings.claim(claim, 1), QueueAttempt::Closed);
    }
};

QTEST_GUILESS_MAIN(TestQueueRing)
#include "tst_queuering.moc"
