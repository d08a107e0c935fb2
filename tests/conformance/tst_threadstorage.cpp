// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/core/thread.h>
#include <heddle/core/threadresource.h>
#include <heddle/core/threadstorage.h>

#include <QTest>
#include <QThreadPool>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

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

    void s16_theValueOfTheThreadThatDestroysTheStorageGoesWithIt()
    {
        {
            ThreadStorage<Counted> storage("s");
            storage->value = 1;
            QCOMPARE(living.load(), 1);
        }
        QCOMPARE(living.load(), 0);
        QCOMPARE(Counted::diedIn.load(), QThread::currentThreadId());
    }

    void s16_aNewStorageSeesNothingOfADestroyedOne()
    {
        auto numbers = std::make_unique<ThreadStorage<int>>("numbers");
        auto texts = std::make_unique<ThreadStorage<std::string>>(
                "texts", [] { return std::make_unique<std::string>("fresh"); });
        Event used("used");
        Event replaced("replaced");
        std::atomic<bool> wasEmpty{false};
        std::string seen;
        Thread worker("worker", [&] {
            **numbers = 7;
            used.set();
            replaced.wait();
            wasEmpty = !texts->hasLocal();
            seen = **texts;
        });
        **numbers = 5;
        used.wait();
        texts.reset();
        numbers.reset();
        texts = std::make_unique<ThreadStorage<std::string>>(
                "texts", [] { return std::make_unique<std::string>("new"); });
        const bool isEmpty = !texts->hasLocal();
        replaced.set();
        worker.joinAndRethrow();
        QVERIFY(isEmpty);
        QCOMPARE(**texts, std::string("new"));
        QVERIFY(wasEmpty);
        QCOMPARE(seen, std::string("new"));
    }

    void s16_whatADestroyedStorageLeftInAThreadDiesWithTheThread()
    {
        auto storage = std::make_unique<ThreadStorage<Counted>>("s");
        Event used("used");
        Event leave("leave");
        Qt::HANDLE other = nullptr;
        Thread worker("worker", [&] {
            other = QThread::currentThreadId();
            (*storage)->value = 1;
            used.set();
            leave.wait();
        });
        used.wait();
        storage.reset();
        leave.set();
        worker.joinAndRethrow();
        QCOMPARE(living.load(), 0);
        QCOMPARE(Counted::diedIn.load(), other);
    }

    void s16_aThreadThatSeesManyStoragesKeepsNothingOfThem()
    {
        Event next[2] = {Event("even"), Event("odd")};
        Event done("done");
        std::unique_ptr<ThreadStorage<Counted>> storage;
        constexpr int rounds = 10;
        std::atomic<int> most{0};
        Thread worker("worker", [&] {
            for (int round = 0; round < rounds; ++round) {
                next[round % 2].wait();
                next[round % 2].clear();
                (*storage)->value = round;
                most = std::max(most.load(), living.load());
                done.set();
            }
        });
        for (int round = 0; round < rounds; ++round) {
            storage = std::make_unique<ThreadStorage<Counted>>("s");
            next[round % 2].set();
            done.wait();
            done.clear();
            storage.reset();
        }
        worker.joinAndRethrow();
        QCOMPARE(living.load(), 0);
        QVERIFY(most <= 2);
    }

    void s16_aValueThatDiesWithItsThreadMayUseOtherStorages()
    {
        ThreadStorage<Counted> early("early");
        struct Last
        {
            Last(ThreadStorage<Counted> *storage, std::atomic<int> *result)
                : other(storage)
                , seen(result)
            {}
            ~Last() { *seen = (*other)->value; }
            ThreadStorage<Counted> *other;
            std::atomic<int> *seen;
        };
        std::atomic<int> seen{0};
        ThreadStorage<Last> lasts("lasts", [&] { return std::make_unique<Last>(&early, &seen); });
        Thread("worker", [&] {
            early->value = 9;
            static_cast<void>(lasts.local());
        }).joinAndRethrow();
        QCOMPARE(seen.load(), 9);
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

    void s16_aValueThatUsesItsStorageInItsDestructorIsAnError()
    {
        struct Late
        {
            Late(ThreadStorage<Late> **own, bool *flag)
                : storage(own)
                , refused(flag)
            {}
            ~Late()
            {
                try {
                    static_cast<void>((*storage)->local());
                } catch (const Error &) {
                    *refused = true;
                }
            }
            ThreadStorage<Late> **storage;
            bool *refused;
        };
        bool refused = false;
        ThreadStorage<Late> *self = nullptr;
        ThreadStorage<Late> storage("s", [&] { return std::make_unique<Late>(&self, &refused); });
        self = &storage;
        static_cast<void>(storage.local());
        storage.reset();
        QVERIFY(refused);
        QVERIFY(!storage.hasLocal());
    }

    void s16_otherStoragesAreInPlaceWhileAValueIsBuilt()
    {
        // So many that the thread's table grows meanwhile.
        std::vector<std::unique_ptr<ThreadStorage<int>>> others;
        for (int k = 0; k < 100; ++k)
            others.push_back(std::make_unique<ThreadStorage<int>>("other"));
        ThreadStorage<int> first("first");
        ThreadStorage<int> sum("sum", [&] {
            int total = 0;
            for (std::size_t k = 0; k < others.size(); ++k)
                total += others[k]->local() = static_cast<int>(k);
            return std::make_unique<int>(total);
        });
        *first = 7;
        QCOMPARE(*sum, 4950);
        QCOMPARE(*first, 7);
        others.clear();
        QCOMPARE(*sum, 4950);
        *sum = 1;
        QCOMPARE(*sum, 1);
        sum.reset();
        QVERIFY(!sum.hasLocal());
    }

    void s17_openingTwiceInOneThreadIsAnError()
    {
        ThreadResource<Counted> connection("connection");
        {
            const auto scope = connection.open();
            scope->value = 1;
            QVERIFY(connection.isOpen());
            QCOMPARE(living.load(), 1);
            QVERIFY_THROWS_EXCEPTION(Misuse, static_cast<void>(connection.open()));
            QCOMPARE((*scope).value, 1); // as it was
        }
        QVERIFY(!connection.isOpen());
        QCOMPARE(living.load(), 0);
        QCOMPARE(connection.open()->value, 0); // another one
    }

    void s17_twoThreadsNeverShareOne()
    {
        ThreadResource<Counted> connection("connection");
        const auto mine = connection.open();
        mine->value = 1;
        const Counted *other = nullptr;
        int otherValue = -1;
        Thread("other", [&] {
            const auto scope = connection.open();
            other = &*scope;
            otherValue = scope->value;
            if (connection.openCount() != 2)
                throw std::runtime_error("they share one");
        }).joinAndRethrow();
        QVERIFY(other != &*mine);
        QCOMPARE(otherValue, 0);
        QCOMPARE(mine->value, 1);
        QCOMPARE(connection.openCount(), 1);
    }

    void s17_whatCannotBeOpenedIsNotOpen()
    {
        int calls = 0;
        ThreadResource<Counted> connection("connection", [&] {
            if (++calls == 1)
                throw std::runtime_error("no connection");
            return std::make_unique<Counted>();
        });
        QVERIFY_THROWS_EXCEPTION(std::runtime_error, static_cast<void>(connection.open()));
        QVERIFY(!connection.isOpen());
        auto first = connection.open();
        QVERIFY(connection.isOpen());
        {
            const auto moved = std::move(first);
            QVERIFY(connection.isOpen());
        }
        QVERIFY(!connection.isOpen());
    }
};

QTEST_GUILESS_MAIN(TestThreadStorageConformance)
#include "tst_threadstorage.moc"
