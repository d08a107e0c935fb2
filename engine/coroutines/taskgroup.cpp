// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/taskgroup.h>

#include <utility>

namespace heddle {

namespace {

QString describe(const std::vector<std::exception_ptr> &errors)
{
    QString text = errors.size() == 1
                           ? QStringLiteral("A task of the group failed")
                           : QStringLiteral("%1 tasks of the group failed").arg(errors.size());
    try {
        std::rethrow_exception(errors.front());
    } catch (const std::exception &first) {
        text += QStringLiteral(": ") + QString::fromUtf8(first.what());
    } catch (...) { // nothing to add
    }
    return text;
}

} // namespace

ErrorGroup::ErrorGroup(std::vector<std::exception_ptr> errors)
    : Error(describe(errors), QStringLiteral("heddle::TaskGroup"))
    , m_errors(std::move(errors))
{}

ErrorGroup::~ErrorGroup() = default;

class TaskGroup::Member final : private TaskWaiter
{
public:
    static void *operator new(std::size_t bytes) { return FramePool::allocate(bytes); }
    static void operator delete(void *memory, std::size_t bytes) noexcept
    {
        FramePool::release(memory, bytes);
    }

    Member(TaskGroup &group, CoroutineTaskState &task)
        : m_group(group)
        , m_task(task)
    {
        m_task.retain();
        m_task.add(*this);
    }
    ~Member() override
    {
        m_task.remove(*this);
        m_task.release();
    }

    [[nodiscard]] CoroutineTaskState &task() const { return m_task; }

    Member *next = nullptr;
    Member *previous = nullptr;

private:
    void taskEnded(CoroutineTaskState &) override { m_group.memberEnded(*this); }

    TaskGroup &m_group;
    CoroutineTaskState &m_task;
};

TaskGroup::~TaskGroup()
{
    cancel();
    while (m_first)
        delete std::exchange(m_first, m_first->next);
}

void TaskGroup::add(CoroutineTaskState &task)
{
    auto *member = new Member(*this, task);
    member->next = m_first;
    if (m_first)
        m_first->previous = member;
    m_first = member;
    ++m_pending;
}

void TaskGroup::cancel()
{
    m_isEnding = true;
    for (Member *member = m_first; member; member = member->next)
        member->task().cancel();
}

void TaskGroup::memberEnded(Member &member)
{
    (member.previous ? member.previous->next : m_first) = member.next;
    if (member.next)
        member.next->previous = member.previous;
    --m_pending;
    if (member.task().state() == CoroutineTaskState::State::Failed) {
        m_errors.push_back(member.task().takeException());
        if (!m_isEnding)
            cancel();
    }
    delete &member;
    if (m_pending == 0 && m_awaiter)
        std::exchange(m_awaiter, nullptr)->wake();
}

void TaskGroup::throwEnding()
{
    throw Misuse(QStringLiteral("The group takes no more tasks: it is ending"),
                 QStringLiteral("heddle::TaskGroup::createTask"),
                 QStringLiteral("Create tasks before one of the group fails, or catch this"));
}

TaskGroup::Awaiter::~Awaiter()
{
    if (m_group.m_awaiter == this)
        abandon();
}

void TaskGroup::Awaiter::suspendUntilEnd(std::coroutine_handle<> point)
{
    if (m_group.m_awaiter) {
        throw Misuse(QStringLiteral("Somebody waits for the group already"),
                     QStringLiteral("heddle::TaskGroup::wait"),
                     QStringLiteral("Let one coroutine wait for it"));
    }
    suspend(point, 0, trace::WaitReason::Future);
    m_group.m_awaiter = this;
    confirmSuspension();
}

void TaskGroup::Awaiter::await_resume()
{
    if (!m_group.m_errors.empty())
        throw ErrorGroup(std::exchange(m_group.m_errors, {}));
    throwIfCancelled();
    if (m_isCancelRequested)
        throw Cancelled(QStringLiteral("The group was cancelled"), task()->name());
}

void TaskGroup::Awaiter::abandon() noexcept
{
    m_group.m_awaiter = nullptr;
}

CoroutineTaskState *TaskGroup::Awaiter::cancelled()
{
    m_isCancelRequested = true;
    m_group.cancel();
    return nullptr;
}

} // namespace heddle
