// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/thread.h>
#include <heddle/core/threadstorage.h>

#include <QTest>
#include <QThreadPool>

#include <atomic>

using namespace heddle;

namespace {
std::atomic<int> living{0};
struct Counted
{
    Counted() { ++living; }
    ~Counted()
    {
        --living;
        diedIn = QThread::currentThreadId();
    }
    int value = 0;
    static inline std::atomic<Qt::HANDLE> diedIn{nullptr};
};
} // namespace

class TestThreadStorageConformance : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void s16_eachThreadHasItsOwnValueUntilItsEnd()
    {
        ThreadStorage<Counted> storage("s");
        QVERIFY(!storage.hasLocal());
        storage->value = 1;
        QCOMPARE(living.load(), 1);
        Qt::HANDLE other = nullptr;
        Thread thread("other", [&] {
            other = QThread::currentThreadId();
            if (storage.hasLocal() || storage->value != 0)
                throw std::runtime_error("the value is not its own");
            storage->value = 2;
        });
        thread.joinAndRethrow();
        QCOMPARE(storage->value, 1);
        QCOMPARE(living.load(), 1);
        QCOMPARE(Counted::diedIn.load(), other); // in its own thread
        QCOMPARE(storage.threadCount(), 1);
        storage.reset();
        QCOMPARE(living.load(), 0);
    }

    void s16_poolThreadsToo()
    {
        ThreadStorage<Counted> storage("s");
        {
            QThreadPool pool;
            pool.start([&] { storage->value = 3; });
            pool.waitForDone();
        }
        QCOMPARE(living.load(), 0);
    }

    void s16_aThrowingFactoryLeavesNothingAndMayBeRetried()
    {
        int calls = 0;
        ThreadStorage<Counted> storage("s", [&] {
            if (++calls == 1)
                throw std::runtime_error("not yet");
            return std::make_unique<Counted>();
        });
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(storage.local()));
        QVERIFY(!storage.hasLocal());
        QCOMPARE(storage->value, 0);
        QCOMPARE(calls, 2);
        storage.reset();
    }

    void s16_twoStoragesAreIndependentAndReentryIsAnError()
    {
        ThreadStorage<Counted> first("a");
        ThreadStorage<Counted> second("b");
        first->value = 1;
        QCOMPARE(second->value, 0);
        ThreadStorage<Counted> *self = nullptr;
        ThreadStorage<Counted> recursive("r", [&] {
            static_cast<void>(self->local());
            return std::make_unique<Counted>();
        });
        self = &recursive;
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(recursive.local()));
    }
};

QTEST_GUILESS_MAIN(TestThreadStorageConformance)
#include "tst_threadstorage.moc"
