// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/thread.h>

#include <heddle/trace/slice.h>

namespace heddle {

Thread::Thread(std::string_view name, std::function<void()> function, Start start)
    : m_object(trace::ObjectKind::Thread, name)
    , m_function(std::move(function))
{
    setObjectName(QString::fromUtf8(name));
    m_handOver.store(1, std::memory_order_release); // pairs with run()
    if (start == Start::Now)
        QThread::start();
}

Thread::~Thread()
{
    join();
}

void Thread::run()
{
    m_handOver.load(std::memory_order_acquire); // pairs with the constructor
    trace::setThreadName(m_object.name().text());
    m_index.store(trace::currentThread());
    try {
        m_function();
    } catch (...) {
        m_exception = std::current_exception();
    }
    m_handOver.store(2, std::memory_order_release); // pairs with join()
}

void Thread::join()
{
    if (isFinished() || !isRunning()) {
        wait();
        m_handOver.load(std::memory_order_acquire); // pairs with run()
        return;
    }
    trace::Wait traced(m_object, trace::WaitReason::ThreadEnd);
    wait();
    m_handOver.load(std::memory_order_acquire); // pairs with run()
    traced.finish(trace::WaitOutcome::Woken, m_index.load());
}

void Thread::joinAndRethrow()
{
    join();
    if (m_exception)
        std::rethrow_exception(m_exception);
}

} // namespace heddle
