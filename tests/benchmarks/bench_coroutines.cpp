// SPDX-License-Identifier: Apache-2.0
// Coroutines that await each other.
#include "compare.h"

#ifdef HEDDLE_HAS_QCORO
#    include <QCoroTask>
#    include <QCoroTimer>
#endif

using namespace heddle::benchmarks;

namespace {

#ifdef HEDDLE_HAS_QCORO
// Awaited where it is called

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
                .peer(QStringLiteral("QCoro::Task with a sleep of 0"), [](qint64 operations) {
                    return perOperation(operations,
                                        [&] { keep(QCoro::waitFor(qcoroSumLater(operations))); });
                }));
#endif

} // namespace
