// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/waitpoint.h>

#include <heddle/core/asyncwaiter.h>
#include <heddle/core/blockingobserver.h>
#include <heddle/core/error.h>
#include <heddle/core/spin.h>

#include <algorithm>
#include <utility>

namespace heddle {

WaitPoint::Deadline WaitPoint::deadline(std::chrono::nanoseconds timeout, const char *where)
{
    if (timeout < std::chrono::nanoseconds::zero()) {
        throw Misuse(QStringLiteral("A timeout of %1 ns is negative").arg(timeout.count()),
                     QString::fromLatin1(where), QStringLiteral("Give zero or more"));
    }
    const Clock::time_point now = Clock::now();
    if (timeout > Clock::time_point::max() - now)
        return Forever;
    return now + timeout;
}

Waiter::~Waiter() = default;
WaitPoint::ThreadWaiter::~ThreadWaiter() = default;

// Runs in the thread that requests the stop. The waiter goes by what this left, not by the token:
// so it cannot go on before the stopper has left its name.
struct WaitPoint::ThreadWaiter::NoteStop
{
    ThreadWaiter *waiter;
    void operator()() const
    {
        waiter->m_stopper = trace::currentThread();
        // Release: m_stopper; pairs with takeSignal().
        const quint32 before = waiter->m_word.fetch_or(StopNoted, std::memory_order_acq_rel);
        if (before & Asleep)
            futex::wakeOne(&waiter->m_word);
    }
};

void WaitPoint::ThreadWaiter::rouse(Wakes &wakes)
{
    // The mutex orders everything else; this only ends the sleep.
    if (m_word.fetch_or(Roused, std::memory_order_acq_rel) & Asleep)
        wakes.add(m_word);
}

// True when a signal came.
bool WaitPoint::ThreadWaiter::spin(int turns) const
{
    return spinUntil([this] { return m_word.load(std::memory_order_relaxed) != 0; }, turns);
}

WaitPoint::Result WaitPoint::ThreadWaiter::sleep(Deadline deadline, trace::ObjectId object,
                                                 trace::WaitReason reason)
{
    BlockingObserver *observer = BlockingObserver::current();
    if (observer)
        observer->aboutToBlock(object, reason);
    quint32 word = 0;
    if (m_word.compare_exchange_strong(word, Asleep, std::memory_order_relaxed)) {
        do {
            if (!futex::wait(m_word, Asleep, deadline))
                break;
        } while (m_word.load(std::memory_order_relaxed) == Asleep);
    }
    if (observer)
        observer->unblocked();
    return takeSignal();
}

WaitPoint::Result WaitPoint::ThreadWaiter::takeSignal()
{
    // Acquire: pairs with NoteStop. A stop stays noted.
    const quint32 word = m_word.fetch_and(StopNoted, std::memory_order_acquire);
    return word & StopNoted ? Result::Stopped : word & Roused ? Result::Woken : Result::TimedOut;
}

WaitPoint::Result WaitPoint::untilRoused(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                                         trace::WaitReason reason, Deadline deadline,
                                         ThreadWaiter &self)
{
    const int turns = m_turns;
    lock.unlock();
    const bool spun = self.spin(turns);
    const Result result = spun ? self.takeSignal() : self.sleep(deadline, object, reason);
    lock.lock();
    m_turns = spun ? std::min(m_turns + 2, MostTurns) : std::max(m_turns - 1, 0);
    return result;
}

WaitPoint::Result WaitPoint::wait(std::unique_lock<std::mutex> &lock, trace::ObjectId object,
                                  trace::WaitReason reason, Deadline deadline,
                                  const std::stop_token &stop, ThreadWaiter &self)
{
    std::optional<std::stop_callback<ThreadWaiter::NoteStop>> note;
    if (stop.stop_possible()) {
        note.emplace(stop, ThreadWaiter::NoteStop{&self});
        if (stop.stop_requested())
            return Result::Stopped;
    }
    trace::Wait wait(object, reason);
    append(self);
    Result result = Result::Woken;
    while (true) {
        result = untilRoused(lock, object, reason, deadline, self);
        if (self.take()) {
            if (!self.m_woken)
                takeWakeUpOfAnother(self);
            result = Result::Woken;
            break;
        }
        if (takeWoken(self)) {
            // Another was faster: what is left may do for the next.
            Wakes wakes;
            wake(1, self.m_waker, false, wakes);
        }
        if (result != Result::Woken)
            break;
    }
    remove(self);
    switch (result) {
    case Result::Woken:
        wait.finish(self.m_byShutDown ? trace::WaitOutcome::ShutDown : trace::WaitOutcome::Woken,
                    self.m_waker);
        self.m_flow.end();
        break;
    case Result::Stopped:
        wait.finish(trace::WaitOutcome::Stopped, self.m_stopper);
        break;
    case Result::TimedOut:
        wait.finish(trace::WaitOutcome::TimedOut, 0);
        break;
    }
    return result;
}

void WaitPoint::wake(std::ptrdiff_t count, trace::ThreadIndex waker, bool withFlow, Wakes &wakes)
{
    Waiter *next = nullptr;
    for (Waiter *waiter = m_first; waiter && count > 0; waiter = next) {
        next = waiter->m_next;
        if (!waiter->isReady())
            continue;
        const bool byShutDown = waiter->isShutDown();
        // A shut-down takes precedence: it decides how the call ends.
        if (waiter->m_woken && byShutDown == waiter->m_byShutDown)
            continue;
        setWoken(*waiter);
        waiter->m_byShutDown = byShutDown;
        waiter->m_waker = waker;
        if (withFlow && waiter->m_isThread)
            waiter->m_flow = trace::Flow::begin(trace::FlowKind::Wake);
        if (!waiter->m_isThread)
            remove(*waiter);
        waiter->rouse(wakes);
        --count;
    }
}

// A waiter whose deadline or stop came finds its condition fulfilled for one that was woken and has
// not gone on yet. That one then waits for another wake-up.
void WaitPoint::takeWakeUpOfAnother(Waiter &self)
{
    self.m_byShutDown = self.isShutDown();
    self.m_waker = 0;
    for (Waiter *other = m_first; other; other = other->m_next) {
        if (takeWoken(*other)) {
            self.m_waker = other->m_waker;
            return;
        }
    }
}

void WaitPoint::add(AsyncWaiter &waiter, std::function<bool()> ready)
{
    Q_ASSERT_X(!waiter.m_listed, "heddle::WaitPoint", "the waiter is registered already");
    waiter.m_ready = std::move(ready);
    waiter.m_woken = false;
    waiter.m_point = this;
    append(waiter);
}

void WaitPoint::forget(AsyncWaiter &waiter, Wakes &wakes)
{
    if (waiter.m_listed)
        remove(waiter);
    else if (std::exchange(waiter.m_woken, false))
        wake(1, waiter.m_waker, false, wakes);
}

void WaitPoint::used(AsyncWaiter &waiter)
{
    waiter.m_woken = false;
}

bool WaitPoint::isOf(const AsyncWaiter &waiter) const
{
    return waiter.m_point == this;
}

void WaitPoint::setWoken(Waiter &waiter)
{
    if (!std::exchange(waiter.m_woken, true))
        ++m_wokenCount;
}

// Whether \a waiter, which is in the line, was woken; it is not any more.
bool WaitPoint::takeWoken(Waiter &waiter)
{
    const bool wasWoken = std::exchange(waiter.m_woken, false);
    m_wokenCount -= wasWoken;
    return wasWoken;
}

void WaitPoint::append(Waiter &waiter)
{
    ++m_count;
    waiter.m_previous = m_last;
    waiter.m_next = nullptr;
    waiter.m_listed = true;
    (m_last ? m_last->m_next : m_first) = &waiter;
    m_last = &waiter;
}

void WaitPoint::remove(Waiter &waiter)
{
    (waiter.m_previous ? waiter.m_previous->m_next : m_first) = waiter.m_next;
    (waiter.m_next ? waiter.m_next->m_previous : m_last) = waiter.m_previous;
    waiter.m_listed = false;
    --m_count;
    m_wokenCount -= waiter.m_woken;
}

int WaitPoint::waiterCount() const
{
    int count = 0;
    for (const Waiter *waiter = m_first; waiter; waiter = waiter->m_next)
        count += waiter->m_isThread;
    return count;
}

} // namespace heddle
