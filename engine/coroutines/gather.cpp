// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/gather.h>

#include <heddle/core/error.h>

namespace heddle {

GatherAwaiter::GatherAwaiter(std::size_t count, Exceptions exceptions)
    : m_children(std::make_unique<Child[]>(count))
    , m_count(count)
    , m_carries(exceptions == Exceptions::Carry)
{}

GatherAwaiter::~GatherAwaiter() = default;

bool GatherAwaiter::await_ready()
{
    m_left = 0;
    for (Child &child : children()) {
        child.state().checkLoop("co_await gather");
        if (!child.state().isDone())
            ++m_left;
        else if (isDecisive(child.state()))
            return true;
    }
    return m_left == 0;
}

void GatherAwaiter::suspendUntilEnd(std::coroutine_handle<> point)
{
    suspend(point, 0, trace::WaitReason::Future);
    for (Child &child : children()) {
        if (!child.state().isDone())
            child.link();
    }
    confirmSuspension();
}

bool GatherAwaiter::isDecisive(CoroutineTaskState &task)
{
    if (m_carries || m_error)
        return false;
    if (task.state() == CoroutineTaskState::State::Finished)
        return false;
    m_error = task.takeException();
    return !m_isCancelRequested;
}

void GatherAwaiter::childEnded(CoroutineTaskState &task)
{
    --m_left;
    if (isDecisive(task)) {
        abandon(); // the others go on
        wake();
    } else if (m_left == 0) {
        wake();
    }
}

void GatherAwaiter::abandon() noexcept
{
    for (Child &child : children())
        child.unlink();
}

CoroutineTaskState *GatherAwaiter::cancelled()
{
    m_isCancelRequested = true;
    for (Child &child : children())
        child.state().cancel();
    return nullptr;
}

void GatherAwaiter::checkAll()
{
    for (Child &child : children())
        child.state().setExceptionTaken();
    throwIfCancelled();
    if (m_isCancelRequested)
        throw Cancelled(QStringLiteral("The gathering was cancelled"), task()->name());
    if (m_error)
        std::rethrow_exception(m_error);
}

} // namespace heddle
