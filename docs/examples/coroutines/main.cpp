// SPDX-License-Identifier: Apache-2.0
// A kitchen in one thread: many orders at once, without a thread for any of them.
//
// Cooks are coroutines that share the loop's thread: where one waits, the others go on. They share
// two stoves (a semaphore), the oven is a worker thread (an executor), dishes leave through a
// bounded queue to a waiter who is a thread, guests do not wait for ever (a timeout), and a cook
// who fails has the rest of his table's dishes taken off the stoves (a task group).
#include <heddle/awaitqueue.h>
#include <heddle/awaitsemaphore.h>
#include <heddle/gather.h>
#include <heddle/queue.h>
#include <heddle/runinexecutor.h>
#include <heddle/semaphore.h>
#include <heddle/sleep.h>
#include <heddle/standaloneloop.h>
#include <heddle/taskgroup.h>
#include <heddle/thread.h>
#include <heddle/threadexecutor.h>
#include <heddle/waitfor.h>

#include <QString>
#include <QTextStream>

#include <chrono>
#include <stdexcept>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

struct Kitchen
{
    Semaphore stoves{"stoves", 2};
    ThreadExecutor oven{"oven", 1};
    Queue<QString> pass{"pass", 4};
};

// Releases a stove however the cook leaves it: done, failed or cancelled.
struct StoveInUse
{
    Semaphore &stoves;
    ~StoveInUse() { stoves.release(); }
};

Coroutine<> cook(Kitchen &kitchen, QString dish, std::chrono::milliseconds time)
{
    {
        co_await acquireFrom(kitchen.stoves);
        const StoveInUse inUse{kitchen.stoves};
        co_await sleep(time); // the other cooks go on
    }
    // What would hold the loop goes to a thread; the result comes back to this one.
    const QString served = co_await runInExecutor(
            kitchen.oven, [dish] { return dish + QStringLiteral(", baked"); });
    co_await putInto(kitchen.pass, served);
}

Coroutine<> burn()
{
    co_await sleep(2ms);
    throw std::runtime_error("the pan is on fire");
}

Coroutine<> table(Kitchen &kitchen)
{
    co_await withTaskGroup([&kitchen](TaskGroup &dishes) -> Coroutine<> {
        dishes.createTask(cook(kitchen, QStringLiteral("slow roast"), 1h), "slow roast");
        dishes.createTask(burn(), "burn");
        co_return;
    });
}

Coroutine<int> evening(Kitchen &kitchen)
{
    QTextStream out(stdout);
    // All at once: it takes as long as the stoves need, not as the sum of the dishes.
    co_await gather(cook(kitchen, QStringLiteral("soup"), 10ms),
                    cook(kitchen, QStringLiteral("pie"), 10ms),
                    cook(kitchen, QStringLiteral("cake"), 10ms));
    int refunds = 0;
    try {
        co_await waitFor(cook(kitchen, QStringLiteral("stew"), 1h), 10ms);
    } catch (const TimedOut &) {
        out << "the guest left before the stew was done\n";
        ++refunds;
    }
    try {
        co_await table(kitchen);
    } catch (const ErrorGroup &failures) {
        out << failures.message() << '\n';
        ++refunds;
    }
    co_return refunds;
}

} // namespace

int main()
{
    Kitchen kitchen;
    int served = 0;
    Thread waiter("waiter", [&] {
        try {
            while (true) {
                QTextStream(stdout) << "served: " << kitchen.pass.get() << '\n';
                ++served;
            }
        } catch (const ShutDown &) { // the kitchen has closed
        }
    });
    const int refunds = runCoroutine(evening(kitchen), "evening");
    kitchen.pass.shutDown();
    waiter.joinAndRethrow();
    return served == 3 && refunds == 2 && kitchen.stoves.available() == 2 ? 0 : 1;
}
