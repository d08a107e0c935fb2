// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"
#include "parking.h"

#include <QTest>

#include <optional>
#include <string>
#include <vector>

using namespace modelcheck;

namespace {

// A step of the mutex that a test breaks.
enum class Careless : std::uint8_t {
    Nowhere,
    UnlocksUnlooking,   ///< does not look at the mark
    NeverHandsOver,     ///< whoever waits is woken in vain again and again
    HandsOverToTheGone, ///< who gives up still stands for the next holder
};

struct Model
{
    Parking parking;
    std::uint8_t holder = 0; ///< a thread's number + 1
    std::uint8_t isMarked = 0;
    std::uint8_t nextHolder = 0;
    std::uint8_t rounds[Parking::Waiters] = {0, 0, 0}; ///< still to come, per thread
    std::uint8_t inVain[Parking::Waiters] = {0, 0, 0}; ///< wake-ups of this wait
    std::uint8_t isInside[Parking::Waiters] = {0, 0, 0};
    std::uint8_t isMisused = 0;
};

struct Setup
{
    std::vector<int> rounds; ///< per thread
    std::optional<int> timesOut;
    std::optional<int> isStopped;
    Broken broken = Broken::Nothing;
    Careless careless = Careless::Nowhere;
};

constexpr std::uint8_t mark(int thread)
{
    return static_cast<std::uint8_t>(thread + 1);
}

ParkingSteps<Model> mutex(const Setup &setup)
{
    ParkingSteps<Model> steps;
    steps.broken = setup.broken;
    steps.take = [](Model &s, int self) {
        if (s.holder == mark(self))
            return true; // handed over
        if (s.holder == 0) {
            s.holder = mark(self);
            return true;
        }
        s.isMarked = 1;
        // The first attempt comes before any wake-up.
        const bool isAwakened = std::count(s.parking.line, s.parking.line + s.parking.length, self);
        if (isAwakened && s.inVain[self] < 3 && ++s.inVain[self] >= 2 && s.nextHolder == 0)
            s.nextHolder = mark(self);
        return false;
    };
    steps.isReady = [](const Model &s, int waiter) {
        return s.holder == 0 || s.holder == mark(waiter);
    };
    steps.unmark = [](Model &s) { s.isMarked = 0; };
    steps.leave = [careless = setup.careless](Model &s, int self) {
        const bool gaveUp = s.holder != mark(self);
        if (s.nextHolder == mark(self) && !(gaveUp && careless == Careless::HandsOverToTheGone))
            s.nextHolder = 0;
        s.inVain[self] = 0;
    };
    return steps;
}

// Locks and unlocks, round after round.
Program<Model> user(const ParkingSteps<Model> &steps, int self, Careless careless)
{
    Program<Model> program;
    program.step("try", [self](Model &s) {
        if (s.holder != 0)
            return goOn();
        s.holder = mark(self);
        return goTo("enter");
    });
    steps.addWait(program, self, "enter", "give up");
    program.step("give up", [](Model &) { return end(); });
    program.step("enter", [self](Model &s) {
        s.isInside[self] = 1;
        return goOn();
    });
    program.step("leave", [self](Model &s) {
        s.isInside[self] = 0;
        return goOn();
    });
    program.step("unlock if nobody waits", [=](Model &s) {
        if (s.holder != mark(self))
            s.isMisused = 1;
        if (s.isMarked && careless != Careless::UnlocksUnlooking)
            return goOn();
        s.holder = 0;
        return goTo("next round");
    });
    steps.addLock(program, "lock to unlock");
    program.step("free or hand over", [=](Model &s) {
        s.holder = careless == Careless::NeverHandsOver ? 0 : s.nextHolder;
        s.isMarked = s.parking.length > 0;
        s.parking.wakers[self] = {0, 1, 0};
        return goOn();
    });
    steps.addWake(program, self, "unlock: ", "inner unlock");
    program.step("inner unlock", [](Model &s) {
        s.parking.isLocked = 0;
        return goOn();
    });
    program.step("unlock: futex", [self](Model &s) {
        return ParkingSteps<Model>::futexWake(s, self, "unlock: futex", "next round");
    });
    program.step("next round", [self](Model &s) {
        if (--s.rounds[self] == 0)
            return end();
        s.parking.waiters[self] = {};
        return goTo("try");
    });
    return program;
}

Exploration explore(const Setup &setup)
{
    const ParkingSteps<Model> steps = mutex(setup);
    Explorer<Model, 6> explorer;
    Model initial;
    for (std::size_t k = 0; k < setup.rounds.size(); ++k) {
        initial.rounds[k] = static_cast<std::uint8_t>(setup.rounds[k]);
        explorer.thread("thread " + std::to_string(k),
                        user(steps, static_cast<int>(k), setup.careless));
    }
    if (setup.timesOut)
        explorer.event("clock", steps.timeOut(*setup.timesOut));
    if (setup.isStopped)
        explorer.event("stopper", steps.stop(*setup.isStopped));
    explorer.invariant("one thread is inside at a time", [](const Model &s) {
        return s.isInside[0] + s.isInside[1] + s.isInside[2] <= 1;
    });
    explorer.invariant("who unlocks is the holder", [](const Model &s) { return !s.isMisused; });
    // Who gives up looks once more.
    if (setup.rounds.size() == 2 && !setup.timesOut && !setup.isStopped) {
        explorer.invariant("nobody is woken in vain more than twice",
                           [](const Model &s) { return s.inVain[0] <= 2 && s.inVain[1] <= 2; });
    }
    // That all threads end is what the explorer demands by itself.
    explorer.cover([](const Model &s) {
        return s.nextHolder != 0 && s.holder == s.nextHolder; // being handed over
    });
    return explorer.explore(initial);
}

const Setup AHog{{1, 4}, std::nullopt, std::nullopt};
const Setup AHogAndATimeOut{{1, 4}, 0, std::nullopt};
const Setup AHogAndAStop{{1, 4}, std::nullopt, 0};
const Setup ThreeThreads{{1, 1, 2}, std::nullopt, std::nullopt};

Setup careless(Setup setup, Careless how)
{
    setup.careless = how;
    return setup;
}
Setup broken(Setup setup, Broken how)
{
    setup.broken = how;
    return setup;
}

} // namespace

Q_DECLARE_METATYPE(Setup)

// The protocol of Mutex: who comes while it is free may be faster than a thread that was woken,
// which gets it handed over when that has happened twice.
class TestMutexModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allGetItAndNobodyHoldsItTogether_data()
    {
        QTest::addColumn<Setup>("setup");
        QTest::addColumn<bool>("isHandedOver");
        QTest::newRow("one that keeps taking it") << AHog << true;
        QTest::newRow("and a time-out") << AHogAndATimeOut << true;
        QTest::newRow("and a stop") << AHogAndAStop << true;
        QTest::newRow("three threads") << ThreeThreads << false;
    }
    void allGetItAndNobodyHoldsItTogether()
    {
        QFETCH(const Setup, setup);
        QFETCH(const bool, isHandedOver);
        const Exploration result = explore(setup);
        qInfo("%s", result.text().c_str());
        QVERIFY2(result.holds(), result.text().c_str());
        if (isHandedOver)
            QVERIFY(result.covered[0] > 0);
    }

    void everyStepIsNeeded_data()
    {
        QTest::addColumn<Setup>("setup");
        QTest::newRow("unlock does not look at the mark")
                << careless(AHog, Careless::UnlocksUnlooking);
        QTest::newRow("it is never handed over") << careless(AHog, Careless::NeverHandsOver);
        QTest::newRow("it is handed over to one who gave up")
                << careless(AHogAndATimeOut, Careless::HandsOverToTheGone);
        QTest::newRow("it is handed over to one who was stopped")
                << careless(AHogAndAStop, Careless::HandsOverToTheGone);
        QTest::newRow("it falls asleep over a signal")
                << broken(AHog, Broken::FallsAsleepOverASignal);
        QTest::newRow("a sleeper is not woken") << broken(AHog, Broken::WakesNoSleeper);
        QTest::newRow("the mark goes though others wait")
                << broken(ThreeThreads, Broken::ForgetsOthers);
    }
    void everyStepIsNeeded()
    {
        QFETCH(const Setup, setup);
        const Exploration result = explore(setup);
        qInfo("%s", result.text().c_str());
        QVERIFY(!result.holds());
    }
};

QTEST_APPLESS_MAIN(TestMutexModel)
#include "tst_mutexmodel.moc"
