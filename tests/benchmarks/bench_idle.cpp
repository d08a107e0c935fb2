// SPDX-License-Identifier: Apache-2.0
// Pools that have nothing to do: what it costs to have one, and what it costs to keep one.
#include "compare.h"

#include <heddle/tasks/executor.h>

#include <QThreadPool>

#include <ctime>
#include <semaphore>
#include <thread>

#ifdef HEDDLE_HAS_TBB
#    include <tbb/global_control.h>
#    include <tbb/task_arena.h>
#endif

using namespace heddle::benchmarks;

namespace {

constexpr int Workers = 2;

struct HeddlePool
{
    void post(const std::function<void()> &task) { executor->post(task); }

    std::unique_ptr<heddle::Executor> executor = heddle::makeExecutor(heddle::ExecutorKind::Threads,
                                                                      "bench", Workers);
};

struct QtPool
{
    QtPool() { pool.setMaxThreadCount(Workers); }
    void post(const std::function<void()> &task) { pool.start(task); }

    QThreadPool pool;
};

#ifdef HEDDLE_HAS_TBB
struct TbbPool
{
    void post(const std::function<void()> &task) { arena.enqueue(task); }

    tbb::global_control threads{tbb::global_control::max_allowed_parallelism, Workers + 1};
    tbb::task_arena arena{Workers, 0};
};
#endif

/// Keeps both workers busy for a moment, so that both exist and have something to recover from.
template <typename Pool>
void warm(Pool &pool)
{
    std::counting_semaphore<> done(0);
    for (int k = 0; k < 1000; ++k)
        pool.post([&done] { done.release(); });
    for (int k = 0; k < 1000; ++k)
        done.acquire();
}

template <typename Pool>
Figures begin(qint64 operations)
{
    return perOperation(operations, [&] {
        for (qint64 k = 0; k < operations; ++k) {
            Pool pool;
            std::binary_semaphore done(0);
            pool.post([&done] { done.release(); });
            done.acquire();
        }
    });
}

// Of all threads of this process. Exact, unlike what getrusage() tells from the clock's ticks.
double processorSeconds()
{
    timespec time = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct NoPool
{
    void post(const std::function<void()> &task) { task(); }
};

template <typename Pool>
Figures idle(qint64 milliseconds)
{
    Pool pool;
    warm(pool);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const double before = processorSeconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return {(processorSeconds() - before) * 1000 / static_cast<double>(milliseconds) * 100};
}

Comparison startUp()
{
    Comparison comparison(QStringLiteral("idle"),
                          QStringLiteral("make a pool of 2, run one task, end the pool"), 500);
    comparison.unit(QStringLiteral("ns"))
            .heddle(QStringLiteral("Executor"), begin<HeddlePool>)
            .peer(QStringLiteral("QThreadPool"), begin<QtPool>);
#ifdef HEDDLE_HAS_TBB
    // Its threads outlive the arena: it begins only once.
    comparison.other(QStringLiteral("tbb::task_arena (keeps its threads)"), begin<TbbPool>);
#endif
    return comparison;
}

Comparison idling()
{
    Comparison comparison(
            QStringLiteral("idle"),
            QStringLiteral("processor time of an idle pool, 10 ms after its last task"), 1000);
    comparison.unit(QStringLiteral("%"))
            .whole()
            .atMostRounds(1)
            .heddle(QStringLiteral("Executor"), idle<HeddlePool>)
            .peer(QStringLiteral("QThreadPool"), idle<QtPool>)
            .other(QStringLiteral("no pool"), idle<NoPool>)
            .atMost(0.1);
#ifdef HEDDLE_HAS_TBB
    comparison.peer(QStringLiteral("oneTBB"), idle<TbbPool>);
#endif
    return comparison;
}

const Registered start(startUp());
const Registered rest(idling());

} // namespace
