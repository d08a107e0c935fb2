// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/barrier.h>

#include <heddle/core/error.h>

#include <utility>

namespace heddle {

Barrier::Barrier(std::string_view name, int parties, std::function<void()> completion)
    : m_object(trace::ObjectKind::Barrier, name, parties)
    , m_parties(parties)
    , m_completion(std::move(completion))
{
    if (parties < 1) {
        throw Misuse(QStringLiteral("A barrier for %1 threads").arg(parties), this->name(),
                     QStringLiteral("Give one or more"));
    }
}

Barrier::~Barrier()
{
    // Whom the last to arrive let go may come here while that one is still under the mutex.
    const std::lock_guard lock(m_mutex);
    Q_ASSERT_X(!m_waiters.hasWaiters(), "heddle::Barrier", "destroyed while a thread waits for it");
}

Barrier::Arrival Barrier::wait(std::stop_token stop)
{
    return waitUntil(WaitPoint::Forever, stop);
}

Barrier::Arrival Barrier::waitFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    return waitUntil(WaitPoint::deadline(timeout, "Barrier::waitFor"), stop);
}

Barrier::Arrival Barrier::waitUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
{
    Wakes wakes;
    std::unique_lock lock(m_mutex);
    Outcome outcome = waitToEnter(lock, deadline, stop);
    int index = -1;
    if (outcome) {
        index = m_arrived++;
        m_object.count(m_arrived);
        outcome = m_arrived == m_parties ? complete(lock, wakes)
                                         : waitForOthers(lock, deadline, stop);
    }
    if (outcome == Outcome::TimedOut || outcome == Outcome::Stopped)
        breakIt(wakes);
    return {outcome, outcome ? index : -1};
}

Outcome Barrier::waitToEnter(std::unique_lock<std::mutex> &lock, WaitPoint::Deadline deadline,
                             const std::stop_token &stop)
{
    if (m_completing == ThreadMark::current()) {
        throw Misuse(QStringLiteral("The completion function waits for its own barrier"), name(),
                     QStringLiteral("Wait after it has returned"));
    }
    const WaitPoint::Result result = m_waiters.wait(
            lock, m_object.id(), trace::WaitReason::Barrier, deadline, stop,
            [this] { return !m_completing || m_broken; }, [] { return false; });
    if (result != WaitPoint::Result::Woken)
        return outcomeOf(result);
    return m_broken ? Outcome::Broken : Outcome::Done;
}

Outcome Barrier::waitForOthers(std::unique_lock<std::mutex> &lock, WaitPoint::Deadline deadline,
                               const std::stop_token &stop)
{
    const quint64 round = m_round;
    std::optional<Outcome> end;
    // Asked by whoever ends the round, before another can begin.
    const auto hasEnded = [&] {
        if (!end && m_round != round)
            end = m_lastEnd;
        return end.has_value();
    };
    const WaitPoint::Result result = m_waiters.wait(lock, m_object.id(), trace::WaitReason::Barrier,
                                                    deadline, stop, hasEnded, [] { return false; });
    return end ? *end : outcomeOf(result);
}

Outcome Barrier::complete(std::unique_lock<std::mutex> &lock, Wakes &wakes)
{
    const quint64 round = m_round;
    if (m_completion) {
        m_completing = ThreadMark::current();
        lock.unlock();
        try {
            m_completion();
        } catch (...) {
            lock.lock();
            m_completing = 0;
            if (m_round == round)
                breakIt(wakes);
            m_waiters.wakeAll(wakes); // who waits to enter the next round
            throw;
        }
        lock.lock();
        m_completing = 0;
    }
    const bool wasBroken = m_round != round;
    if (!wasBroken)
        endRound(Outcome::Done, wakes);
    m_waiters.wakeAll(wakes); // who waits to enter the next round
    return wasBroken ? Outcome::Broken : Outcome::Done;
}

void Barrier::endRound(Outcome how, Wakes &wakes)
{
    ++m_round;
    m_arrived = 0;
    m_lastEnd = how;
    m_object.count(0);
    m_waiters.wakeAllWithFlow(wakes);
}

void Barrier::breakIt(Wakes &wakes)
{
    if (m_broken)
        return;
    m_broken = true;
    endRound(Outcome::Broken, wakes);
}

void Barrier::abort()
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    breakIt(wakes);
}

void Barrier::reset()
{
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    m_broken = false;
    if (m_arrived > 0)
        endRound(Outcome::Broken, wakes);
}

int Barrier::arrivedCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_arrived;
}

bool Barrier::isBroken() const
{
    const std::lock_guard lock(m_mutex);
    return m_broken;
}

} // namespace heddle
