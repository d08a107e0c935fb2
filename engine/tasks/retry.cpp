// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/retry.h>

#include "executors/postordrop_p.h"

#include <QRandomGenerator>

#include <algorithm>
#include <cmath>

namespace heddle {

namespace {

// SplitMix64 (Steele, Lea and Flood 2014): the same numbers on every system.
quint64 nextRandom(quint64 &state)
{
    state += 0x9e3779b97f4a7c15;
    quint64 mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

QString textOf(const std::exception_ptr &error)
{
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &exception) {
        return QString::fromUtf8(exception.what());
    } catch (...) {
        return QStringLiteral("unknown error");
    }
}

} // namespace

RetryDelays::RetryDelays(const RetryPolicy &policy)
    : m_next(static_cast<double>(policy.firstDelay.count()))
    , m_factor(policy.factor)
    , m_maximum(static_cast<double>(policy.maximumDelay.count()))
    , m_jitter(policy.jitter)
    , m_random(policy.seed ? *policy.seed : QRandomGenerator::global()->generate64())
{
    const auto check = [](bool isRight, const char *what, const char *remedy) {
        if (!isRight) {
            throw Misuse(QString::fromLatin1(what), QStringLiteral("RetryPolicy"),
                         QString::fromLatin1(remedy));
        }
    };
    check(policy.attempts >= 1, "There is no attempt", "Give one or more");
    check(m_next >= 0 && m_maximum >= 0, "A delay is negative", "Give zero or more");
    check(std::isfinite(m_factor) && m_factor > 0, "The factor is not positive",
          "Give more than zero");
    check(m_jitter >= 0 && m_jitter <= 1, "The jitter is no part of a delay", "Give 0 to 1");
}

std::chrono::nanoseconds RetryDelays::next()
{
    const double delay = std::min(m_next, m_maximum);
    m_next = std::min(m_next * m_factor, m_maximum);
    const double part = static_cast<double>(nextRandom(m_random) >> 11) * 0x1p-53; // below 1
    const double drawn = delay * (1 - m_jitter * part);
    // What a double makes of the largest number is larger still.
    if (drawn >= static_cast<double>(std::chrono::nanoseconds::max().count()))
        return std::chrono::nanoseconds::max();
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(drawn));
}

// An attempt to come.
struct Retries::Attempt
{
    std::shared_ptr<Retries> retries;
    void run() const { retries->attempt(); }
    void drop() const { retries->endUntried(); }
};

Retries::Retries(Executor &executor, const RetryPolicy &policy)
    : m_executor(executor)
    , m_attempts(policy.attempts)
    , m_isWorthRetrying(policy.isWorthRetrying)
    , m_delays(policy)
{}

Retries::~Retries() = default;

void Retries::StopRetries::operator()() const
{
    if (const auto its = retries.lock())
        its->requestStop();
}

void Retries::start(const std::stop_token &stop)
{
    if (stop.stop_possible())
        m_stopCallback.emplace(stop, StopRetries{weak_from_this()});
    postOrDrop(m_executor, Attempt{shared_from_this()});
}

void Retries::attempt()
{
    {
        Timer mine; // which is the caller
        const std::lock_guard lock(m_mutex);
        ++m_attemptsBegun;
        mine = std::move(m_delay);
        mine.detach();
    }
    if (m_stop.stop_requested() || isCancelled()) {
        cancel();
        finish();
        return;
    }
    ++m_attempt;
    QString text = QStringLiteral("attempt %1 of %2").arg(m_attempt).arg(m_attempts);
    if (!m_lastError.isEmpty())
        text += QStringLiteral(", after: ") + m_lastError;
    setAttempt(m_attempt, text);
    std::exception_ptr error;
    try {
        call();
        finish();
        return;
    } catch (...) {
        error = std::current_exception();
    }
    if (m_stop.stop_requested()) {
        cancel();
        finish();
        return;
    }
    bool isLast = m_attempt == m_attempts;
    try {
        isLast = isLast || (m_isWorthRetrying && !m_isWorthRetrying(error));
    } catch (...) {
        error = std::current_exception();
        isLast = true;
    }
    if (!isLast) {
        m_lastError = textOf(error);
        tryAgainLater();
        return;
    }
    fail(error);
    finish();
}

void Retries::tryAgainLater()
{
    const int begun = m_attempt;
    Timer delay = TimerService::ofProcess().after(m_executor, m_delays.next(),
                                                  RunOrDrop(Attempt{shared_from_this()}));
    {
        const std::lock_guard lock(m_mutex);
        if (m_attemptsBegun == begun)
            m_delay = std::move(delay);
        else
            delay.detach(); // the next attempt has begun already
    }
    if (m_stop.stop_requested())
        requestStop(); // it came before there was a delay to end
}

// The executor takes no more tasks, or a stop has ended the delay.
void Retries::endUntried()
{
    if (m_stop.stop_requested() || isCancelled()) {
        cancel();
    } else {
        fail(std::make_exception_ptr(
                ShutDown(QStringLiteral("The executor takes no more tasks"), m_executor.name(),
                         QStringLiteral("Shut it down when the attempts have ended"))));
    }
    finish();
}

void Retries::requestStop()
{
    m_stop.request_stop();
    Timer delay;
    {
        const std::lock_guard lock(m_mutex);
        delay = std::move(m_delay);
    }
    delay.cancel();
    delay.detach();
}

} // namespace heddle
