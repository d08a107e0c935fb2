// SPDX-License-Identifier: Apache-2.0
#include "history.h"
#include "stress.h"

#include <heddle/core/condition.h>
#include <heddle/core/error.h>
#include <heddle/core/mutex.h>
#include <heddle/core/readwritelock.h>

#include <QTest>

#include <deque>
#include <mutex>
#include <shared_mutex>
#include <vector>

using namespace heddle;
using namespace stress;
using namespace std::chrono_literals;

namespace {

// A call of a mutex: to lock it, with the way it ended, or to unlock it.
struct Access
{
    bool isLock;
    Outcome outcome = Outcome::Done;
};

bool applyToMutex(bool &isHeld, const Access &access)
{
    if (!access.isLock || access.outcome == Outcome::Done) {
        if (isHeld == access.isLock)
            return false;
        isHeld = access.isLock;
        return true;
    }
    return access.outcome == Outcome::Stopped || isHeld;
}

// Locks it in one of the ways that there are.
Outcome lockSomehow(Mutex &mutex, Chance &chance)
{
    std::stop_source stop;
    switch (chance.below(6)) {
    case 0:
        return mutex.tryLock() ? Outcome::Done : Outcome::TimedOut;
    case 1:
        return mutex.lockFor(chance.upTo(50us));
    case 2:
        stop.request_stop();
        return mutex.lock(stop.get_token());
    default: // for ever, if a wake-up is lost
        mutex.lock();
        return Outcome::Done;
    }
}

} // namespace

class TestLocks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aMutexsHistoryIsThatOfOneHolder()
    {
        for (int round = 0; round < rounds(300); ++round) {
            Mutex mutex("m");
            History<Access> history(4);
            together(4, round, [&](int thread, Chance &chance) {
                for (int k = 0; k < 6; ++k) {
                    chance.disturb();
                    bool isHeld = false;
                    history.record(thread, [&]() -> Access {
                        const Outcome outcome = lockSomehow(mutex, chance);
                        isHeld = outcome == Outcome::Done;
                        return {true, outcome};
                    });
                    if (!isHeld)
                        continue;
                    chance.disturb();
                    history.record(thread, [&]() -> Access {
                        mutex.unlock();
                        return {false};
                    });
                }
            });
            QVERIFY(isLinearizable(false, history.calls(), applyToMutex));
        }
    }

    void aMutexHasOneHolderAtATime()
    {
        Mutex mutex("m");
        int count = 0; // not atomic: the mutex must do
        int inside = 0;
        std::atomic<int> expected{0};
        together(5, 0, [&](int, Chance &chance) {
            for (int round = 0; round < rounds(3000); ++round) {
                if (!lockSomehow(mutex, chance))
                    continue;
                if (++inside != 1)
                    throw std::logic_error("two threads hold the mutex");
                ++count;
                ++expected;
                chance.disturb();
                --inside;
                mutex.unlock();
            }
        });
        QCOMPARE(count, expected.load());
        QVERIFY(mutex.tryLock());
        mutex.unlock();
    }

    void misuseOfAMutexDisturbsNobody()
    {
        Mutex mutex("m");
        int count = 0;
        std::atomic<int> refused{0};
        constexpr int times = 500;
        together(4, 0, [&](int thread, Chance &chance) {
            for (int round = 0; round < times; ++round) {
                if (thread == 0) {
                    try {
                        mutex.unlock();
                    } catch (const Misuse &) {
                        ++refused;
                    }
                    chance.disturb();
                } else {
                    const std::lock_guard lock(mutex);
                    ++count;
                    chance.disturb();
                }
            }
        });
        QCOMPARE(refused.load(), times);
        QCOMPARE(count, 3 * times);
    }

    void conditionsLoseNoNotification()
    {
        constexpr int items = 3000;
        constexpr int producers = 2;
        constexpr int consumers = 3;
        Mutex mutex("m");
        Condition notEmpty("not empty");
        Condition notFull("not full");
        std::deque<int> buffer;
        int left = producers * rounds(items);
        qint64 sum = 0;
        together(producers + consumers, 0, [&](int thread, Chance &chance) {
            std::unique_lock lock(mutex);
            if (thread < producers) {
                for (int k = 0; k < rounds(items); ++k) {
                    notFull.waitUntil(lock, [&] { return buffer.size() < 4; });
                    buffer.push_back(k);
                    if (chance.oneIn(2)) {
                        notEmpty.notifyOne();
                        continue;
                    }
                    lock.unlock();
                    notEmpty.notifyOne();
                    chance.disturb();
                    lock.lock();
                }
                return;
            }
            while (left > 0) {
                std::stop_source stop;
                if (chance.oneIn(8))
                    stop.request_stop();
                const auto holds = [&] { return !buffer.empty() || left == 0; };
                const Outcome outcome = chance.oneIn(3)
                                                ? notEmpty.waitFor(lock, chance.upTo(40us), holds)
                                                : notEmpty.waitUntil(lock, holds, stop.get_token());
                if (!outcome || buffer.empty())
                    continue;
                sum += buffer.front();
                buffer.pop_front();
                notFull.notifyOne();
                if (--left == 0)
                    notEmpty.notifyAll();
            }
        });
        const qint64 count = rounds(items);
        QCOMPARE(sum, producers * count * (count - 1) / 2);
    }

    void writersExcludeAllAndReadersOnlyWriters()
    {
        ReadWriteLock lock("l");
        int first = 0; // the same outside of writers; not atomic: the lock must do
        int second = 0;
        std::atomic<int> readers{0};
        std::atomic<int> mostReaders{0};
        std::atomic<int> written{0};
        together(6, 0, [&](int thread, Chance &chance) {
            for (int round = 0; round < rounds(2000); ++round) {
                std::stop_source stop;
                const bool writes = thread < 2 || chance.oneIn(8);
                Outcome outcome = Outcome::Done;
                switch (chance.below(6)) {
                case 0:
                    if (!(writes ? lock.tryLockForWrite() : lock.tryLockForRead()))
                        outcome = Outcome::TimedOut;
                    break;
                case 1:
                    outcome = writes ? lock.lockForWriteFor(chance.upTo(40us))
                                     : lock.lockForReadFor(chance.upTo(40us));
                    break;
                case 2:
                    stop.request_stop();
                    outcome = writes ? lock.lockForWrite(stop.get_token())
                                     : lock.lockForRead(stop.get_token());
                    break;
                default: // for ever, if a wake-up is lost
                    outcome = writes ? lock.lockForWrite() : lock.lockForRead();
                }
                if (!outcome)
                    continue;
                if (writes) {
                    ++first;
                    chance.disturb();
                    ++second;
                    ++written;
                    if (readers != 0)
                        throw std::logic_error("somebody reads while another writes");
                } else {
                    const int now = ++readers;
                    int seen = mostReaders;
                    while (now > seen && !mostReaders.compare_exchange_weak(seen, now)) {
                    }
                    chance.disturb();
                    if (first != second)
                        throw std::logic_error("a reader sees what a writer has half done");
                    --readers;
                }
                lock.unlock();
            }
        });
        QCOMPARE(first, written.load());
        QCOMPARE(second, written.load());
        QVERIFY(mostReaders > 1);
        QVERIFY(lock.tryLockForWrite());
        lock.unlock();
    }
};

QTEST_APPLESS_MAIN(TestLocks)
#include "tst_locks.moc"
