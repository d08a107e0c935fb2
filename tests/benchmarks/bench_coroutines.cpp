// SPDX-License-Identifier: Apache-2.0
// Coroutines that await each other.
#include "compare.h"

#include <heddle/coroutines/qteventloop.h>
#include <heddle/coroutines/standaloneloop.h>

#ifdef HEDDLE_HAS_QCORO
#    include <QCoroTask>
#    include <QCoroTimer>
#endif

using namespace heddle::benchmarks;

namespace {

// Awaited where it is called

heddle::Coroutine<qint64> number(qint64 value)
{
    co_return value;
}

heddle::Coroutine<qint64> sum(qint64 operations)
{
    qint64 sum = 0;
    for (qint64 k = 0; k < operations; ++k)
        sum += co_await number(k);
    co_return sum;
}

// Begun in the loop's next turn, as asyncio's create_task(), then awaited

heddle::Coroutine<qint64> sumOfTasks(qint64 operations)
{
    heddle::EventLoop &loop = *heddle::EventLoop::current();
    qint64 sum = 0;
    for (qint64 k = 0; k < operations; ++k)
        sum += co_await loop.createTask(number(k), "number");
    co_return sum;
}

template <typename Loop>
Contestant inHeddle(heddle::Coroutine<qint64> (*coroutine)(qint64))
{
    return [coroutine](qint64 operations) {
        Loop loop("bench");
        return perOperation(operations,
                            [&] { keep(loop.runUntilComplete(coroutine(operations), "sum")); });
    };
}

#ifdef HEDDLE_HAS_QCORO
QCoro::Task<qint64> qcoroNumber(qint64 value)
{
    co_return value;
}

QCoro::Task<qint64> qcoroSum(qint64 operations)
{
    qint64 sum = 0;
    for (qint64 k = 0; k < operations; ++k)
        sum += co_await qcoroNumber(k);
    co_return sum;
}

QCoro::Task<qint64> qcoroNumberLater(qint64 value)
{
    co_await QCoro::sleepFor(std::chrono::milliseconds(0));
    co_return value;
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

Contestant inQCoro(QCoro::Task<qint64> (*coroutine)(qint64))
{
    return [coroutine](qint64 operations) {
        return perOperation(operations, [&] { keep(QCoro::waitFor(coroutine(operations))); });
    };
}
#endif

Comparison inlineAwait()
{
    Comparison comparison(QStringLiteral("coroutines"),
                          QStringLiteral("call a coroutine and await it"), 500'000);
    comparison.heddle(QStringLiteral("Coroutine"), inHeddle<heddle::StandaloneLoop>(sum))
            .recordingRecords(0);
#ifdef HEDDLE_HAS_QCORO
    comparison.peer(QStringLiteral("QCoro::Task"), inQCoro(qcoroSum))
            .timesFaster(3, QStringLiteral("QCoro::Task"));
#endif
    return comparison;
}

Comparison taskAwait(const QString &where, Contestant heddle)
{
    Comparison comparison(
            QStringLiteral("coroutines"),
            QStringLiteral("create a task that begins in the next turn and await it, ") + where,
            50'000);
    comparison.heddle(QStringLiteral("EventLoop::createTask"), std::move(heddle));
#ifdef HEDDLE_HAS_QCORO
    comparison.peer(QStringLiteral("QCoro::Task with a sleep of 0"), inQCoro(qcoroSumLater))
            .timesFaster(3, QStringLiteral("QCoro::Task with a sleep of 0"));
#endif
    return comparison;
}

const Registered awaited(inlineAwait());
const Registered onQt(taskAwait(QStringLiteral("on a Qt event loop"),
                                inHeddle<heddle::QtEventLoop>(sumOfTasks)));
const Registered standalone(taskAwait(QStringLiteral("in a loop of its own"),
                                      inHeddle<heddle::StandaloneLoop>(sumOfTasks)));

} // namespace
