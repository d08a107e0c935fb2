// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/thread.h>

#include <heddle/trace/slice.h>

namespace heddle {

Thread::Thread(std::string_view name, std::function<void()> function, Start start)
    : m_object(trace::ObjectKind::Thread, name), m_function(std::move(function))
{
    setObjectName(QString::fromUtf8(name));
    if (start == Start::Now)
        QThread::start();
}

Thread::~Thread()
{
    join();
}

void Thread::run()
{
    trace::setThreadName(m_object.name().text());
    m_index.store(trace::currentThread());
    try {
        m_function();
    } catch (...) {
        m_exception = std::current_exception();
    }
}

void Thread::join()
{
    if (isFinished() || !isRunning()) {
        wait();
        return;
    }
    trace::Wait traced(m_object, trace::WaitReason::ThreadEnd);
    wait();
    traced.finish(trace::WaitOutcome::Woken, m_index.load());
}

void Thread::joinAndRethrow()
{
    join();
    if (m_exception)
        std::rethrow_exception(m_exception);
}

} // namespace heddle
