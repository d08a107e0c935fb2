// SPDX-License-Identifier: Apache-2.0
// Tasks on two workers: posted, submitted, spawned by tasks, and loops cut into tasks.
#include "compare.h"
#include "tally.h"

#include <heddle/tasks/group.h>
#include <heddle/tasks/parallelfor.h>

#include <QThreadPool>
#include <QtConcurrent>

#include <numeric>

#ifdef HEDDLE_HAS_TBB
#    include <tbb/global_control.h>
#    include <tbb/parallel_for.h>
#    include <tbb/task_arena.h>
#    include <tbb/task_group.h>
#endif

using namespace heddle::benchmarks;

namespace {

constexpr int Workers = 2;
// Submitted before the first result is taken: many enough to keep the workers busy, few enough to
// stay in the cache.
constexpr qint64 Window = 1000;

std::unique_ptr<heddle::Executor> makeHeddle(int workers = Workers)
{
    return heddle::makeExecutor(heddle::ExecutorKind::WorkStealing, "bench", workers);
}

struct QtPool
{
    QtPool()
    {
        pool.setMaxThreadCount(Workers);
        pool.setExpiryTimeout(-1);
    }

    QThreadPool pool;
};

// An empty task, posted from a thread that is no worker

Figures postToHeddle(qint64 operations)
{
    const auto executor = makeHeddle();
    return perOperation(operations, [&] {
        const Tally tally;
        for (qint64 k = 0; k < operations; ++k)
            executor->post([] { Tally::count(); });
        tally.waitFor(operations);
    });
}

Figures startInQt(qint64 operations)
{
    QtPool qt;
    return perOperation(operations, [&] {
        const Tally tally;
        for (qint64 k = 0; k < operations; ++k)
            qt.pool.start([] { Tally::count(); });
        tally.waitFor(operations);
    });
}

#ifdef HEDDLE_HAS_TBB
// oneTBB makes one worker fewer than there are processors, since its caller works too. Here the
// caller only posts.
struct TbbArena
{
    tbb::global_control threads{tbb::global_control::max_allowed_parallelism, Workers + 1};
    tbb::task_arena arena{Workers, 0};
};

Figures enqueueInTbb(qint64 operations)
{
    TbbArena tbb;
    return perOperation(operations, [&] {
        const Tally tally;
        for (qint64 k = 0; k < operations; ++k)
            tbb.arena.enqueue([] { Tally::count(); });
        tally.waitFor(operations);
    });
}

// The group's wait() works too: the caller is one of the two.
Figures runInTbb(qint64 operations)
{
    tbb::task_arena arena(Workers);
    tbb::task_group group;
    return perOperation(operations, [&] {
        arena.execute([&] {
            for (qint64 k = 0; k < operations; ++k)
                group.run([] { Tally::count(); });
            group.wait();
        });
    });
}
#endif

Comparison posted()
{
    Comparison comparison(QStringLiteral("tasks"), QStringLiteral("an empty task, posted"),
                          300'000);
    comparison.heddle(QStringLiteral("Executor::post"), postToHeddle)
            .peer(QStringLiteral("QThreadPool::start"), startInQt)
            .timesFaster(5, QStringLiteral("QThreadPool::start"))
            .timesFaster(2)
            .recordingTimes(1.5);
#ifdef HEDDLE_HAS_TBB
    comparison.peer(QStringLiteral("tbb::task_arena::enqueue"), enqueueInTbb)
            .peer(QStringLiteral("tbb::task_group::run"), runInTbb);
#endif
    return comparison;
}

// A task whose result is taken

template <typename Submit>
Figures submitAndTake(qint64 operations, Submit submit)
{
    std::vector<QFuture<qint64>> futures(Window);
    return perOperation(operations, [&] {
        for (qint64 done = 0; done < operations; done += Window) {
            const qint64 count = std::min(Window, operations - done);
            for (qint64 k = 0; k < count; ++k)
                futures[static_cast<std::size_t>(k)] = submit(k);
            for (qint64 k = 0; k < count; ++k)
                keep(futures[static_cast<std::size_t>(k)].result());
        }
    });
}

Figures submitToHeddle(qint64 operations)
{
    const auto executor = makeHeddle();
    return submitAndTake(operations, [&](qint64 k) { return executor->submit([k] { return k; }); });
}

Figures runInQt(qint64 operations)
{
    QtPool qt;
    return submitAndTake(operations,
                         [&](qint64 k) { return QtConcurrent::run(&qt.pool, [k] { return k; }); });
}

const Registered emptyTask(posted());
const Registered submitted(Comparison(QStringLiteral("tasks"),
                                      QStringLiteral("a task with a QFuture, result taken"),
                                      100'000)
                                   .heddle(QStringLiteral("Executor::submit"), submitToHeddle)
                                   .peer(QStringLiteral("QtConcurrent::run"), runInQt)
                                   .timesFaster(3, QStringLiteral("QtConcurrent::run"))
                                   .recordingTimes(1.3));

// Tasks that spawn tasks

constexpr int Fibonacci = 27;
constexpr qint64 FibonacciCalls = 635'621; // 2 × fib(28) − 1

qint64 fibonacciInHeddle(heddle::Executor &executor, int n)
{
    if (n < 2)
        return n;
    qint64 first = 0;
    heddle::Group group(executor);
    group.run([&first, &executor, n] { first = fibonacciInHeddle(executor, n - 1); });
    const qint64 second = fibonacciInHeddle(executor, n - 2);
    group.wait();
    return first + second;
}

#ifdef HEDDLE_HAS_TBB
qint64 fibonacciInTbb(int n)
{
    if (n < 2)
        return n;
    qint64 first = 0;
    tbb::task_group group;
    group.run([&first, n] { first = fibonacciInTbb(n - 1); });
    const qint64 second = fibonacciInTbb(n - 2);
    group.wait();
    return first + second;
}

#endif

Comparison recursive()
{
    Comparison comparison(QStringLiteral("tasks"),
                          QStringLiteral("recursive spawn, fib(27), per call"), FibonacciCalls);
    comparison.whole().heddle(QStringLiteral("Group::run"), [](qint64 calls) {
        const auto executor = makeHeddle();
        return perOperation(calls, [&] {
            keep(executor->submit([&] { return fibonacciInHeddle(*executor, Fibonacci); })
                         .result());
        });
    });
#ifdef HEDDLE_HAS_TBB
    comparison
            .peer(QStringLiteral("tbb::task_group"),
                  [](qint64 calls) {
                      tbb::task_arena arena(Workers);
                      return perOperation(calls, [&] {
                          arena.execute([] { keep(fibonacciInTbb(Fibonacci)); });
                      });
                  })
            .timesFaster(2, QStringLiteral("tbb::task_group"));
#endif
    return comparison;
}

const Registered spawned(recursive());

// Loops

constexpr qint64 Items = 1'000'000;

/// Numbers, and what is done to each: a little, or, for the last tenth, a lot.
struct Loop
{
    explicit Loop(bool isSkewed)
        : isSkewed(isSkewed)
    {
        std::iota(numbers.begin(), numbers.end(), 0U);
    }
    quint32 at(std::size_t index) const
    {
        quint32 value = numbers[index];
        const int steps = isSkewed && index >= Items / 10 * 9 ? 50 : 1;
        for (int k = 0; k < steps; ++k)
            value = value * 1664525U + 1013904223U;
        return value;
    }

    bool isSkewed;
    std::vector<quint32> numbers = std::vector<quint32>(Items);
    std::vector<quint32> results = std::vector<quint32>(Items);
};

// The caller is one of the two who work, as with oneTBB.
Contestant loopInHeddle(bool isSkewed)
{
    return [isSkewed](qint64 operations) {
        const auto executor = makeHeddle(Workers - 1);
        Loop loop(isSkewed);
        return perOperation(operations, [&] {
            heddle::parallelFor(
                    *executor, std::size_t{0}, static_cast<std::size_t>(operations),
                    [&loop](std::size_t index) { loop.results[index] = loop.at(index); });
        });
    };
}

Contestant loopInQt(bool isSkewed)
{
    return [isSkewed](qint64 operations) {
        QtPool qt;
        Loop loop(isSkewed);
        // What it maps must be told where it lies: the items are their own indices.
        return perOperation(operations, [&] {
            QtConcurrent::blockingMap(&qt.pool, loop.numbers, [&loop](quint32 &number) {
                const auto index = static_cast<std::size_t>(&number - loop.numbers.data());
                loop.results[index] = loop.at(index);
            });
        });
    };
}

Contestant loopAlone(bool isSkewed)
{
    return [isSkewed](qint64 operations) {
        Loop loop(isSkewed);
        return perOperation(operations, [&] {
            for (std::size_t index = 0; index < static_cast<std::size_t>(operations); ++index)
                loop.results[index] = loop.at(index);
            keep(loop.results.back());
        });
    };
}

#ifdef HEDDLE_HAS_TBB
Contestant loopInTbb(bool isSkewed)
{
    return [isSkewed](qint64 operations) {
        tbb::task_arena arena(Workers);
        Loop loop(isSkewed);
        return perOperation(operations, [&] {
            arena.execute([&] {
                tbb::parallel_for(
                        std::size_t{0}, static_cast<std::size_t>(operations),
                        [&loop](std::size_t index) { loop.results[index] = loop.at(index); });
            });
        });
    };
}
#endif

Comparison loop(const QString &work, bool isSkewed)
{
    Comparison comparison(QStringLiteral("tasks"), work, Items);
    comparison.whole()
            .heddle(QStringLiteral("parallelFor"), loopInHeddle(isSkewed))
            .peer(QStringLiteral("QtConcurrent::blockingMap"), loopInQt(isSkewed))
            .other(QStringLiteral("one thread"), loopAlone(isSkewed));
#ifdef HEDDLE_HAS_TBB
    comparison.peer(QStringLiteral("tbb::parallel_for"), loopInTbb(isSkewed))
            .timesFaster(1, QStringLiteral("tbb::parallel_for"))
            .recordingTimes(1.05);
#endif
    return comparison;
}

const Registered tiny(loop(QStringLiteral("a loop over a million tiny items, per item"), false));
const Registered skewed(
        loop(QStringLiteral("a loop over a million items, the last tenth heavy, per item"), true));

} // namespace
