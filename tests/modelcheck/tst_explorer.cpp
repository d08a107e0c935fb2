// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"

#include <QTest>

#include <string>

using namespace modelcheck;

namespace {

// Two threads that add one to a number by a load and a store.
struct Counter
{
    std::uint8_t value = 0;
    std::uint8_t loaded[2] = {0, 0};
    std::uint8_t isDone[2] = {0, 0};
};

Program<Counter> adder(int self)
{
    Program<Counter> program;
    program.step("load", [=](Counter &s) {
        s.loaded[self] = s.value;
        return goOn();
    });
    program.step("store", [=](Counter &s) {
        s.value = s.loaded[self] + 1;
        s.isDone[self] = 1;
        return end();
    });
    return program;
}

// Two locks.
struct Locks
{
    std::uint8_t isHeld[2] = {0, 0};
};

Program<Locks> locker(int first, int second)
{
    Program<Locks> program;
    const auto lock = [](int which) {
        return [=](Locks &s) {
            if (s.isHeld[which])
                return blocked();
            s.isHeld[which] = 1;
            return goOn();
        };
    };
    program.step("lock one", lock(first)).step("lock other", lock(second));
    program.step("unlock", [](Locks &s) {
        s.isHeld[0] = s.isHeld[1] = 0;
        return goOn();
    });
    return program;
}

// A flag whose waiter looks and goes to sleep in two steps, which loses a wake-up.
struct Flag
{
    std::uint8_t isSet = 0;
    std::uint8_t isAsleep = 0;
    std::uint8_t isTimeOver = 0;
};

Program<Flag> carelessWaiter()
{
    Program<Flag> program;
    program.step("look", [](Flag &s) { return s.isSet ? end() : goOn(); });
    program.step("go to sleep", [](Flag &s) {
        s.isAsleep = 1;
        return goOn();
    });
    program.step("sleep", [](Flag &s) {
        if (s.isAsleep && !s.isTimeOver)
            return blocked();
        return end();
    });
    return program;
}

Program<Flag> setter()
{
    Program<Flag> program;
    program.step("set", [](Flag &s) {
        s.isSet = 1;
        return goOn();
    });
    program.step("wake", [](Flag &s) {
        s.isAsleep = 0;
        return goOn();
    });
    return program;
}

} // namespace

class TestExplorer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyInterleavingIsTriedOnce()
    {
        // Two threads of three steps over a state that they do not change: 4 x 4 positions.
        struct Nothing
        {
            std::uint8_t nothing = 0;
        };
        Program<Nothing> three;
        for (const char *name : {"a", "b", "c"})
            three.step(name, [](Nothing &) { return goOn(); });
        Explorer<Nothing> explorer;
        explorer.thread("first", three);
        explorer.thread("second", three);
        const Exploration result = explorer.explore({});
        QVERIFY2(result.holds(), result.problem.c_str());
        QCOMPARE(result.states, std::uint64_t{16});
        QCOMPARE(result.steps, std::uint64_t{24});
    }

    void aLostUpdateIsFoundByTheShortestWay()
    {
        Explorer<Counter> explorer;
        explorer.thread("first", adder(0));
        explorer.thread("second", adder(1));
        explorer.atRest("both were counted", [](const Counter &s) { return s.value == 2; });
        const Exploration result = explorer.explore({});
        QCOMPARE(result.problem, std::string("at rest: both were counted"));
        QCOMPARE(std::count(result.path.begin(), result.path.end(), '\n'), 4);
        QVERIFY(result.path.find("first: load\nsecond: load\n") == 0);
    }

    void aBrokenInvariantIsFoundBeforeTheEnd()
    {
        Explorer<Counter> explorer;
        explorer.thread("first", adder(0));
        explorer.thread("second", adder(1));
        explorer.describe([](const Counter &s) { return std::to_string(s.value); });
        explorer.invariant("never one", [](const Counter &s) { return s.value != 1; });
        const Exploration result = explorer.explore({});
        QCOMPARE(result.problem, std::string("never one"));
        QCOMPARE(result.path, std::string("first: load  [0]\nfirst: store  [1]\n"));
    }

    void aDeadlockIsFoundAndAnOrderThatHasNoneIsNot()
    {
        Explorer<Locks> same;
        same.thread("first", locker(0, 1));
        same.thread("second", locker(0, 1));
        QVERIFY(same.explore({}).holds());

        Explorer<Locks> opposite;
        opposite.thread("first", locker(0, 1));
        opposite.thread("second", locker(1, 0));
        const Exploration result = opposite.explore({});
        QVERIFY2(result.problem.find("is stuck before \"lock other\"") != std::string::npos,
                 result.problem.c_str());
    }

    void anEventThatMayHappenHidesNoLostWakeUp()
    {
        Explorer<Flag> explorer;
        explorer.thread("waiter", carelessWaiter());
        explorer.thread("setter", setter());
        Program<Flag> timeOut;
        timeOut.step("time is over", [](Flag &s) {
            s.isTimeOver = 1;
            return goOn();
        });
        explorer.event("clock", timeOut);
        explorer.atRest("nobody sleeps though the flag is set",
                        [](const Flag &s) { return !(s.isSet && s.isAsleep && !s.isTimeOver); });
        QVERIFY(!explorer.explore({}).holds());
    }

    void goingRoundForEverIsFound()
    {
        Program<Counter> spinner;
        spinner.step("look", [](Counter &s) { return s.value == 3 ? end() : goTo("look"); });
        Explorer<Counter> explorer;
        explorer.thread("spinner", spinner);
        explorer.thread("adder", adder(0));
        const Exploration result = explorer.explore({});
        QVERIFY2(result.problem.find("for ever") != std::string::npos, result.problem.c_str());
    }

    void everyChoiceIsTried()
    {
        Program<Counter> program;
        program.choose("pick", 3, [](Counter &s, int choice) {
            s.value = static_cast<std::uint8_t>(choice);
            return goOn();
        });
        Explorer<Counter> explorer;
        explorer.thread("picker", program);
        for (int k = 0; k < 4; ++k)
            explorer.cover([k](const Counter &s) { return s.value == k; });
        const Exploration result = explorer.explore({});
        QVERIFY(result.holds());
        QCOMPARE(result.covered, (std::vector<std::uint64_t>{2, 1, 1, 0}));
    }

    void tooManyStatesAreNotTakenForAll()
    {
        Explorer<Counter> explorer;
        explorer.thread("first", adder(0));
        explorer.thread("second", adder(1));
        explorer.atRest("anything", [](const Counter &) { return true; });
        QVERIFY(!explorer.explore({}, 3).holds());
    }

    void aMistakeInAModelIsTold()
    {
        Program<Counter> program;
        program.step("a", [](Counter &s) {
            s.value = 1;
            return blocked();
        });
        QVERIFY_THROWS_EXCEPTION(std::logic_error,
                                 program.step("a", [](Counter &) { return end(); }));
        Explorer<Counter> changes;
        changes.thread("t", program);
        QVERIFY_THROWS_EXCEPTION(std::logic_error, (void)changes.explore({}));
        Explorer<Counter> lost;
        lost.thread("t", Program<Counter>().step("a", [](Counter &) { return goTo("b"); }));
        QVERIFY_THROWS_EXCEPTION(std::logic_error, (void)lost.explore({}));
    }
};

QTEST_APPLESS_MAIN(TestExplorer)
#include "tst_explorer.moc"
