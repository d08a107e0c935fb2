// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/gather.h>

namespace heddle {

/// Awaits a task without handing a cancellation on to it.
template <typename T>
class ShieldAwaiter final : public TaskEndAwaiter
{
public:
    explicit ShieldAwaiter(CoroutineTask<T> task)
        : TaskEndAwaiter(*task.state())
        , m_task(std::move(task))
    {}
    ~ShieldAwaiter() override { abandon(); }

    T await_resume()
    {
        throwIfCancelled();
        if constexpr (std::is_void_v<T>)
            m_task.result();
        else
            return gatheredResult(m_task);
    }

private:
    CoroutineTaskState *cancelled() override { return Suspension::cancelled(); }

    CoroutineTask<T> m_task;
};

/// co_await shield(what()): as awaiting the task, but cancelling the awaiter does not cancel it:
/// Cancelled is thrown to the awaiter at once, and the task goes on. As asyncio.shield. In a loop's
/// turn. \throws Misuse outside
template <template <typename> class Kind, typename T>
[[nodiscard]] auto shield(Kind<T> what)
{
    return ShieldAwaiter<T>(toTask(std::move(what)));
}

} // namespace heddle
