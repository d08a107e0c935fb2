// SPDX-License-Identifier: Apache-2.0
// Coroutines that await each other.
#include "compare.h"

#include <heddle/coroutines/qteventloop.h>
#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>

#ifdef HEDDLE_HAS_QCORO
#    include <QCoroTask>
#    include <QCoroTimer>
#endif

#include <vector>

using namespace heddle::benchmarks;

namespace {

// Awaited where it is called

heddle::Coroutine<qint64> number(qint64 value)
{
    co_return value;
}

heddle::Coroutine<qint64> sum(qint64 operations)
{
    qint64 total = 0;
    for (qint64 k = 0; k < operations; ++k)
        total += co_await number(k);
    co_return total;
}

// Begun in the loop's next turn, then awaited

heddle::Coroutine<qint64> sumOfTasks(qint64 operations)
{
    qint64 total = 0;
    for (qint64 k = 0; k < operations; ++k) {
        auto task = heddle::createTask(number(k));
        total += co_await task;
    }
    co_return total;
}

// Many at once: what a program has that serves many clients

heddle::Coroutine<qint64> sumOfManyTasks(qint64 operations)
{
    std::vector<heddle::CoroutineTask<qint64>> tasks;
    tasks.reserve(static_cast<std::size_t>(operations));
    for (qint64 k = 0; k < operations; ++k)
        tasks.push_back(heddle::createTask(number(k)));
    qint64 total = 0;
    for (auto &task : tasks)
        total += co_await std::move(task);
    co_return total;
}

template <typename Loop>
Contestant inLoop(heddle::Coroutine<qint64> (*work)(qint64))
{
    return [work](qint64 operations) {
        Loop loop("benchmark");
        return perOperation(operations, [&] { keep(loop.runUntilComplete(work(operations))); });
    };
}

#ifdef HEDDLE_HAS_QCORO
QCoro::Task<qint64> qcoroNumber(qint64 number)
{
    co_return number;
}

QCoro::Task<qint64> qcoroSum(qint64 operations)
{
    qint64 sum = 0;
    for (qint64 k = 0; k < operations; ++k)
        sum += co_await qcoroNumber(k);
    co_return sum;
}

const Registered inlineAwait(Comparison(QStringLiteral("coroutines"),
                                        QStringLiteral("call a coroutine and await it"), 500'000)
                                     .heddle(QStringLiteral("Coroutine"),
                                             inLoop<heddle::StandaloneLoop>(sum))
                                     .timesFaster(3)
                                     .recordingRecords(2)
                                     .peer(QStringLiteral("QCoro::Task"), [](qint64 operations) {
                                         return perOperation(operations, [&] {
                                             keep(QCoro::waitFor(qcoroSum(operations)));
                                         });
                                     }));

// Begun in the loop's next turn, as asyncio's create_task(), then awaited

QCoro::Task<qint64> qcoroNumberLater(qint64 number)
{
    co_await QCoro::sleepFor(std::chrono::milliseconds(0));
    co_return number;
}

QCoro::Task<qint64> qcoroSumLater(qint64 operations)
{
    qint64 sum = 0;
    for (qint64 k = 0; k < operations; ++k) {
        auto task = qcoroNumberLater(k);
        sum += co_await task;
    }
    co_return sum;
}

const Registered taskAwait(
        Comparison(
                QStringLiteral("coroutines"),
                QStringLiteral("create a task that begins in the loop's next turn, and await it"),
                50'000)
                .heddle(QStringLiteral("CoroutineTask"), inLoop<heddle::StandaloneLoop>(sumOfTasks))
                .other(QStringLiteral("CoroutineTask on Qt's loop"),
                       inLoop<heddle::QtEventLoop>(sumOfTasks))
                .other(QStringLiteral("CoroutineTask, all at once"),
                       inLoop<heddle::StandaloneLoop>(sumOfManyTasks))
                .other(QStringLiteral("QCoro::Task that never waits for a loop"),
                       [](qint64 operations) {
                           return perOperation(operations,
                                               [&] { keep(QCoro::waitFor(qcoroSum(operations))); });
                       })
                .timesFaster(3)
                .peer(QStringLiteral("QCoro::Task with a sleep of 0"), [](qint64 operations) {
                    return perOperation(operations,
                                        [&] { keep(QCoro::waitFor(qcoroSumLater(operations))); });
                }));
#endif

} // namespace
