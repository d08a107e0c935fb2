// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/thread.h>

#include <heddle/core/error.h>
#include <heddle/core/wakes.h>
#include <heddle/trace/slice.h>

namespace heddle {

Thread::Thread(std::string_view name, Body body, Options options)
    : m_object(trace::ObjectKind::Thread, name)
    , m_body(std::move(body))
{
    setObjectName(QString::fromUtf8(name));
    setStackSize(options.stackBytes);
    m_handOver.store(1, std::memory_order_release); // pairs with run()
    if (options.start == Start::Now)
        QThread::start(options.priority);
}

Thread::~Thread()
{
    requestStop();
    Q_ASSERT_X(QThread::currentThread() != this, "heddle::Thread", "destroyed by itself");
    joinUntil(WaitPoint::Forever, {});
}

void Thread::run()
{
    m_handOver.load(std::memory_order_acquire); // pairs with the constructor
    trace::setThreadName(m_object.name().text());
    try {
        m_body.call(m_stop.get_token());
    } catch (...) {
        m_exception = std::current_exception();
    }
    Wakes wakes;
    const std::lock_guard lock(m_mutex);
    m_hasReturned = true;
    m_joiners.wakeAll(wakes);
}

void Thread::join()
{
    joinUntil(WaitPoint::Forever, {});
}

Outcome Thread::joinFor(std::chrono::nanoseconds timeout, std::stop_token stop)
{
    return joinUntil(WaitPoint::deadline(timeout, "Thread::joinFor"), stop);
}

Outcome Thread::joinUntil(WaitPoint::Deadline deadline, const std::stop_token &stop)
{
    if (QThread::currentThread() == this) {
        throw Misuse(QStringLiteral("A thread that joins itself would wait for ever"), objectName(),
                     QStringLiteral("Join it from another thread"));
    }
    {
        std::unique_lock lock(m_mutex);
        if (!m_hasReturned && isRunning()) {
            switch (m_joiners.wait(
                    lock, m_object.id(), trace::WaitReason::ThreadEnd, deadline, stop,
                    [this] { return m_hasReturned; }, [] { return false; })) {
            case WaitPoint::Result::Woken:
                break;
            case WaitPoint::Result::TimedOut:
                return Outcome::TimedOut;
            case WaitPoint::Result::Stopped:
                return Outcome::Stopped;
            }
        }
    }
    wait(); // for the end of what the thread keeps for itself, which is near
    return Outcome::Done;
}

void Thread::joinAndRethrow()
{
    join();
    if (m_exception)
        std::rethrow_exception(m_exception);
}

} // namespace heddle
