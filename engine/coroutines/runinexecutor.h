// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/coroutines/deliveryawaiter.h>
#include <heddle/tasks/executor.h>

#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace heddle {

/// Awaits a function that an executor runs. Made by runInExecutor().
template <typename Function>
class ExecutorAwaiter final : public DeliveryAwaiter
{
    static constexpr bool TakesStop = std::is_invocable_v<Function &, std::stop_token>;
    using Result =
            typename std::conditional_t<TakesStop, std::invoke_result<Function &, std::stop_token>,
                                        std::invoke_result<Function &>>::type;

public:
    ExecutorAwaiter(Executor &executor, Function function, const TaskOptions &options)
        : m_executor(executor)
        , m_function(std::move(function))
        , m_options(options)
    {}
    ~ExecutorAwaiter() override
    {
        leaveIfWaiting();
        if (isWaiting())
            letGo();
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        m_state = std::make_shared<State>(*this);
        suspendFor(point, {m_state, &m_state->slot}, m_executor.id(), trace::WaitReason::Future);
        try {
            m_executor.post(Job(m_state, std::move(m_function)), m_options);
        } catch (...) {                   // the executor takes no more: thrown in the task's turn
            m_state->slot.deliver([] {}); // unless the job's destructor has
            m_state->result.setException(std::current_exception());
        }
        confirmSuspension();
    }
    Result await_resume()
    {
        throwIfCancelled();
        return m_state->result.take();
    }

private:
    struct State
    {
        explicit State(DeliveryAwaiter &awaiter)
            : slot(awaiter)
        {}
        Slot slot;
        CoroutineResult<Result> result;
        std::stop_source stop;
    };
    // What the executor has. Delivers in any case, also when it is dropped without having run.
    class Job
    {
    public:
        Job(std::shared_ptr<State> state, Function function)
            : m_state(std::move(state))
            , m_function(std::move(function))
        {}
        Job(Job &&other) noexcept(std::is_nothrow_move_constructible_v<Function>) = default;
        Job &operator=(Job &&) = delete;
        ~Job()
        {
            if (!m_state)
                return;
            CoroutineResult<Result> result;
            result.setException(std::make_exception_ptr(
                    Cancelled(QStringLiteral("The executor dropped the function"),
                              QStringLiteral("heddle::runInExecutor"))));
            deliver(result);
        }
        void operator()()
        {
            CoroutineResult<Result> result;
            try {
                const auto call = [this]() -> Result {
                    if constexpr (TakesStop)
                        return m_function(m_state->stop.get_token());
                    else
                        return m_function();
                };
                if constexpr (std::is_void_v<Result>) {
                    call();
                    result.setValue();
                } else {
                    result.setValue(call());
                }
            } catch (...) {
                result.setException(std::current_exception());
            }
            deliver(result);
        }

    private:
        void deliver(CoroutineResult<Result> &result)
        {
            const auto state = std::exchange(m_state, nullptr);
            state->slot.deliver([&] { state->result.takeFrom(result); });
        }

        std::shared_ptr<State> m_state;
        Function m_function;
    };

    void letGo() noexcept override { m_state->stop.request_stop(); }

    Executor &m_executor;
    Function m_function;
    const TaskOptions m_options;
    std::shared_ptr<State> m_state;
};

/// co_await runInExecutor(executor, function): runs \a function in a thread of \a executor; its
/// result or exception comes back on the loop's own thread. As asyncio's run_in_executor.
///
/// Cancelling the awaiter raises the std::stop_token that \a function may take, and does not wait
/// for it: what it returns is dropped then. \throws what the function throws; ShutDown, Broken when
/// the executor takes nothing more; Cancelled, also when the executor dropped the function
template <typename Function>
[[nodiscard]] auto runInExecutor(Executor &executor, Function function,
                                 const TaskOptions &options = {})
{
    return ExecutorAwaiter<Function>(executor, std::move(function), options);
}

} // namespace heddle
