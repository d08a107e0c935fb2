// SPDX-License-Identifier: Apache-2.0
// One thread wakes another: from the call that does so until the other goes on.
#include "compare.h"

#include <heddle/core/event.h>
#include <heddle/core/semaphore.h>

#include <QSemaphore>

#include <semaphore>
#include <thread>

using namespace heddle::benchmarks;

namespace {

using Clock = std::chrono::steady_clock;

class HeddleEvent
{
public:
    void wake() { m_event.set(); }
    void sleep()
    {
        m_event.wait();
        m_event.clear();
    }

private:
    heddle::Event m_event{"bench"};
};

class HeddleSemaphore
{
public:
    void wake() { m_semaphore.release(); }
    void sleep() { m_semaphore.acquire(); }

private:
    heddle::Semaphore m_semaphore{"bench", 0};
};

class StdSemaphore
{
public:
    void wake() { m_semaphore.release(); }
    void sleep() { m_semaphore.acquire(); }

private:
    std::binary_semaphore m_semaphore{0};
};

class QtSemaphore
{
public:
    void wake() { m_semaphore.release(); }
    void sleep() { m_semaphore.acquire(); }

private:
    QSemaphore m_semaphore;
};

// To and fro: each operation is one way. With a pause, whoever waits is asleep when its time comes;
// without, it has just begun to wait.
template <typename Way>
class ToAndFro
{
public:
    ToAndFro(qint64 operations, std::chrono::microseconds pause)
        : m_turns((operations + 1) / 2)
        , m_pause(pause)
    {}
    Figures run()
    {
        std::vector<double> there;
        std::vector<double> back;
        together({[&] {
                      for (qint64 k = 0; k < m_turns; ++k) {
                          wake(m_there);
                          sleep(m_back, back);
                      }
                  },
                  [&] {
                      for (qint64 k = 0; k < m_turns; ++k) {
                          sleep(m_there, there);
                          wake(m_back);
                      }
                  }});
        there.insert(there.end(), back.begin(), back.end());
        return percentiles(std::move(there));
    }

private:
    void wake(Way &way)
    {
        if (m_pause.count() > 0)
            std::this_thread::sleep_for(m_pause);
        m_sent = Clock::now();
        way.wake();
    }
    void sleep(Way &way, std::vector<double> &samples)
    {
        way.sleep();
        samples.push_back(std::chrono::duration<double, std::nano>(Clock::now() - m_sent).count());
    }

    qint64 m_turns;
    std::chrono::microseconds m_pause;
    Way m_there;
    Way m_back;
    Clock::time_point m_sent; ///< handed over by the wake-up itself
};

template <typename Way>
Contestant wake(std::chrono::microseconds pause)
{
    return [pause](qint64 operations) { return ToAndFro<Way>(operations, pause).run(); };
}

Comparison semaphores(const QString &work, qint64 operations, std::chrono::microseconds pause)
{
    return Comparison(QStringLiteral("wake"), work, operations)
            .measures({QStringLiteral("p50"), QStringLiteral("p99")})
            .heddle(QStringLiteral("Semaphore"), wake<HeddleSemaphore>(pause))
            .other(QStringLiteral("Heddle Event"), wake<HeddleEvent>(pause))
            .peer(QStringLiteral("std::binary_semaphore"), wake<StdSemaphore>(pause))
            .peer(QStringLiteral("QSemaphore"), wake<QtSemaphore>(pause))
            .timesFaster(1, QStringLiteral("std::binary_semaphore"), 0)
            .timesFaster(1, QStringLiteral("std::binary_semaphore"), 1);
}

const Registered atOnce(
        semaphores(QStringLiteral("wake a thread that has just begun to wait, one way"), 20'000, {})
                .timesFaster(10, QStringLiteral("QSemaphore"), 0)
                .timesFaster(10, QStringLiteral("QSemaphore"), 1)
                .recordingRecords(2));
const Registered asleep(semaphores(QStringLiteral("wake a thread that sleeps, one way"), 400,
                                   std::chrono::microseconds(150)));

} // namespace
