// SPDX-License-Identifier: Apache-2.0
#include "history.h"
#include "stress.h"

#include <heddle/core/asyncwaiter.h>
#include <heddle/core/barrier.h>
#include <heddle/core/event.h>
#include <heddle/core/latch.h>
#include <heddle/core/semaphore.h>

#include <QTest>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace heddle;
using namespace stress;
using namespace std::chrono_literals;

namespace {

// A call of a semaphore or an event.
struct Access
{
    enum class Kind { Take, Give, Wait, Set, Clear, Look };
    Kind kind;
    int count = 0;
    Outcome outcome = Outcome::Done;
};

bool applyToSemaphore(int &permits, const Access &access)
{
    if (access.kind == Access::Kind::Give) {
        permits += access.count;
        return true;
    }
    switch (access.outcome.value()) {
    case Outcome::Done:
        permits -= access.count;
        return permits >= 0;
    case Outcome::Stopped:
        return true;
    default: // none within the time: there was an instant without
        return permits < access.count;
    }
}

bool applyToEvent(bool &isSet, const Access &access)
{
    switch (access.kind) {
    case Access::Kind::Set:
        isSet = true;
        return true;
    case Access::Kind::Clear:
        isSet = false;
        return true;
    default:
        return access.outcome == Outcome::Stopped || isSet == (access.outcome == Outcome::Done);
    }
}

std::string text(const std::vector<Call<Access>> &calls)
{
    std::string text;
    for (const Call<Access> &call : calls) {
        text += "thread " + std::to_string(call.thread) + " kind "
                + std::to_string(static_cast<int>(call.operation.kind)) + " count "
                + std::to_string(call.operation.count) + " from " + std::to_string(call.begin)
                + " to " + std::to_string(call.end) + ": "
                + std::string(call.operation.outcome.text()) + '\n';
    }
    return text;
}

// What a coroutine's loop does, in a thread: it is told, and goes on by itself.
class Told final : public AsyncWaiter
{
public:
    void wait()
    {
        m_isTold.wait(false);
        m_isTold = false;
    }

private:
    void notified(trace::ThreadIndex) noexcept override
    {
        m_isTold = true;
        m_isTold.notify_one();
    }
    std::atomic<bool> m_isTold{false};
};

// Takes permits as a coroutine does. False when it gave up, by chance.
bool takeAsCoroutine(Semaphore &semaphore, int count, Chance &chance)
{
    Told told;
    while (!semaphore.tryAcquire(count)) {
        chance.disturb();
        if (!semaphore.notifyWhenFree(told, count))
            continue;
        chance.disturb();
        if (chance.oneIn(4)) {
            semaphore.forget(told);
            return false;
        }
        told.wait();
    }
    chance.disturb();
    semaphore.forget(told);
    return true;
}

} // namespace

class TestSignals : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aSemaphoresHistoryIsThatOfANumber()
    {
        for (int round = 0; round < rounds(400); ++round) {
            Semaphore semaphore("s", 1);
            History<Access> history(4);
            together(4, round, [&](int thread, Chance &chance) {
                for (int k = 0; k < 5; ++k) {
                    chance.disturb();
                    const int count = 1 + chance.below(2);
                    history.record(thread, [&]() -> Access {
                        using Kind = Access::Kind;
                        std::stop_source stop;
                        switch (chance.below(5)) {
                        case 0:
                        case 1:
                            semaphore.release(count);
                            return {Kind::Give, count};
                        case 2:
                            return {Kind::Take, count,
                                    semaphore.tryAcquire(count) ? Outcome::Done
                                                                : Outcome::TimedOut};
                        case 3:
                            if (chance.oneIn(2))
                                stop.request_stop();
                            return {Kind::Take, count,
                                    semaphore.acquireFor(chance.upTo(60us), count,
                                                         stop.get_token())};
                        default:
                            return {Kind::Take, count,
                                    semaphore.acquireFor(chance.upTo(60us), count)};
                        }
                    });
                }
            });
            const auto calls = history.calls();
            QVERIFY2(isLinearizable(1, calls, applyToSemaphore), text(calls).c_str());
            int permits = 1;
            for (const auto &call : calls) {
                if (call.operation.outcome)
                    permits += call.operation.kind == Access::Kind::Give ? call.operation.count
                                                                         : -call.operation.count;
            }
            QCOMPARE(semaphore.available(), qsizetype{permits});
        }
    }

    void atMostSoManyHoldASemaphoreAndNoWakeUpIsLost()
    {
        constexpr int permits = 3;
        constexpr int threads = 6;
        BoundedSemaphore semaphore("s", permits);
        std::atomic<int> held{0};
        std::atomic<int> most{0};
        together(threads, 0, [&](int thread, Chance &chance) {
            for (int round = 0; round < rounds(1500); ++round) {
                const int count = 1 + chance.below(permits);
                bool got = false;
                switch (chance.below(thread < 2 ? 5 : 3)) {
                case 0:
                    got = semaphore.acquireFor(chance.upTo(50us), count) == Outcome::Done;
                    break;
                case 1:
                    got = semaphore.tryAcquire(count);
                    break;
                case 2: // for ever, if a wake-up is lost
                    got = semaphore.acquire(count) == Outcome::Done;
                    break;
                default:
                    got = takeAsCoroutine(semaphore, count, chance);
                }
                if (!got)
                    continue;
                const int now = held += count;
                int seen = most;
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                chance.disturb();
                held -= count;
                semaphore.release(count);
            }
        });
        QVERIFY(most >= 1 && most <= permits);
        QCOMPARE(semaphore.available(), qsizetype{permits});
    }

    void aStopEndsAWaitHoweverItRacesWithARelease()
    {
        for (int round = 0; round < rounds(300); ++round) {
            Semaphore semaphore("s", 0);
            std::stop_source stop;
            std::atomic<int> taken{0};
            together(4, round, [&](int thread, Chance &chance) {
                chance.disturb();
                if (thread == 0)
                    stop.request_stop();
                else if (thread == 1)
                    semaphore.release();
                else
                    taken += semaphore.acquire(1, stop.get_token()) == Outcome::Done;
            });
            QCOMPARE(semaphore.available(), qsizetype{1 - taken});
        }
    }

    void anEventsHistoryIsThatOfAFlag()
    {
        for (int round = 0; round < rounds(400); ++round) {
            Event event("e");
            History<Access> history(4);
            together(4, round, [&](int thread, Chance &chance) {
                for (int k = 0; k < 5; ++k) {
                    chance.disturb();
                    history.record(thread, [&]() -> Access {
                        using Kind = Access::Kind;
                        std::stop_source stop;
                        switch (chance.below(6)) {
                        case 0:
                            event.set();
                            return {Kind::Set};
                        case 1:
                            event.clear();
                            return {Kind::Clear};
                        case 2:
                            return {Kind::Look, 0,
                                    event.isSet() ? Outcome::Done : Outcome::TimedOut};
                        case 3:
                            if (chance.oneIn(2))
                                stop.request_stop();
                            return {Kind::Wait, 0,
                                    event.waitFor(chance.upTo(60us), stop.get_token())};
                        default:
                            return {Kind::Wait, 0, event.waitFor(chance.upTo(60us))};
                        }
                    });
                }
            });
            const auto calls = history.calls();
            QVERIFY2(isLinearizable(false, calls, applyToEvent), text(calls).c_str());
        }
    }

    void everyWaitThatBeganBeforeASetEndsThoughItIsClearedAtOnce()
    {
        for (int round = 0; round < rounds(300); ++round) {
            Event event("e");
            std::atomic<int> ended{0};
            together(4, round, [&](int thread, Chance &chance) {
                chance.disturb();
                if (thread == 0) {
                    while (ended < 3) { // until all have begun, some set() was too early for them
                        event.set();
                        chance.disturb();
                        event.clear();
                        std::this_thread::yield();
                    }
                    return;
                }
                if (thread == 1) {
                    Told told;
                    if (event.notifyWhenSet(told)) {
                        told.wait();
                        event.forget(told); // who told it may still be at it
                    }
                } else {
                    event.wait(); // for ever, if it is not told of a set() that is over
                }
                ++ended;
            });
        }
    }

    void coroutinesThatGiveUpLeaveNothingBehind()
    {
        for (int round = 0; round < rounds(300); ++round) {
            Event event("e");
            together(3, round, [&](int thread, Chance &chance) {
                chance.disturb();
                if (thread == 0)
                    return event.set();
                Told told;
                if (!event.notifyWhenSet(told))
                    return;
                chance.disturb();
                if (chance.oneIn(2))
                    told.wait();
                event.forget(told);
            });
            QVERIFY(event.isSet());
        }
    }

    void aBarriersRoundsAreWholeHoweverItIsBrokenAndReset()
    {
        constexpr int parties = 3;
        struct Passed
        {
            int completed;
            int index;
        };
        int completed = 0; // not atomic: the barrier must order it
        Barrier barrier("b", parties, [&] { ++completed; });
        std::vector<std::vector<Passed>> passed(parties);
        std::atomic<int> running{parties};
        together(parties, 0, [&](int thread, Chance &chance) {
            for (int round = 0; round < rounds(1500); ++round) {
                chance.disturb();
                std::stop_source stop;
                Barrier::Arrival arrival{Outcome::Broken};
                if (running < parties)
                    break;
                switch (chance.below(8)) {
                case 0:
                    arrival = barrier.waitFor(chance.upTo(80us));
                    break;
                case 1:
                    barrier.abort();
                    break;
                case 2:
                    barrier.reset();
                    break;
                default:
                    arrival = barrier.wait();
                }
                if (arrival)
                    passed[std::size_t(thread)].push_back({completed, arrival.index});
                else if (barrier.isBroken() && chance.oneIn(2))
                    barrier.reset();
            }
            --running;
            barrier.abort(); // the others must not wait for this one
            while (running > 0) {
                barrier.abort(); // some may have reset it since
                std::this_thread::yield();
            }
        });
        std::map<int, std::vector<int>> indexesOf;
        for (const auto &ofThread : passed) {
            for (const Passed &one : ofThread)
                indexesOf[one.completed].push_back(one.index);
        }
        QVERIFY(!indexesOf.empty());
        for (auto &[round, indexes] : indexesOf) {
            std::sort(indexes.begin(), indexes.end());
            QCOMPARE(indexes, (std::vector<int>{0, 1, 2}));
        }
    }

    void aLatchLetsAllGoOnceAndHandsOnWhatWasDone()
    {
        for (int round = 0; round < rounds(400); ++round) {
            constexpr int threads = 4;
            Latch latch("l", threads);
            int done[threads] = {}; // not atomic: the latch must order them
            std::atomic<int> through{0};
            together(threads, round, [&](int thread, Chance &chance) {
                chance.disturb();
                done[thread] = 1;
                latch.countDown();
                chance.disturb();
                if (chance.oneIn(2))
                    latch.wait();
                else
                    while (!latch.waitFor(chance.upTo(50us))) {
                    }
                through += std::count(std::begin(done), std::end(done), 1) == threads;
            });
            QCOMPARE(through.load(), threads);
        }
    }
};

QTEST_APPLESS_MAIN(TestSignals)
#include "tst_signals.moc"
