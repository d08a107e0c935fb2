// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/coroutinetaskstate.h>

#include <heddle/core/error.h>
#include <heddle/coroutines/coroutinereport.h>
#include <heddle/coroutines/eventloop.h>
#include <heddle/coroutines/suspension.h>

#include <utility>

namespace heddle {

constinit thread_local CoroutineStep CoroutineStep::t_current;

void reportNeverAwaited(const std::source_location &where) noexcept
{
    report({.kind = CoroutineReport::Kind::NeverAwaited,
            .name = QString::fromUtf8(where.function_name()),
            .duration = {},
            .error = nullptr});
}

CoroutineTaskState::CoroutineTaskState(EventLoop &loop, std::coroutine_handle<> root,
                                       const std::source_location &where, std::string_view name)
    : m_loop(&loop)
    , m_root(root)
    , m_where(where)
    , m_name(name.empty() ? nullptr : std::make_unique<std::string>(name))
{}

CoroutineTaskState::~CoroutineTaskState() = default;

QString CoroutineTaskState::name() const
{
    return m_name ? QString::fromStdString(*m_name) : QString::fromUtf8(m_where.function_name());
}

// Asked only while something is recorded: a name that was interned stays for ever.
trace::Name CoroutineTaskState::traceName() const
{
    return trace::Name(m_name ? std::string_view(*m_name)
                              : std::string_view(m_where.function_name()));
}

bool CoroutineTaskState::cancel()
{
    checkLoop("CoroutineTask::cancel");
    if (isDone())
        return false;
    // Goes from task to awaited task in a loop and not by recursion, however long the chain is.
    CoroutineTaskState *task = this;
    CoroutineTaskState *chain = nullptr;
    while (task && !task->isDone()) {
        if (task->m_isCancelling) {
            // Tasks await each other in a circle, which cannot end otherwise.
            if (task->m_suspension)
                task->m_suspension->cancelAlone();
            break;
        }
        task->m_isCancelling = true;
        task->m_nextCancelling = std::exchange(chain, task);
        if (!task->m_suspension) {
            task->m_mustCancel = true;
            break;
        }
        task = task->m_suspension->cancelWait();
    }
    while (chain) {
        chain->m_isCancelling = false;
        chain = std::exchange(chain->m_nextCancelling, nullptr);
    }
    return true;
}

void CoroutineTaskState::add(TaskWaiter &waiter) noexcept
{
    waiter.m_next = nullptr;
    waiter.m_previous = m_lastWaiter;
    (m_lastWaiter ? m_lastWaiter->m_next : m_firstWaiter) = &waiter;
    m_lastWaiter = &waiter;
    waiter.m_isLinked = true;
}

void CoroutineTaskState::remove(TaskWaiter &waiter) noexcept
{
    if (!std::exchange(waiter.m_isLinked, false))
        return;
    (waiter.m_previous ? waiter.m_previous->m_next : m_firstWaiter) = waiter.m_next;
    (waiter.m_next ? waiter.m_next->m_previous : m_lastWaiter) = waiter.m_previous;
}

std::exception_ptr CoroutineTaskState::takeException()
{
    m_exceptionTaken = true;
    return exception();
}

void CoroutineTaskState::checkDone(const char *call) const
{
    if (!isDone()) {
        throw Misuse(
                QStringLiteral("%1(): the task %2 has not ended").arg(QLatin1String(call), name()),
                m_loop->name(), QStringLiteral("Await it"));
    }
}

void CoroutineTaskState::checkLoop(const char *call) const
{
    m_loop->checkThread(call);
}

void CoroutineTaskState::run() noexcept
{
    if (m_mustCancel) // as asyncio: nothing of it runs
        endCancelled(QStringLiteral("The task was cancelled before it started"));
    else
        resume(m_root);
}

void CoroutineTaskState::resume(std::coroutine_handle<> point) noexcept
{
    m_life.running();
    CoroutineStep::run(this, point);
    if (const auto duration = m_loop->heldTooLong(); duration.count() > 0) [[unlikely]] {
        report({.kind = CoroutineReport::Kind::SlowStep,
                .name = name(),
                .duration = duration,
                .error = nullptr});
    }
    if (m_root.done())
        finish();
}

void CoroutineTaskState::finish() noexcept
{
    takeResult();
    std::exchange(m_root, nullptr).destroy();
    State state = State::Finished;
    if (const std::exception_ptr error = exception()) {
        state = State::Failed;
        try {
            std::rethrow_exception(error);
        } catch (const Cancelled &) {
            state = State::Cancelled;
        } catch (...) { // kept
        }
    }
    end(state);
}

void CoroutineTaskState::endCancelled(const QString &reason) noexcept
{
    std::exchange(m_root, nullptr).destroy();
    setException(std::make_exception_ptr(Cancelled(reason, name())));
    end(State::Cancelled);
}

void CoroutineTaskState::end(State state) noexcept
{
    m_life.ended(state == State::Finished ? trace::TaskState::Finished
                 : state == State::Failed ? trace::TaskState::Failed
                                          : trace::TaskState::Cancelled);
    m_state.store(state, std::memory_order_release); // pairs with state()
    m_loop->forget(*this);
    if (!m_loop->m_isEnding) { // else whoever waits is about to be destroyed
        while (TaskWaiter *waiter = m_firstWaiter) {
            remove(*waiter);
            waiter->taskEnded(*this);
        }
    }
    release();
}

void CoroutineTaskState::abandon() noexcept
{
    report({.kind = CoroutineReport::Kind::StillPending,
            .name = name(),
            .duration = {},
            .error = nullptr});
    endCancelled(QStringLiteral("The loop has ended"));
}

void CoroutineTaskState::destroy() noexcept
{
    if (state() == State::Failed && !m_exceptionTaken) {
        report({.kind = CoroutineReport::Kind::ExceptionNeverTaken,
                .name = name(),
                .duration = {},
                .error = exception()});
    }
    delete this;
}

} // namespace heddle
