// SPDX-License-Identifier: Apache-2.0
#include "stress.h"

#include <heddle/core/threadstorage.h>

#include <QTest>

#include <array>
#include <deque>
#include <memory>
#include <vector>

using namespace heddle;
using namespace stress;

namespace {

/// What a thread keeps in a storage: whose it is, and how often it was used.
class Value
{
public:
    Value(int thread, int storage, std::atomic<int> &alive)
        : thread(thread)
        , storage(storage)
        , m_alive(alive)
    {
        ++m_alive;
    }
    ~Value() { --m_alive; }
    Value(const Value &) = delete;
    Value &operator=(const Value &) = delete;

    const int thread;
    const int storage;
    int uses = 0;

private:
    std::atomic<int> &m_alive;
};

thread_local int t_thread = -1;

/// A storage, and what this thread should find in it.
struct Kept
{
    explicit Kept(int number, std::atomic<int> &alive)
        : storage("stress",
                  [number, &alive] { return std::make_unique<Value>(t_thread, number, alive); })
        , number(number)
    {}
    ThreadStorage<Value> storage;
    const int number;
};

/// A thread's own view of one storage.
struct Expected
{
    bool hasValue = false;
    int uses = 0;
};

void useAtRandom(Kept &kept, Expected &expected, int thread, Chance &chance)
{
    if (kept.storage.hasLocal() != expected.hasValue)
        qFatal("thread %d: a value has come or gone", thread);
    if (chance.oneIn(5)) {
        kept.storage.reset();
        expected = {};
        return;
    }
    chance.disturb();
    Value &value = kept.storage.local();
    expected.hasValue = true;
    if (value.thread != thread || value.storage != kept.number || value.uses != expected.uses)
        qFatal("thread %d: the value is another's", thread);
    ++value.uses;
    ++expected.uses;
}

} // namespace

class StressStorage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachThreadFindsItsOwnAndNothingIsLeft()
    {
        constexpr int Threads = 6;
        constexpr int Steps = 600;
        for (int round = 0; round < rounds(10); ++round) {
            std::atomic<int> alive{0};
            {
                // Used by all, and some of one thread's own that come and go: so places are used
                // again by other storages while threads still keep what they had there.
                std::deque<Kept> shared;
                for (int number = 0; number < 4; ++number)
                    shared.emplace_back(number, alive);
                together(Threads, round, [&](int thread, Chance &chance) {
                    t_thread = thread;
                    std::array<Expected, 4> ofShared;
                    std::vector<std::pair<std::unique_ptr<Kept>, Expected>> own;
                    for (int step = 0; step < Steps; ++step) {
                        const auto index = static_cast<std::size_t>(chance.below(4));
                        useAtRandom(shared[index], ofShared[index], thread, chance);
                        if (own.size() < 8 && chance.oneIn(3)) {
                            own.emplace_back(std::make_unique<Kept>(100 + step, alive), Expected());
                        } else if (!own.empty()) {
                            const auto at = own.begin() + chance.below(int(own.size()));
                            if (chance.oneIn(4))
                                own.erase(at);
                            else
                                useAtRandom(*at->first, at->second, thread, chance);
                        }
                    }
                });
                for (const Kept &kept : shared)
                    QCOMPARE(kept.storage.threadCount(), 0); // all have ended
            }
            QCOMPARE(alive.load(), 0);
        }
    }
};

QTEST_GUILESS_MAIN(StressStorage)
#include "tst_storage.moc"
