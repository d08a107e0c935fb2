// SPDX-License-Identifier: Apache-2.0
#include "../unit/trace/recordedtrace.h"

#include <heddle/core/error.h>
#include <heddle/core/event.h>
#include <heddle/core/latch.h>
#include <heddle/core/readwritelock.h>
#include <heddle/core/thread.h>

#include <QTest>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

class TestReadWriteLockConformance : public QObject
{
    Q_OBJECT

    static void untilWaiting(const ReadWriteLock &lock, int threads)
    {
        while (lock.waiterCount() != threads)
            QThread::yieldCurrentThread();
    }

private Q_SLOTS:
    void s15_severalReadersHoldItTogether()
    {
        ReadWriteLock lock("l");
        Latch inside("inside", 3);
        std::vector<std::unique_ptr<Thread>> readers;
        for (int k = 0; k < 3; ++k) {
            readers.push_back(std::make_unique<Thread>("reader", [&] {
                const std::shared_lock reading(lock);
                inside.arriveAndWait(); // all three
            }));
        }
        readers.clear();
        QVERIFY(lock.tryLockForWrite());
        lock.unlock();
    }

    void s15_aWriterHoldsItAlone()
    {
        ReadWriteLock lock("l");
        int count = 0; // not atomic: the lock must do
        std::vector<std::unique_ptr<Thread>> threads;
        for (int k = 0; k < 3; ++k) {
            threads.push_back(std::make_unique<Thread>("thread", [&] {
                for (int round = 0; round < 2000; ++round) {
                    {
                        const std::unique_lock writing(lock);
                        ++count;
                    }
                    const std::shared_lock reading(lock);
                    const int seen = count;
                    if (round % 16 == 0)
                        QThread::yieldCurrentThread();
                    QCOMPARE(count, seen);
                }
            }));
        }
        for (auto &thread : threads)
            thread->joinAndRethrow();
        QCOMPARE(count, 6000);
    }

    void s15_tryingTellsWhoHoldsIt()
    {
        ReadWriteLock lock("l");
        lock.lockForRead();
        Thread("other", [&] {
            QVERIFY(!lock.tryLockForWrite());
            QVERIFY(lock.tryLockForRead());
            lock.unlock();
        }).joinAndRethrow();
        lock.unlock();
        lock.lockForWrite();
        QVERIFY(lock.isHeldForWriteByCurrentThread());
        Thread("other", [&] {
            QVERIFY(!lock.isHeldForWriteByCurrentThread());
            QVERIFY(!lock.tryLockForWrite());
            QVERIFY(!lock.tryLockForRead());
        }).joinAndRethrow();
        lock.unlock();
    }

    void s15_aWriterIsNotStarvedByReaders()
    {
        ReadWriteLock lock("l");
        std::atomic<bool> isEnough{false};
        std::vector<std::unique_ptr<Thread>> readers;
        for (int k = 0; k < 3; ++k) {
            readers.push_back(std::make_unique<Thread>("reader", [&] {
                while (!isEnough) {
                    const std::shared_lock reading(lock);
                }
            }));
        }
        for (int round = 0; round < 100; ++round)
            const std::unique_lock writing(lock); // for ever, if readers could go on and on
        isEnough = true;
    }

    void s15_readersAreNotStarvedByWriters()
    {
        ReadWriteLock lock("l");
        std::atomic<bool> isEnough{false};
        std::vector<std::unique_ptr<Thread>> writers;
        for (int k = 0; k < 3; ++k) {
            writers.push_back(std::make_unique<Thread>("writer", [&] {
                while (!isEnough) {
                    const std::unique_lock writing(lock);
                }
            }));
        }
        for (int round = 0; round < 100; ++round)
            const std::shared_lock reading(lock); // for ever, if writers could go on and on
        isEnough = true;
    }

    void s15_aReaderThatComesWhileAWriterWaitsWaitsBehindIt()
    {
        ReadWriteLock lock("l");
        std::vector<int> order;
        lock.lockForRead();
        Thread writer("writer", [&] {
            const std::unique_lock writing(lock);
            order.push_back(1);
        });
        untilWaiting(lock, 1);
        std::mutex mutex;
        Thread reader("reader", [&] {
            const std::shared_lock reading(lock);
            const std::lock_guard guard(mutex);
            order.push_back(2);
        });
        untilWaiting(lock, 2);
        QVERIFY(!lock.tryLockForRead());
        lock.unlock();
        writer.joinAndRethrow();
        reader.joinAndRethrow();
        QCOMPARE(order, (std::vector<int>{1, 2}));
    }

    void s15_aWriterThatLeavesLetsAllWaitingReadersInBeforeTheNextWriter()
    {
        ReadWriteLock lock("l");
        std::atomic<int> readersBefore{0};
        int seenByWriter = -1;
        lock.lockForWrite();
        Thread writer("writer", [&] {
            const std::unique_lock writing(lock);
            seenByWriter = readersBefore;
        });
        untilWaiting(lock, 1);
        std::vector<std::unique_ptr<Thread>> readers;
        for (int k = 0; k < 2; ++k) {
            readers.push_back(std::make_unique<Thread>("reader", [&] {
                const std::shared_lock reading(lock);
                ++readersBefore;
            }));
        }
        untilWaiting(lock, 3);
        lock.unlock();
        writer.joinAndRethrow();
        readers.clear();
        QCOMPARE(seenByWriter, 2);
    }

    void s15_readersThatWaitedForAWriterOnlyGoOnWhenItGivesUp()
    {
        ReadWriteLock lock("l");
        lock.lockForRead();
        std::stop_source stop;
        Outcome outcome = Outcome::Done;
        Thread writer("writer", [&] { outcome = lock.lockForWrite(stop.get_token()); });
        untilWaiting(lock, 1);
        Thread reader("reader", [&] { const std::shared_lock reading(lock); });
        untilWaiting(lock, 2);
        stop.request_stop();
        reader.joinAndRethrow(); // while this thread still reads
        writer.joinAndRethrow();
        QVERIFY(outcome == Outcome::Stopped);
        lock.unlock();
        QVERIFY(lock.tryLockForWrite());
        lock.unlock();
    }

    void s15_misuseIsTold()
    {
        ReadWriteLock lock("l");
        QVERIFY_THROWS_EXCEPTION(Misuse, lock.unlock());
        lock.lockForWrite();
        QVERIFY_THROWS_EXCEPTION(Misuse, lock.lockForWrite());
        QVERIFY_THROWS_EXCEPTION(Misuse, lock.lockForRead());
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)lock.tryLockForRead());
        QVERIFY_THROWS_EXCEPTION(Misuse, lock.unlock_shared());
        Thread stranger("stranger", [&] { lock.unlock(); });
        QVERIFY_THROWS_EXCEPTION(Misuse, stranger.joinAndRethrow());
        QVERIFY(lock.isHeldForWriteByCurrentThread());
        lock.unlock();
        QVERIFY_THROWS_EXCEPTION(Misuse, lock.unlock());
        QVERIFY_THROWS_EXCEPTION(Misuse, (void)lock.lockForReadFor(-1ns));
    }

    void s15_aTimeOutTakesNothing()
    {
        ReadWriteLock lock("l");
        lock.lockForWrite();
        Thread("other", [&] {
            const auto begin = std::chrono::steady_clock::now();
            QVERIFY(lock.lockForReadFor(10ms) == Outcome::TimedOut);
            QVERIFY(lock.lockForWriteFor(10ms) == Outcome::TimedOut);
            QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms);
        }).joinAndRethrow();
        lock.unlock();
        QVERIFY(lock.lockForReadFor(0ns) == Outcome::Done);
        lock.unlock();
        QVERIFY(lock.lockForWriteFor(0ns) == Outcome::Done);
        lock.unlock();
    }

    void s09_aStopTokenEndsTheWait()
    {
        ReadWriteLock lock("l");
        lock.lockForWrite();
        std::stop_source stop;
        Outcome outcome = Outcome::Done;
        Thread reader("reader", [&] { outcome = lock.lockForRead(stop.get_token()); });
        untilWaiting(lock, 1);
        stop.request_stop();
        reader.joinAndRethrow();
        QVERIFY(outcome == Outcome::Stopped);
        lock.unlock();
    }

    void s15_theWriterIsVisibleInTheTrace()
    {
        RecordedTrace trace;
        ReadWriteLock lock("l");
        lock.lockForWrite();
        Thread reader("reader", [&] { const std::shared_lock reading(lock); });
        trace.untilWaiting("reader");
        lock.unlock();
        reader.join();
        trace.end();
        const std::vector<qint64> writers = trace.counter("l");
        QCOMPARE(writers.size(), std::size_t{2});
        QVERIFY(writers[0] > 0);
        QCOMPARE(writers[1], qint64{0});
        const WaitInfo wait = trace.store.wait(trace.thread("reader"), 0);
        QCOMPARE(wait.reason, WaitReason::Lock);
        QCOMPARE(wait.waker, std::optional(trace.thread("main")));
    }
};

QTEST_GUILESS_MAIN(TestReadWriteLockConformance)
#include "tst_readwritelock.moc"
