// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "program.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>

namespace modelcheck {

/// A step of the parking protocol that a test leaves out or breaks, to see that it is needed.
enum class Broken : std::uint8_t {
    Nothing,
    FallsAsleepOverASignal, ///< stores "asleep" instead of exchanging it for "no signal"
    WakesNoSleeper,         ///< rouses without a futex call
    StopWakesNoSleeper,
    KeepsUnusedWakeUps, ///< who is woken in vain does not wake the next
    LeavesWithAWakeUp,  ///< who gives up does not look once more
    ForgetsOthers,      ///< takes the mark away though others wait
};

/// The state of WaitPoint, and of the mutex of the primitive that it belongs to.
///
/// Waiters are numbered from 0; a thread that waits has the number of its waiter.
struct Parking
{
    static constexpr int Waiters = 3;
    static constexpr int Threads = 5;

    // Bits of a waiter's word.
    static constexpr std::uint8_t Roused = 1;
    static constexpr std::uint8_t StopNoted = 2;
    static constexpr std::uint8_t Asleep = 4;

    struct Waiter
    {
        std::uint8_t word = 0;
        std::uint8_t isInFutex = 0;
        std::uint8_t isTimeOver = 0; ///< by an event
        std::uint8_t givesUp = 0;    ///< the sleep ended by a time-out or a stop
        std::uint8_t isWoken = 0;
        std::uint8_t isDone = 0; ///< has got what it waited for
        std::uint8_t hasLeft = 0;
    };
    struct Waker
    {
        std::uint8_t position = 0; ///< in the line
        std::uint8_t left = 0;     ///< how many may still be woken
        std::uint8_t sleepers = 0; ///< a bit per waiter that needs a futex call
    };

    std::uint8_t isLocked = 0;
    std::uint8_t length = 0;
    std::uint8_t line[Waiters] = {0, 0, 0};
    Waiter waiters[Waiters];
    Waker wakers[Threads];

    void append(int waiter) { line[length++] = static_cast<std::uint8_t>(waiter); }
    void remove(int waiter)
    {
        std::uint8_t *end = std::remove(line, line + length, static_cast<std::uint8_t>(waiter));
        length = static_cast<std::uint8_t>(end - line);
        std::fill(end, std::end(line), std::uint8_t{0}); // one form for one state
    }
    /// Whether \a waiter can go on by itself only when somebody rouses it.
    [[nodiscard]] bool sleeps(int waiter) const { return waiters[waiter].isInFutex != 0; }
};

/// The steps of WaitPoint for a model whose state has a Parking called parking.
///
/// Operations that other threads can see or that see theirs are steps of their own: those on the
/// primitive's word (take, unmark), those on a waiter's word, the taking of the mutex, futex calls.
template <typename State>
struct ParkingSteps
{
    /// Takes what \a waiter waits for, or leaves the mark that it waits; one atomic step.
    std::function<bool(State &, int waiter)> take;
    /// What take() would find; it may also hand over to \a waiter what it waits for.
    std::function<bool(State &, int waiter)> isReady;
    /// Takes the mark away.
    std::function<void(State &)> unmark;
    /// What else a waiter does under the mutex when it gives up: it may ask for wake-ups by others
    /// (wakers[waiter].left).
    std::function<void(State &, int waiter)> giveUp = [](State &, int) {};
    /// What it does under the mutex at last, however its wait ended.
    std::function<void(State &, int waiter)> leave = [](State &, int) {};
    Broken broken = Broken::Nothing;

    /// Takes the mutex.
    static void addLock(Program<State> &program, const std::string &name)
    {
        program.step(name, [](State &s) {
            if (s.parking.isLocked)
                return blocked();
            s.parking.isLocked = 1;
            return goOn();
        });
    }

    /// From the lock of the mutex to the end of the wait; goes to \a got or to \a gaveUp, without
    /// the mutex.
    void addWait(Program<State> &program, int self, std::string got, std::string gaveUp) const
    {
        const auto take = this->take;
        const auto unmark = this->unmark;
        const auto giveUp = this->giveUp;
        const auto leave = this->leave;
        const auto broken = this->broken;
        const auto of = [self](State &s) -> Parking::Waiter & { return s.parking.waiters[self]; };

        addLock(program, "lock");
        program.step("take or mark", [=](State &s) {
            if (!take(s, self)) {
                s.parking.append(self); // seen by others under the mutex only
                return goTo("unlock to sleep");
            }
            of(s).isDone = 1;
            return goTo("unmark");
        });
        program.step("unlock to sleep", [](State &s) {
            s.parking.isLocked = 0;
            return goOn();
        });
        program.step("fall asleep", [=](State &s) {
            if (broken == Broken::FallsAsleepOverASignal)
                of(s).word = Parking::Asleep;
            if (of(s).word != 0 && of(s).word != Parking::Asleep)
                return goTo("take the signal");
            of(s).word = Parking::Asleep;
            return goOn();
        });
        program.step("futex wait", [=](State &s) {
            if (of(s).word != Parking::Asleep || of(s).isTimeOver)
                return goTo("take the signal");
            of(s).isInFutex = 1;
            return goOn();
        });
        program.step("be in the futex", [=](State &s) {
            if (of(s).isInFutex && !of(s).isTimeOver)
                return blocked();
            of(s).isInFutex = 0;
            return goTo("futex wait"); // which looks at the word again
        });
        program.step("take the signal", [=](State &s) {
            of(s).givesUp = !(of(s).word & Parking::Roused) || (of(s).word & Parking::StopNoted);
            of(s).word &= Parking::StopNoted;
            return goOn();
        });
        addLock(program, "lock again");
        program.step("take again", [=](State &s) {
            Parking::Waiter &waiter = of(s);
            if (broken == Broken::LeavesWithAWakeUp && waiter.givesUp) {
                s.parking.remove(self);
                giveUp(s, self);
                return goTo("leaving: look at one");
            }
            if (take(s, self)) {
                waiter.isDone = 1;
                if (!waiter.isWoken)
                    takeWakeUpOfAnother(s.parking, self);
                waiter.isWoken = 0;
                s.parking.remove(self);
                return goTo("unmark");
            }
            const bool wasWoken = waiter.isWoken && broken != Broken::KeepsUnusedWakeUps;
            waiter.isWoken = 0;
            s.parking.wakers[self] = {0, wasWoken, 0};
            return goTo(wasWoken ? "pass on: look at one" : "stay or leave");
        });
        addWake(program, self, "pass on: ", "pass on: futex");
        program.step("pass on: futex", [=](State &s) {
            return futexWake(s, self, "pass on: futex", "stay or leave");
        });
        program.step("stay or leave", [=](State &s) {
            if (!of(s).givesUp) {
                s.parking.isLocked = 0;
                return goTo("fall asleep");
            }
            s.parking.remove(self);
            s.parking.wakers[self] = {};
            giveUp(s, self);
            return goOn();
        });
        addWake(program, self, "leaving: ", "leaving: futex");
        program.step("leaving: futex",
                     [=](State &s) { return futexWake(s, self, "leaving: futex", "unmark"); });
        program.step("unmark", [=](State &s) {
            if (s.parking.length == 0 || broken == Broken::ForgetsOthers)
                unmark(s);
            leave(s, self); // nobody sees this without the mutex
            return goOn();
        });
        program.step("unlock", [=](State &s) {
            s.parking.isLocked = 0;
            const bool isDone = of(s).isDone;
            of(s) = {}; // one form for one state
            of(s).isDone = isDone;
            of(s).hasLeft = 1;
            s.parking.wakers[self] = {};
            return goTo(isDone ? got : gaveUp);
        });
    }

    /// Wakes up to as many as wakers[self].left says, under the mutex; then goes to \a after, and
    /// what needs a futex call is in wakers[self].sleepers.
    void addWake(Program<State> &program, int self, std::string prefix, std::string after) const
    {
        const auto isReady = this->isReady;
        const auto broken = this->broken;
        const std::string look = prefix + "look at one";
        program.step(look, [=](State &s) {
            Parking::Waker &waker = s.parking.wakers[self];
            if (waker.left == 0 || waker.position >= s.parking.length)
                return goTo(after);
            const int waiter = s.parking.line[waker.position];
            if (s.parking.waiters[waiter].isWoken || !isReady(s, waiter)) {
                ++waker.position;
                return goTo(look);
            }
            return goOn();
        });
        program.step(prefix + "rouse it", [=](State &s) {
            Parking::Waker &waker = s.parking.wakers[self];
            const int number = s.parking.line[waker.position];
            Parking::Waiter &waiter = s.parking.waiters[number];
            waiter.isWoken = 1;
            if (waiter.word & Parking::Asleep && broken != Broken::WakesNoSleeper)
                waker.sleepers = static_cast<std::uint8_t>(waker.sleepers | 1 << number);
            waiter.word |= Parking::Roused;
            ++waker.position;
            --waker.left;
            return goTo(look);
        });
    }

    /// One futex call for a thread in wakers[self].sleepers; then to \a again if there are more,
    /// else to \a after.
    static Next futexWake(State &s, int self, std::string_view again, std::string_view after)
    {
        Parking::Waker &waker = s.parking.wakers[self];
        for (int k = 0; k < Parking::Waiters; ++k) {
            if (waker.sleepers >> k & 1) {
                s.parking.waiters[k].isInFutex = 0;
                waker.sleepers = static_cast<std::uint8_t>(waker.sleepers & ~(1 << k));
                if (waker.sleepers)
                    return goTo(again);
                break;
            }
        }
        waker = {};
        return goTo(after);
    }

    /// The time of \a waiter is over, while it waits.
    static Program<State> timeOut(int waiter)
    {
        Program<State> program;
        program.step("time is over", [waiter](State &s) {
            if (s.parking.waiters[waiter].hasLeft)
                return end();
            s.parking.waiters[waiter].isTimeOver = 1;
            return end();
        });
        return program;
    }
    /// A stop is requested for \a waiter, while it waits.
    Program<State> stop(int waiter) const
    {
        const auto broken = this->broken;
        Program<State> program;
        program.step("note the stop", [=](State &s) {
            Parking::Waiter &waiting = s.parking.waiters[waiter];
            if (waiting.hasLeft)
                return end();
            const bool isAsleep = waiting.word & Parking::Asleep;
            waiting.word |= Parking::StopNoted;
            return isAsleep && broken != Broken::StopWakesNoSleeper ? goOn() : end();
        });
        program.step("wake the stopped", [=](State &s) {
            s.parking.waiters[waiter].isInFutex = 0; // may have left: then for no reason
            return end();
        });
        return program;
    }

private:
    static void takeWakeUpOfAnother(Parking &parking, int self)
    {
        for (int k = 0; k < parking.length; ++k) {
            if (parking.line[k] != self && parking.waiters[parking.line[k]].isWoken) {
                parking.waiters[parking.line[k]].isWoken = 0;
                return;
            }
        }
    }
};

} // namespace modelcheck
