// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"
#include "parking.h"

#include <QTest>

#include <array>
#include <optional>
#include <vector>

using namespace modelcheck;

namespace {

// A step of the semaphore that a test breaks.
enum class Careless : std::uint8_t {
    Nowhere,
    DoesNotMark,       ///< sleeps without having said so
    LooksBeforeMark,   ///< looks for permits and leaves the mark in two steps
    ReleasesUnlooking, ///< does not look at the mark
    WakesTooFew,       ///< wakes one, whatever it released
};

// The semaphore: its word, who waits, and what they need.
struct Model
{
    Parking parking;
    std::uint8_t permits = 0;
    std::uint8_t isMarked = 0;
    std::uint8_t taken = 0;
    std::uint8_t released = 0;
    std::uint8_t needs[Parking::Waiters] = {1, 1, 1};
};

struct Setup
{
    std::vector<int> needs;    ///< per waiter
    std::vector<int> releases; ///< per release; the first thread releases all but the last
    bool hasBarger = false;    ///< a thread that takes one permit if it can
    std::optional<int> timesOut;
    std::optional<int> isStopped;
    Broken broken = Broken::Nothing;
    Careless careless = Careless::Nowhere;
};

ParkingSteps<Model> semaphore(const Setup &setup)
{
    ParkingSteps<Model> steps;
    steps.broken = setup.broken;
    steps.take = [careless = setup.careless](Model &s, int waiter) {
        if (s.permits >= s.needs[waiter]) {
            s.permits = static_cast<std::uint8_t>(s.permits - s.needs[waiter]);
            s.taken = static_cast<std::uint8_t>(s.taken + s.needs[waiter]);
            return true;
        }
        if (careless == Careless::Nowhere || careless == Careless::ReleasesUnlooking
            || careless == Careless::WakesTooFew)
            s.isMarked = 1;
        return false;
    };
    steps.isReady = [](const Model &s, int waiter) { return s.permits >= s.needs[waiter]; };
    steps.unmark = [](Model &s) { s.isMarked = 0; };
    return steps;
}

Program<Model> waiter(const ParkingSteps<Model> &steps, int self, Careless careless)
{
    Program<Model> program;
    program.step("try", [self](Model &s) {
        if (s.permits < s.needs[self])
            return goOn();
        s.permits = static_cast<std::uint8_t>(s.permits - s.needs[self]);
        s.taken = static_cast<std::uint8_t>(s.taken + s.needs[self]);
        s.parking.waiters[self].hasLeft = 1;
        return end();
    });
    steps.addWait(program, self, "end", "end");
    program.step("end", [](Model &) { return end(); });
    if (careless != Careless::LooksBeforeMark)
        return program;
    // The same with the mark as a step of its own, after the look.
    Program<Model> split;
    for (std::size_t k = 0; k < program.size(); ++k) {
        const auto &step = program.at(k);
        if (step.name == "unlock to sleep") {
            split.step(step.name, [](Model &s) {
                s.isMarked = 1;
                return goOn();
            });
            split.choose("then unlock", step.choices, step.run);
        } else {
            split.choose(step.name, step.choices, step.run);
        }
    }
    return split;
}

// Gives back permits, once per count.
Program<Model> releaser(const ParkingSteps<Model> &steps, int self, const std::vector<int> &counts,
                        Careless careless)
{
    Program<Model> program;
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const int count = counts[k];
        const std::string prefix = "release " + std::to_string(k) + ": ";
        const std::string after = k + 1 < counts.size()
                                          ? "release " + std::to_string(k + 1) + ": add"
                                          : std::string("done");
        const auto add = [count](Model &s) {
            s.permits = static_cast<std::uint8_t>(s.permits + count);
            s.released = static_cast<std::uint8_t>(s.released + count);
        };
        program.step(prefix + "add", [=](Model &s) {
            if (s.isMarked && careless != Careless::ReleasesUnlooking)
                return goOn();
            add(s);
            return goTo(after);
        });
        steps.addLock(program, prefix + "lock");
        program.step(prefix + "add under the mutex", [=](Model &s) {
            add(s);
            const int wakes = careless == Careless::WakesTooFew ? 1 : count;
            s.parking.wakers[self] = {0, static_cast<std::uint8_t>(wakes), 0};
            return goOn();
        });
        steps.addWake(program, self, prefix, prefix + "unlock");
        program.step(prefix + "unlock", [=](Model &s) {
            s.parking.isLocked = 0;
            return goOn();
        });
        const std::string futex = prefix + "futex";
        program.step(futex, [=](Model &s) {
            return ParkingSteps<Model>::futexWake(s, self, futex, after);
        });
    }
    program.step("done", [](Model &) { return end(); });
    return program;
}

Program<Model> barger()
{
    Program<Model> program;
    program.step("take one", [](Model &s) {
        if (s.permits > 0) {
            --s.permits;
            ++s.taken;
        }
        return end();
    });
    return program;
}

Exploration explore(const Setup &setup)
{
    const ParkingSteps<Model> steps = semaphore(setup);
    Explorer<Model, 8> explorer;
    Model initial;
    const int waiters = static_cast<int>(setup.needs.size());
    for (int k = 0; k < waiters; ++k) {
        initial.needs[k] = static_cast<std::uint8_t>(setup.needs[std::size_t(k)]);
        explorer.thread("waiter " + std::to_string(k), waiter(steps, k, setup.careless));
    }
    std::vector<int> first = setup.releases;
    std::vector<int> last;
    if (first.size() > 1) {
        last.push_back(first.back());
        first.pop_back();
    }
    explorer.thread("releaser", releaser(steps, 3, first, setup.careless));
    if (!last.empty())
        explorer.thread("other releaser", releaser(steps, 4, last, setup.careless));
    if (setup.hasBarger)
        explorer.thread("barger", barger());
    if (setup.timesOut)
        explorer.event("clock", steps.timeOut(*setup.timesOut));
    if (setup.isStopped)
        explorer.event("stopper", steps.stop(*setup.isStopped));

    explorer.invariant("no permit is lost or doubled",
                       [](const Model &s) { return s.permits + s.taken == s.released; });
    explorer.atRest("nobody sleeps while its permits are free", [waiters](const Model &s) {
        for (int k = 0; k < waiters; ++k) {
            if (!s.parking.waiters[k].hasLeft && s.permits >= s.needs[k])
                return false;
        }
        return true;
    });
    explorer.atRest("nobody sleeps on after its stop", [waiters](const Model &s) {
        for (int k = 0; k < waiters; ++k) {
            const Parking::Waiter &waiter = s.parking.waiters[k];
            if (!waiter.hasLeft && waiter.word & Parking::StopNoted)
                return false;
        }
        return true;
    });
    explorer.atRest("the mutex is free, and the mark tells whether somebody waits",
                    [](const Model &s) {
                        return !s.parking.isLocked && (s.parking.length > 0) == (s.isMarked != 0);
                    });
    // Somebody was woken in vain; somebody slept and was woken.
    explorer.cover([waiters](const Model &s) {
        for (int k = 0; k < waiters; ++k) {
            if (s.parking.waiters[k].isWoken && s.permits < s.needs[k])
                return true;
        }
        return false;
    });
    explorer.cover([](const Model &s) {
        return s.parking.waiters[0].isInFutex && s.parking.waiters[0].word & Parking::Roused;
    });
    return explorer.explore(initial);
}

// What every run of the test looks at.
const Setup TwoWaitersATimeOut{{1, 1}, {1, 1}, false, 0, std::nullopt};
const Setup AStop{{1, 1}, {1}, false, std::nullopt, 0};
const Setup ManyAndFew{{2, 1}, {2}, true, std::nullopt, std::nullopt};
const Setup OneReleaseForTwo{{1, 1}, {2}, false, std::nullopt, std::nullopt};
const Setup TwoReleasersAStopAndATimeOut{{2, 1}, {1, 2}, false, 0, 1};
const Setup OneReleaseATimeOut{{1, 1}, {1}, false, 0, std::nullopt};
const Setup TwoInVain{{2, 2, 1}, {2}, true, std::nullopt, std::nullopt};
const Setup ThreeWaiters{{2, 1, 1}, {3}, false, 2, std::nullopt};

Setup broken(Setup setup, Broken how)
{
    setup.broken = how;
    return setup;
}
Setup careless(Setup setup, Careless how)
{
    setup.careless = how;
    return setup;
}

} // namespace

Q_DECLARE_METATYPE(Setup)

// The protocol of WaitPoint and of a word with a mark in it, by the example of the semaphore: no
// wake-up is lost in any interleaving.
class TestParking : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void noWakeUpIsLostInAnyInterleaving_data()
    {
        QTest::addColumn<Setup>("setup");
        QTest::newRow("two waiters, a time-out") << TwoWaitersATimeOut;
        QTest::newRow("a stop") << AStop;
        QTest::newRow("many and few, another is faster") << ManyAndFew;
        QTest::newRow("one release for two") << OneReleaseForTwo;
        QTest::newRow("two releasers, a stop and a time-out") << TwoReleasersAStopAndATimeOut;
        QTest::newRow("one release, a time-out") << OneReleaseATimeOut;
        QTest::newRow("two woken in vain") << TwoInVain;
        QTest::newRow("three waiters, a time-out") << ThreeWaiters;
    }
    void noWakeUpIsLostInAnyInterleaving()
    {
        QFETCH(const Setup, setup);
        const Exploration result = explore(setup);
        qInfo("%s", result.text().c_str());
        QVERIFY2(result.holds(), result.text().c_str());
        QVERIFY(result.covered[1] > 0);
        if (setup.hasBarger)
            QVERIFY(result.covered[0] > 0);
    }

    // If the test found no mistake in a broken protocol, it would prove nothing of the right one.
    void everyStepIsNeeded_data()
    {
        QTest::addColumn<Setup>("setup");
        QTest::newRow("the waiter leaves no mark")
                << careless(OneReleaseForTwo, Careless::DoesNotMark);
        QTest::newRow("it looks, and leaves the mark later")
                << careless(OneReleaseForTwo, Careless::LooksBeforeMark);
        QTest::newRow("the releaser does not look at the mark")
                << careless(OneReleaseForTwo, Careless::ReleasesUnlooking);
        QTest::newRow("the releaser of two wakes one")
                << careless(OneReleaseForTwo, Careless::WakesTooFew);
        QTest::newRow("it falls asleep over a signal")
                << broken(OneReleaseForTwo, Broken::FallsAsleepOverASignal);
        QTest::newRow("a sleeper is not woken") << broken(OneReleaseForTwo, Broken::WakesNoSleeper);
        QTest::newRow("a stop wakes no sleeper") << broken(AStop, Broken::StopWakesNoSleeper);
        QTest::newRow("a wake-up in vain is kept") << broken(TwoInVain, Broken::KeepsUnusedWakeUps);
        QTest::newRow("a time-out takes a wake-up along")
                << broken(OneReleaseATimeOut, Broken::LeavesWithAWakeUp);
        QTest::newRow("a stop takes a wake-up along") << broken(AStop, Broken::LeavesWithAWakeUp);
        QTest::newRow("the mark goes though others wait")
                << broken(TwoWaitersATimeOut, Broken::ForgetsOthers);
    }
    void everyStepIsNeeded()
    {
        QFETCH(const Setup, setup);
        const Exploration result = explore(setup);
        qInfo("%s", result.text().c_str());
        QVERIFY(!result.holds());
    }
};

QTEST_APPLESS_MAIN(TestParking)
#include "tst_parking.moc"
