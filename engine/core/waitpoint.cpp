// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/waitpoint.h>

#include <heddle/core/error.h>

#include <utility>

namespace heddle {

WaitPoint::Deadline WaitPoint::deadline(std::chrono::nanoseconds timeout, const char *where)
{
    if (timeout < std::chrono::nanoseconds::zero()) {
        throw Error(QStringLiteral("A timeout of %1 ns is negative").arg(timeout.count()),
                    QString::fromLatin1(where), QStringLiteral("Give zero or more"));
    }
    const Clock::time_point now = Clock::now();
    if (timeout > Clock::time_point::max() - now)
        return Forever;
    return now + timeout;
}

// Runs in the thread that requests the stop. The waiter goes by what this left, not by the token:
// so it cannot go on before the stopper has left its name.
struct WaitPoint::Waiter::NoteStop
{
    Waiter *waiter;
    void operator()() const
    {
        {
            const std::lock_guard lock(waiter->sleeping);
            waiter->isStopped = true;
            waiter->stopper = trace::currentThread();
        }
        waiter->roused.notify_one();
    }
};

WaitPoint::Waiter::~Waiter() = default;

WaitPoint::Result WaitPoint::Waiter::sleep(Deadline deadline)
{
    std::unique_lock lock(sleeping);
    const auto isUp = [this] { return isRoused || isStopped; };
    bool inTime = true;
    if (deadline)
        inTime = roused.wait_until(lock, *deadline, isUp);
    else
        roused.wait(lock, isUp);
    isRoused = false;
    return isStopped ? Result::Stopped : inTime ? Result::Woken : Result::TimedOut;
}

void WaitPoint::Waiter::rouse()
{
    {
        const std::lock_guard lock(sleeping);
        isRoused = true;
    }
    roused.notify_one();
}

WaitPoint::Result WaitPoint::wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                                  trace::WaitReason reason, Deadline deadline,
                                  const std::stop_token &stop, Waiter &self)
{
    std::optional<std::stop_callback<Waiter::NoteStop>> note;
    if (stop.stop_possible()) {
        note.emplace(stop, Waiter::NoteStop{&self});
        if (stop.stop_requested())
            return Result::Stopped;
    }
    trace::Wait wait(object, reason);
    append(self);
    Result result = Result::Woken;
    while (true) {
        lock.unlock();
        result = self.sleep(deadline);
        lock.lock();
        if (self.isReady()) {
            if (!self.isWoken)
                takeWakeUpOfAnother(self);
            result = Result::Woken;
            break;
        }
        if (std::exchange(self.isWoken, false))
            wake(1, self.waker, false); // another was faster: what is left may do for the next
        if (result != Result::Woken)
            break;
    }
    remove(self);
    switch (result) {
    case Result::Woken:
        wait.finish(self.byShutDown ? trace::WaitOutcome::ShutDown : trace::WaitOutcome::Woken,
                    self.waker);
        self.flow.end();
        break;
    case Result::Stopped:
        wait.finish(trace::WaitOutcome::Stopped, self.stopper);
        break;
    case Result::TimedOut:
        wait.finish(trace::WaitOutcome::TimedOut, 0);
        break;
    }
    return result;
}

void WaitPoint::wake(std::ptrdiff_t count, trace::ThreadIndex waker, bool withFlow)
{
    for (Waiter *waiter = m_first; waiter && count > 0; waiter = waiter->next) {
        if (!waiter->isReady())
            continue;
        const bool byShutDown = waiter->isShutDown();
        // A shut-down takes precedence: it decides how the call ends.
        if (waiter->isWoken && byShutDown == waiter->byShutDown)
            continue;
        waiter->isWoken = true;
        waiter->byShutDown = byShutDown;
        waiter->waker = waker;
        if (withFlow)
            waiter->flow = trace::Flow::begin(trace::FlowKind::Wake);
        waiter->rouse();
        --count;
    }
}

// A waiter whose deadline or stop came finds its condition fulfilled for one that was woken and has
// not gone on yet. That one then waits for another wake-up.
void WaitPoint::takeWakeUpOfAnother(Waiter &self)
{
    self.byShutDown = self.isShutDown();
    self.waker = 0;
    for (Waiter *other = m_first; other; other = other->next) {
        if (std::exchange(other->isWoken, false)) {
            self.waker = other->waker;
            return;
        }
    }
}

void WaitPoint::append(Waiter &waiter)
{
    waiter.previous = m_last;
    (m_last ? m_last->next : m_first) = &waiter;
    m_last = &waiter;
}

void WaitPoint::remove(Waiter &waiter)
{
    (waiter.previous ? waiter.previous->next : m_first) = waiter.next;
    (waiter.next ? waiter.next->previous : m_last) = waiter.previous;
}

int WaitPoint::waiterCount() const
{
    int count = 0;
    for (const Waiter *waiter = m_first; waiter; waiter = waiter->next)
        ++count;
    return count;
}

} // namespace heddle
