// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"
#include "parking.h"

#include <QTest>

#include <optional>
#include <string>
#include <vector>

using namespace modelcheck;

namespace {

// A step of the read-write lock that a test breaks.
enum class Careless : std::uint8_t {
    Nowhere,
    ReaderLetsGoUnlooking, ///< the last reader does not look at the mark
    GrantsInWordsOnly,     ///< who is let in is not counted in the word
    LetsAWriterInToReaders,
    GivesUpSilently, ///< readers that waited for a writer only are not let in when it gives up
};

struct Model
{
    Parking parking;
    std::uint8_t readers = 0; ///< these three are the word
    std::uint8_t isWriting = 0;
    std::uint8_t isMarked = 0;
    std::uint8_t waiting[2] = {0, 0}; ///< readers and writers that were not let in yet
    std::uint8_t grantsReaders = 0;
    std::uint8_t grantsOneWriter = 0;
    std::uint8_t hasTried[Parking::Waiters] = {0, 0, 0};
    std::uint8_t isIn[Parking::Waiters] = {0, 0, 0};
    std::uint8_t readersInside = 0;
    std::uint8_t writersInside = 0;
    std::uint8_t rounds[Parking::Waiters] = {1, 1, 1};
};

struct Setup
{
    std::vector<bool> writes;  ///< per thread
    bool keepsReading = false; ///< the first thread never lets go
    int rounds = 1;            ///< of the last thread
    std::optional<int> timesOut;
    Broken broken = Broken::Nothing;
    Careless careless = Careless::Nowhere;
};

bool takes(Model &s, bool writes)
{
    if (s.isWriting || (writes && s.readers > 0))
        return false;
    (writes ? s.isWriting : s.readers)++;
    return true;
}

// Decides whom to let in; the wake-up loop then asks the waiters.
void letIn(Model &s, int self, bool readersFirst, Careless careless)
{
    std::uint8_t left = 0;
    if (!s.isWriting) {
        const bool isFree = s.readers == 0 || careless == Careless::LetsAWriterInToReaders;
        if (s.waiting[0] > 0 && (readersFirst || s.waiting[1] == 0)) {
            s.grantsReaders = 1;
            left = Parking::Waiters;
        } else if (s.waiting[1] > 0 && isFree) {
            s.grantsOneWriter = 1;
            left = 1;
        }
    }
    s.parking.wakers[self] = {0, left, 0};
}

ParkingSteps<Model> lock(const Setup &setup)
{
    const auto careless = setup.careless;
    const auto writes = setup.writes;
    ParkingSteps<Model> steps;
    steps.broken = setup.broken;
    steps.take = [writes](Model &s, int self) {
        const bool isWriter = writes[std::size_t(self)];
        if (!s.hasTried[self]) {
            s.hasTried[self] = 1;
            if (s.waiting[1] == 0 && takes(s, isWriter)) {
                s.isIn[self] = 1;
            } else {
                s.isMarked = 1;
                ++s.waiting[isWriter];
            }
        }
        return s.isIn[self] != 0;
    };
    steps.isReady = [=](Model &s, int self) {
        const bool isWriter = writes[std::size_t(self)];
        if (s.isIn[self] || !(isWriter ? s.grantsOneWriter : s.grantsReaders))
            return s.isIn[self] != 0;
        if (isWriter)
            s.grantsOneWriter = 0;
        --s.waiting[isWriter];
        s.isIn[self] = 1;
        if (careless != Careless::GrantsInWordsOnly)
            (isWriter ? s.isWriting : s.readers)++;
        return true;
    };
    steps.unmark = [](Model &s) { s.isMarked = 0; };
    steps.giveUp = [=](Model &s, int self) {
        --s.waiting[writes[std::size_t(self)]];
        if (careless != Careless::GivesUpSilently)
            letIn(s, self, false, careless);
    };
    steps.leave = [](Model &s, int self) {
        s.grantsReaders = s.grantsOneWriter = 0;
        s.hasTried[self] = s.isIn[self] = 0;
    };
    return steps;
}

Program<Model> user(const ParkingSteps<Model> &steps, int self, bool isWriter, bool keepsIt,
                    Careless careless)
{
    Program<Model> program;
    program.step("try", [=](Model &s) {
        return !s.isMarked && takes(s, isWriter) ? goTo("enter") : goOn();
    });
    steps.addWait(program, self, "enter", "give up");
    program.step("give up", [](Model &) { return end(); });
    program.step("enter", [=](Model &s) {
        (isWriter ? s.writersInside : s.readersInside)++;
        return keepsIt ? end() : goOn();
    });
    program.step("leave", [=](Model &s) {
        (isWriter ? s.writersInside : s.readersInside)--;
        return goOn();
    });
    program.step("let go if nobody waits", [=](Model &s) {
        const bool ignoresMark = careless == Careless::ReaderLetsGoUnlooking && !isWriter;
        if (s.isMarked && s.readers <= 1 && !ignoresMark)
            return goOn();
        (isWriter ? s.isWriting : s.readers)--;
        return goTo("next round");
    });
    steps.addLock(program, "lock to let go");
    program.step("let go", [=](Model &s) {
        (isWriter ? s.isWriting : s.readers)--;
        letIn(s, self, isWriter, careless);
        return goOn();
    });
    steps.addWake(program, self, "let in: ", "inner unlock");
    program.step("inner unlock", [](Model &s) {
        s.grantsReaders = s.grantsOneWriter = 0;
        s.parking.isLocked = 0;
        return goOn();
    });
    program.step("let in: futex", [self](Model &s) {
        return ParkingSteps<Model>::futexWake(s, self, "let in: futex", "next round");
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
    const ParkingSteps<Model> steps = lock(setup);
    Explorer<Model, 5> explorer;
    Model initial;
    const int threads = static_cast<int>(setup.writes.size());
    initial.rounds[threads - 1] = static_cast<std::uint8_t>(setup.rounds);
    for (int k = 0; k < threads; ++k) {
        const bool isWriter = setup.writes[std::size_t(k)];
        explorer.thread((isWriter ? "writer " : "reader ") + std::to_string(k),
                        user(steps, k, isWriter, k == 0 && setup.keepsReading, setup.careless));
    }
    if (setup.timesOut)
        explorer.event("clock", steps.timeOut(*setup.timesOut));
    explorer.invariant("a writer is alone", [](const Model &s) {
        return s.writersInside == 0 || (s.writersInside == 1 && s.readersInside == 0);
    });
    explorer.invariant("the word counts no less than none", [](const Model &s) {
        return s.readers <= Parking::Waiters && s.isWriting <= 1;
    });
    if (setup.keepsReading) {
        explorer.atRest("readers wait for writers only", [](const Model &s) {
            return !s.parking.isLocked && (s.waiting[0] == 0 || s.waiting[1] > 0 || s.isWriting);
        });
    }
    explorer.cover([](const Model &s) { return s.readersInside > 1; });
    return explorer.explore(initial);
}

constexpr bool Reads = false;
constexpr bool Writes = true;
const Setup TwoReadersAndAWriter{{Reads, Reads, Writes}, false, 2, std::nullopt};
const Setup TwoWritersAndAReader{{Writes, Writes, Reads}, false, 2, std::nullopt};
const Setup AWriterThatGivesUp{{Reads, Writes, Reads}, false, 1, 1};
const Setup AReaderThatStays{{Reads, Writes, Reads}, true, 1, 1};
const Setup AReaderThatGivesUp{{Writes, Reads, Reads}, false, 2, 1};

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

// The protocol of ReadWriteLock: who lets go while somebody waits hands the lock over.
class TestReadWriteModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allGetInAndWritersAreAlone_data()
    {
        QTest::addColumn<Setup>("setup");
        QTest::newRow("two readers and a writer") << TwoReadersAndAWriter;
        QTest::newRow("two writers and a reader") << TwoWritersAndAReader;
        QTest::newRow("a writer that gives up") << AWriterThatGivesUp;
        QTest::newRow("a writer that gives up while another reads on") << AReaderThatStays;
        QTest::newRow("a reader that gives up") << AReaderThatGivesUp;
    }
    void allGetInAndWritersAreAlone()
    {
        QFETCH(const Setup, setup);
        const Exploration result = explore(setup);
        qInfo("%s", result.text().c_str());
        QVERIFY2(result.holds(), result.text().c_str());
        if (std::count(setup.writes.begin(), setup.writes.end(), Reads) > 1)
            QVERIFY(result.covered[0] > 0);
    }

    void everyStepIsNeeded_data()
    {
        QTest::addColumn<Setup>("setup");
        QTest::newRow("the last reader does not look at the mark")
                << careless(TwoReadersAndAWriter, Careless::ReaderLetsGoUnlooking);
        QTest::newRow("who is let in is not counted")
                << careless(TwoReadersAndAWriter, Careless::GrantsInWordsOnly);
        QTest::newRow("a writer is let in to readers") << careless(
                Setup{{Reads, Writes, Writes}, false, 1, 2}, Careless::LetsAWriterInToReaders);
        QTest::newRow("a writer gives up silently")
                << careless(AReaderThatStays, Careless::GivesUpSilently);
        QTest::newRow("it falls asleep over a signal")
                << broken(TwoReadersAndAWriter, Broken::FallsAsleepOverASignal);
        QTest::newRow("a sleeper is not woken")
                << broken(TwoReadersAndAWriter, Broken::WakesNoSleeper);
        QTest::newRow("the mark goes though others wait")
                << broken(TwoWritersAndAReader, Broken::ForgetsOthers);
    }
    void everyStepIsNeeded()
    {
        QFETCH(const Setup, setup);
        const Exploration result = explore(setup);
        qInfo("%s", result.text().c_str());
        QVERIFY(!result.holds());
    }
};

QTEST_APPLESS_MAIN(TestReadWriteModel)
#include "tst_readwritemodel.moc"
