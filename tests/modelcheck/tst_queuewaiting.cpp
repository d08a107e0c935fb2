// SPDX-License-Identifier: Apache-2.0
#include "explorer.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <string>

using namespace modelcheck;

namespace {

// The queue's slow path with its fast path (engine/core/queues/queuering.h, queuewaiting.h): two
// putters of an item each and getters, one side of the queue, as the other one is the same with
// cells that are free in place of full. A putter's store that makes its item visible stays in a
// store buffer until that is flushed: what the fence in WaiterFlags is for.

constexpr int Putters = 2;
constexpr int Getters = 3; // the last one never waits
constexpr std::uint8_t Nobody = 0xff;

/// What is left out or done wrong, to see that it is found.
enum class Mutation {
    None,
    NoFence,             ///< a raised flag does not flush the store buffers
    FlagAfterTheTry,     ///< the waiter looks for an item and raises the flag afterwards
    WakesOneOnly,        ///< a put wakes one waiter, though two items can be taken
    LowersTheFlagAlways, ///< though a waiter is left that was not woken
    RaisesOnce,          ///< a waiter that was woken in vain does not raise the flag again
};

struct State
{
    // The store
    std::uint8_t tail = 0;
    std::uint8_t head = 0;
    std::array<std::uint8_t, Putters> isFull{};   ///< per cell, as others see it
    std::array<std::uint8_t, Putters> buffered{}; ///< per putter: 1 + the cell in its store buffer
    std::array<std::uint8_t, Putters> at{};       ///< per putter: the cell that it claimed
    std::array<std::uint8_t, Putters> takes{};    ///< per cell: how often it was taken
    // Who waits
    std::uint8_t isFlagRaised = 0;
    std::uint8_t mutex = Nobody;
    std::array<std::uint8_t, Getters> line{Nobody, Nobody, Nobody};
    std::array<std::uint8_t, Getters> isWoken{};
    std::array<std::uint8_t, Getters> isRoused{};
    std::array<std::uint8_t, Getters> isStopped{};
    std::array<std::uint8_t, Getters> needsFence{};
    std::uint8_t counted = 0; ///< under the mutex
    // How it ended
    std::array<std::uint8_t, Putters> hasPut{};
    std::array<std::uint8_t, Getters> hasGot{};
    std::array<std::uint8_t, Getters> hasStopped{};

    bool hasItem() const { return head < tail && isFull[head]; }
    int ready(int most) const
    {
        int count = 0;
        while (count < most && head + count < tail
               && isFull[static_cast<std::size_t>(head + count)])
            ++count;
        return count;
    }
    int waiting() const
    {
        return static_cast<int>(
                std::count_if(line.begin(), line.end(), [](auto who) { return who != Nobody; }));
    }
    int woken() const
    {
        return static_cast<int>(std::count_if(line.begin(), line.end(), [this](auto who) {
            return who != Nobody && isWoken[who];
        }));
    }
    void wake(int count)
    {
        for (const std::uint8_t who : line) {
            if (count > 0 && who != Nobody && !isWoken[who]) {
                isWoken[who] = isRoused[who] = 1;
                --count;
            }
        }
    }
    void append(std::uint8_t who) { *std::find(line.begin(), line.end(), Nobody) = who; }
    void remove(std::uint8_t who)
    {
        std::fill(std::remove(line.begin(), line.end(), who), line.end(), Nobody);
        isWoken[who] = isRoused[who] = 0;
    }
    void flush(std::size_t putter)
    {
        if (buffered[putter] > 0)
            isFull[buffered[putter] - std::size_t{1}] = 1;
        buffered[putter] = 0;
    }
    void flushAll()
    {
        for (std::size_t k = 0; k < Putters; ++k)
            flush(k);
    }
    bool take(std::size_t getter)
    {
        if (!hasItem())
            return false;
        ++takes[head];
        ++head;
        hasGot[getter] = 1;
        return true;
    }
};

Program<State> putter(std::uint8_t self, Mutation mutation)
{
    Program<State> program;
    program.step("claim a cell", [=](State &s) {
        s.at[self] = s.tail++;
        return goOn();
    });
    program.step("stamp it full", [=](State &s) {
        s.buffered[self] = s.at[self] + 1;
        return goOn();
    });
    program.step("look at the flag", [=](State &s) {
        s.hasPut[self] = !s.isFlagRaised;
        return s.isFlagRaised ? goOn() : end();
    });
    program.step("lock", [=](State &s) {
        if (s.mutex != Nobody)
            return blocked();
        s.mutex = self;
        s.flush(self); // a read-modify-write
        return goOn();
    });
    program.step("count the items", [=](State &s) {
        s.counted = static_cast<std::uint8_t>(s.ready(s.waiting()));
        return goOn();
    });
    program.step("wake", [=](State &s) {
        s.wake(mutation == Mutation::WakesOneOnly ? std::min<int>(s.counted, 1)
                                                  : s.counted - s.woken());
        return goOn();
    });
    program.step("lower the flag, unlock", [=](State &s) {
        if (s.waiting() == s.woken() || mutation == Mutation::LowersTheFlagAlways)
            s.isFlagRaised = 0;
        s.mutex = Nobody;
        s.hasPut[self] = 1;
        return end();
    });
    return program;
}

// What drains a putter's store buffer at some time.
Program<State> storeBuffer(std::size_t self)
{
    Program<State> program;
    program.step("flush", [=](State &s) {
        if (s.buffered[self] == 0)
            return blocked();
        s.flush(self);
        return goTo("flush");
    });
    return program;
}

Program<State> getter(std::uint8_t self, Mutation mutation)
{
    const auto unlock = [](State &s) { s.mutex = Nobody; };
    const auto lock = [=](State &s) {
        if (s.mutex != Nobody)
            return blocked();
        s.mutex = static_cast<std::uint8_t>(Putters + self);
        return goOn();
    };
    const auto raise = [=](State &s) {
        s.needsFence[self] = !s.isFlagRaised;
        s.isFlagRaised = 1;
        return goOn();
    };
    const auto fence = [=](State &s) {
        if (s.needsFence[self] && mutation != Mutation::NoFence)
            s.flushAll();
        s.needsFence[self] = 0;
        return goOn();
    };
    Program<State> program;
    program.step("try", [=](State &s) { return s.take(self) ? end() : goOn(); });
    program.step("lock", lock);
    if (mutation == Mutation::FlagAfterTheTry) {
        program.step("try under the mutex", [=](State &s) {
            if (!s.take(self))
                return goOn();
            unlock(s);
            return end();
        });
        program.step("raise the flag", raise).step("fence", fence);
    } else {
        program.step("raise the flag", raise).step("fence", fence);
        program.step("try under the mutex", [=](State &s) {
            if (!s.take(self))
                return goOn();
            unlock(s);
            return end();
        });
    }
    program.step("stand in line, unlock", [=](State &s) {
        s.append(self);
        unlock(s);
        return goOn();
    });
    program.step("sleep", [=](State &s) {
        return s.isRoused[self] || s.isStopped[self] ? goOn() : blocked();
    });
    program.step("lock again", [=](State &s) {
        const Next next = lock(s);
        if (next.kind == Next::Kind::On)
            s.isRoused[self] = 0;
        return next;
    });
    if (mutation != Mutation::RaisesOnce)
        program.step("raise the flag again", raise).step("fence again", fence);
    program.step("try again", [=](State &s) {
        if (!s.take(self))
            return goOn();
        if (!s.isWoken[self]) {
            // It takes the wake-up of another, which is roused all the same.
            const auto other = std::find_if(s.line.begin(), s.line.end(), [&](auto who) {
                return who != Nobody && s.isWoken[who];
            });
            if (other != s.line.end())
                s.isWoken[*other] = 0;
        }
        s.remove(self);
        unlock(s);
        return end();
    });
    program.step("pass the wake-up on", [=](State &s) {
        if (s.isWoken[self]) {
            s.isWoken[self] = 0;
            if (s.hasItem()) {
                for (const std::uint8_t who : s.line) {
                    if (who != Nobody && who != self && !s.isWoken[who]) {
                        s.isWoken[who] = s.isRoused[who] = 1;
                        break;
                    }
                }
            }
        }
        return goOn();
    });
    program.step("unlock", [=](State &s) {
        const bool stops = s.isStopped[self];
        if (stops)
            s.remove(self);
        s.hasStopped[self] = stops;
        unlock(s);
        return stops ? end() : goTo("sleep");
    });
    return program;
}

// A getter that does not wait.
Program<State> passer(std::size_t self)
{
    Program<State> program;
    program.step("try", [=](State &s) {
        if (!s.take(self))
            s.hasStopped[self] = 1;
        return end();
    });
    return program;
}

Program<State> stopOf(std::size_t getter)
{
    Program<State> program;
    program.step("stop is requested", [=](State &s) {
        s.isStopped[getter] = 1;
        return end();
    });
    return program;
}

Exploration explore(Mutation mutation)
{
    Explorer<State, 10> explorer;
    explorer.thread("putter 1", putter(0, mutation));
    explorer.thread("putter 2", putter(1, mutation));
    explorer.thread("store buffer 1", storeBuffer(0));
    explorer.thread("store buffer 2", storeBuffer(1));
    explorer.thread("getter 1", getter(0, mutation));
    explorer.thread("getter 2", getter(1, mutation));
    explorer.event("passer-by", passer(2));
    explorer.event("stop", stopOf(0));
    explorer.invariant("no item is taken twice", [](const State &s) {
        return std::all_of(s.takes.begin(), s.takes.end(), [](auto takes) { return takes <= 1; });
    });
    explorer.invariant("nothing is taken that was not put",
                       [](const State &s) { return s.head <= s.tail; });
    explorer.atRest("every item is put", [](const State &s) {
        return std::all_of(s.hasPut.begin(), s.hasPut.end(), [](auto has) { return has; });
    });
    explorer.atRest("nobody sleeps while there is an item",
                    [](const State &s) { return !s.hasItem() || s.waiting() == 0; });
    explorer.atRest("nobody sleeps who was stopped", [](const State &s) {
        return !s.isStopped[0] || s.hasGot[0] || s.hasStopped[0];
    });
    explorer.atRest("the mutex is free", [](const State &s) { return s.mutex == Nobody; });
    explorer.cover([](const State &s) { return s.waiting() == 2; });
    explorer.cover([](const State &s) { return s.woken() == 2; });
    explorer.cover([](const State &s) { return s.isFull[1] && !s.isFull[0]; });
    return explorer.explore(State{});
}

} // namespace

class TestQueueWaiting : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void noWakeUpIsLostInAnyInterleaving()
    {
        const Exploration result = explore(Mutation::None);
        qInfo("%s", result.text().c_str());
        QVERIFY2(result.holds(), result.text().c_str());
        for (const std::uint64_t covered : result.covered)
            QVERIFY(covered > 0);
    }

    void everyStepThatIsLeftOutIsFound_data()
    {
        QTest::addColumn<int>("mutation");
        QTest::addRow("no fence") << int(Mutation::NoFence);
        QTest::addRow("the flag after the try") << int(Mutation::FlagAfterTheTry);
        QTest::addRow("one wake-up for two items") << int(Mutation::WakesOneOnly);
        QTest::addRow("the flag is always lowered") << int(Mutation::LowersTheFlagAlways);
        QTest::addRow("the flag is raised once") << int(Mutation::RaisesOnce);
    }
    void everyStepThatIsLeftOutIsFound()
    {
        QFETCH(int, mutation);
        const Exploration result = explore(static_cast<Mutation>(mutation));
        qInfo("%s", result.text().c_str());
        QVERIFY(!result.holds());
    }
};

QTEST_APPLESS_MAIN(TestQueueWaiting)
#include "tst_queuewaiting.moc"
