// SPDX-License-Identifier: Apache-2.0
#include <heddle/pattern/runcontext.h>

#include <heddle/core/error.h>
#include <heddle/core/waitpoint.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

namespace heddle {

namespace {

std::chrono::nanoseconds cpuTime()
{
#if defined(CLOCK_THREAD_CPUTIME_ID)
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
#else
    return std::chrono::steady_clock::now().time_since_epoch();
#endif
}

} // namespace

RunContext::RunContext(Setup setup)
    : m_setup(std::move(setup))
{
    if (!m_setup.observer)
        throw Error(QStringLiteral("A run needs an observer"), QStringLiteral("RunContext"));
}

RunContext::~RunContext() = default;

void RunContext::progress(double fraction, const QString &text)
{
    // 0 of 0 is not a number, which std::clamp would let through.
    m_setup.observer->progress(fraction > 0 ? std::min(fraction, 1.0) : 0.0, text);
}

void RunContext::log(LogLevel level, const QString &text)
{
    m_setup.observer->log(level, text);
}

void RunContext::result(const QString &id, const QVariant &value)
{
    m_setup.observer->result(id, value);
}

void RunContext::invariant(const QString &id, bool holds, const QString &evidence)
{
    m_setup.observer->invariant(id, holds, evidence);
}

std::mt19937_64 RunContext::random(quint64 stream) const
{
    std::seed_seq seeds{static_cast<quint32>(m_setup.seed),
                        static_cast<quint32>(m_setup.seed >> 32), static_cast<quint32>(stream),
                        static_cast<quint32>(stream >> 32)};
    return std::mt19937_64(seeds);
}

bool RunContext::pause(std::chrono::nanoseconds duration)
{
    const auto scaled = std::chrono::nanoseconds(
            std::llround(static_cast<double>(duration.count()) * m_setup.timeScale));
    if (scaled <= std::chrono::nanoseconds::zero())
        return !stopRequested();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    WaitPoint never;
    const auto result = never.wait(
            lock, 0, trace::WaitReason::Sleep, WaitPoint::deadline(scaled, "RunContext::pause"),
            stopToken(), [] { return false; }, [] { return false; });
    return result != WaitPoint::Result::Stopped;
}

bool RunContext::compute(std::chrono::nanoseconds duration)
{
    const auto scaled = std::chrono::nanoseconds(
            std::llround(static_cast<double>(duration.count()) * m_setup.timeScale));
    const std::chrono::nanoseconds end = cpuTime() + scaled;
    // Reading the thread's clock is a system call on some machines, so not at every turn.
    volatile quint64 sink = 1;
    while (!stopRequested() && cpuTime() < end) {
        for (int turn = 0; turn < 200; ++turn)
            sink = sink * 6364136223846793005ULL + 1442695040888963407ULL;
    }
    return !stopRequested();
}

} // namespace heddle
