// SPDX-License-Identifier: Apache-2.0
#include "history.h"
#include "stress.h"

#include <QTest>

using namespace stress;

namespace {

// A register that threads write and read.
struct Access
{
    bool isWrite;
    int value;
};

bool applyToRegister(int &state, const Access &access)
{
    if (access.isWrite)
        state = access.value;
    return access.isWrite || state == access.value;
}

constexpr bool Write = true;
constexpr bool Read = false;

} // namespace

class TestHarness : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theSameSeedAndStreamGiveTheSameChances()
    {
        Chance one(7);
        Chance same(7);
        Chance other(8);
        int differences = 0;
        for (int k = 0; k < 100; ++k) {
            const int value = one.below(1000);
            QVERIFY(value >= 0 && value < 1000);
            QCOMPARE(same.below(1000), value);
            differences += other.below(1000) != value;
        }
        QVERIFY(differences > 50);
    }

    void theThreadsRunTogetherAndTheirExceptionsArrive()
    {
        std::atomic<int> inside{0};
        together(3, 0, [&](int, Chance &) {
            ++inside;
            while (inside != 3)
                std::this_thread::yield();
        });
        QVERIFY_THROWS_EXCEPTION(std::logic_error, together(2, 0, [](int thread, Chance &) {
                                     if (thread == 1)
                                         throw std::logic_error("failed");
                                 }));
    }

    void callsAreRecordedWithTheirInstants()
    {
        History<Access> history(2);
        history.record(1, [] { return Access{Write, 1}; });
        history.record(0, [] { return Access{Read, 1}; });
        const auto calls = history.calls();
        QCOMPARE(calls.size(), std::size_t{2});
        QCOMPARE(calls[0].thread, 1);
        QVERIFY(calls[0].begin < calls[0].end);
        QVERIFY(calls[0].end < calls[1].begin);
    }

    void whatOverlapsMayHaveHappenedInEitherOrder()
    {
        const std::vector<Call<Access>> calls{
                {{Write, 1}, 0, 3, 0}, {{Write, 2}, 1, 4, 1}, {{Read, 1}, 5, 6, 0}};
        QVERIFY(isLinearizable(0, calls, applyToRegister));
        const std::vector<Call<Access>> other{
                {{Write, 1}, 0, 3, 0}, {{Write, 2}, 1, 4, 1}, {{Read, 2}, 5, 6, 0}};
        QVERIFY(isLinearizable(0, other, applyToRegister));
    }

    void whatCameBeforeCannotHaveHappenedAfter()
    {
        const std::vector<Call<Access>> stale{
                {{Write, 1}, 0, 1, 0}, {{Write, 2}, 2, 3, 0}, {{Read, 1}, 4, 5, 1}};
        QVERIFY(!isLinearizable(0, stale, applyToRegister));
        // Two readers that see two writes in opposite orders.
        const std::vector<Call<Access>> opposite{{{Write, 1}, 0, 10, 0},
                                                 {{Write, 2}, 0, 10, 1},
                                                 {{Read, 1}, 11, 12, 2},
                                                 {{Read, 2}, 13, 14, 3}};
        QVERIFY(!isLinearizable(0, opposite, applyToRegister));
    }
};

QTEST_APPLESS_MAIN(TestHarness)
#include "tst_harness.moc"
