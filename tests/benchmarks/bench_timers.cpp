// SPDX-License-Identifier: Apache-2.0
// Many timers at once: what one takes, and how late it is while nothing else is to do.
#include "compare.h"

#include <heddle/coroutines/sleep.h>
#include <heddle/coroutines/standaloneloop.h>

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>

#include <malloc.h>
#include <random>

using namespace heddle::benchmarks;

namespace {

using Clock = std::chrono::steady_clock;

const QStringList Measures{QStringLiteral("bytes"), QStringLiteral("ns to start"),
                           QStringLiteral("p50 µs late"), QStringLiteral("p99 µs late")};

std::size_t allocatedBytes()
{
    return ::mallinfo2().uordblks;
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
    Figures late() const { return percentiles(m_late); }

private:
    std::vector<std::chrono::microseconds> m_after;
    std::vector<double> m_late;
};

Figures qtTimers(qint64 count)
{
    DueTimes due(count);
    QEventLoop loop;
    qint64 left = count;
    const std::size_t before = allocatedBytes();
    std::vector<std::unique_ptr<QTimer>> timers;
    timers.reserve(static_cast<std::size_t>(count));
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
    const Figures late = due.late();
    const auto each = static_cast<double>(count);
    return {bytes / each, starting / each, late.at(0), late.at(1)};
}

const Registered timers(Comparison(QStringLiteral("timers"), QStringLiteral("100,000 timers"),
                                   100'000)
                                .whole()
                                .atMostRounds(3)
                                .unit({})
                                .measures(Measures)
                                .peer(QStringLiteral("QTimer (10,000)"), [](qint64 count) {
                                    return qtTimers(std::min<qint64>(count, 10'000));
                                }));

// Coroutines that sleep: a frame and a task each, besides the timer

heddle::Coroutine<> sleepUntilDue(DueTimes &due, qint64 number)
{
    const auto at = Clock::now() + due.after(number);
    co_await heddle::sleepUntil(at);
    due.ended(number, at);
}

heddle::Coroutine<> sleepers(DueTimes &due, qint64 count, double &starting, std::size_t &bytes)
{
    const std::size_t before = allocatedBytes();
    std::vector<heddle::CoroutineTask<>> tasks;
    tasks.reserve(static_cast<std::size_t>(count));
    const auto begin = Clock::now();
    for (qint64 k = 0; k < count; ++k)
        tasks.push_back(heddle::createTask(sleepUntilDue(due, k)));
    co_await heddle::sleep(std::chrono::nanoseconds(0)); // each has its first step
    starting = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    bytes = allocatedBytes() - before;
    for (auto &task : tasks)
        co_await std::move(task);
}

const Registered sleeping(Comparison(QStringLiteral("timers"),
                                     QStringLiteral("100,000 sleeping coroutines"), 100'000)
                                  .whole()
                                  .atMostRounds(3)
                                  .unit({})
                                  .measures(Measures)
                                  .heddle(QStringLiteral("heddle::sleepUntil"),
                                          [](qint64 count) -> Figures {
                                              DueTimes due(count);
                                              double starting = 0;
                                              std::size_t bytes = 0;
                                              heddle::runCoroutine(
                                                      sleepers(due, count, starting, bytes));
                                              const Figures late = due.late();
                                              const auto each = static_cast<double>(count);
                                              return {static_cast<double>(bytes) / each,
                                                      starting / each, late.at(0), late.at(1)};
                                          })
                                  .atMost(1000, 1)
                                  .atMost(1000, 3));

} // namespace
