// SPDX-License-Identifier: Apache-2.0
// Many timers at once: what one takes, and how late it is while nothing else is to do.
#include "compare.h"

#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>
#include <heddle/tasks/executor.h>
#include <heddle/tasks/timerservice.h>

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>

#include <malloc.h>
#include <random>
#include <semaphore>

using namespace heddle::benchmarks;

namespace {

using Clock = std::chrono::steady_clock;

const QStringList Measures{QStringLiteral("bytes"), QStringLiteral("ns to start"),
                           QStringLiteral("p50 µs late"), QStringLiteral("p99 µs late")};

std::size_t allocatedBytes()
{
    const auto information = ::mallinfo2();
    return information.uordblks + information.hblkhd;
}

// Pools keep what the first round took, so that later ones seem to take nothing.
double asWithEmptyPools(double bytes, double &most)
{
    most = std::max(most, bytes);
    return most;
}

/// Due times spread over half a second that begins once all timers are set, the same in each round.
class DueTimes
{
public:
    explicit DueTimes(qint64 count)
        : m_late(static_cast<std::size_t>(count))
    {
        std::mt19937 random(1);
        std::uniform_int_distribution<int> spread(300'000, 800'000);
        m_after.reserve(m_late.size());
        for (qint64 k = 0; k < count; ++k)
            m_after.emplace_back(spread(random));
    }
    std::chrono::microseconds after(qint64 timer) const
    {
        return m_after[static_cast<std::size_t>(timer)];
    }
    /// In the thread in which timers end; never for the same one twice.
    void ended(qint64 timer, Clock::time_point due)
    {
        m_late[static_cast<std::size_t>(timer)] =
                std::chrono::duration<double, std::micro>(Clock::now() - due).count();
    }
    Figures figures(double bytes, double startNanoseconds) const
    {
        const auto count = static_cast<double>(m_late.size());
        const Figures late = percentiles(m_late);
        return {bytes / count, startNanoseconds / count, late.at(0), late.at(1)};
    }

private:
    std::vector<std::chrono::microseconds> m_after;
    std::vector<double> m_late;
};

Figures heddleTimers(qint64 count)
{
    DueTimes due(count);
    const auto executor = heddle::makeExecutor(heddle::ExecutorKind::Threads, "bench", 1);
    heddle::TimerService service;
    std::binary_semaphore done(0);
    qint64 left = count;
    std::vector<heddle::Timer> timers;
    timers.reserve(static_cast<std::size_t>(count));
    const std::size_t before = allocatedBytes();
    const double starting = nanoseconds([&] {
        for (qint64 k = 0; k < count; ++k) {
            timers.push_back(
                    service.after(*executor, due.after(k), [&, k](const heddle::TimerTick &tick) {
                        due.ended(k, tick.due);
                        if (--left == 0) // the executor's only thread
                            done.release();
                    }));
        }
    });
    static double most = 0;
    const double bytes = asWithEmptyPools(static_cast<double>(allocatedBytes() - before), most);
    done.acquire();
    return due.figures(bytes, starting);
}

heddle::Coroutine<void> sleeper(DueTimes &due, qint64 number)
{
    const auto at = Clock::now() + due.after(number);
    auto awaited = heddle::sleepUntil(at); // g++ 12 would copy one without a name
    co_await awaited;
    due.ended(number, at);
}

heddle::Coroutine<void> allOf(std::vector<heddle::CoroutineTask<void>> &tasks)
{
    for (const heddle::CoroutineTask<void> &task : tasks)
        co_await task;
}

// Until each sleeps: its frame, its task and its timer.
Figures heddleSleepers(qint64 count)
{
    DueTimes due(count);
    heddle::StandaloneLoop loop("bench");
    std::vector<heddle::CoroutineTask<void>> tasks;
    tasks.reserve(static_cast<std::size_t>(count));
    const std::size_t before = allocatedBytes();
    const double starting = nanoseconds([&] {
        for (qint64 k = 0; k < count; ++k)
            tasks.push_back(loop.createTask(sleeper(due, k), "sleeper"));
        loop.runUntilComplete([]() -> heddle::Coroutine<void> {
            co_await heddle::sleep(std::chrono::nanoseconds::zero());
        }());
    });
    static double most = 0;
    const double bytes = asWithEmptyPools(static_cast<double>(allocatedBytes() - before), most);
    loop.runUntilComplete(allOf(tasks));
    return due.figures(bytes, starting);
}

Figures qtTimers(qint64 count)
{
    DueTimes due(count);
    QEventLoop loop;
    qint64 left = count;
    std::vector<std::unique_ptr<QTimer>> timers;
    timers.reserve(static_cast<std::size_t>(count));
    const std::size_t before = allocatedBytes();
    const double starting = nanoseconds([&] {
        for (qint64 k = 0; k < count; ++k) {
            auto timer = std::make_unique<QTimer>();
            timer->setSingleShot(true);
            timer->setTimerType(Qt::PreciseTimer);
            // Whole milliseconds are all that it knows.
            const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(due.after(k));
            QObject::connect(timer.get(), &QTimer::timeout, &loop,
                             [&, k, at = Clock::now() + after] {
                                 due.ended(k, at);
                                 if (--left == 0)
                                     loop.quit();
                             });
            timer->start(after);
            timers.push_back(std::move(timer));
        }
    });
    const auto bytes = static_cast<double>(allocatedBytes() - before);
    loop.exec();
    return due.figures(bytes, starting);
}

const Registered
        timers(Comparison(QStringLiteral("timers"),
                          QStringLiteral("100,000 timers, each to an executor"), 100'000)
                       .whole()
                       .atMostRounds(3)
                       .unit({})
                       .measures(Measures)
                       .heddle(QStringLiteral("TimerService"), heddleTimers)
                       .peer(QStringLiteral("QTimer (10,000)"),
                             [](qint64 count) { return qtTimers(std::min<qint64>(count, 10'000)); })
                       .atMost(200, 0)
                       .atMost(1000, 1)
                       .atMost(1000, 3));
const Registered sleepers(Comparison(QStringLiteral("timers"),
                                     QStringLiteral("100,000 sleeping coroutines"), 100'000)
                                  .whole()
                                  .atMostRounds(3)
                                  .unit({})
                                  .measures(Measures)
                                  .heddle(QStringLiteral("sleepUntil"), heddleSleepers)
                                  .atMost(200, 0)
                                  .atMost(1000, 1)
                                  .atMost(1000, 3));

} // namespace
