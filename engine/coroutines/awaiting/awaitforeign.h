// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/deliveryawaiter.h>

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <utility>

namespace heddle {

/// What C++ itself can await by its members: an awaiter of another library.
template <typename T>
concept ForeignAwaiter = requires(T &awaiter)
{
    {
        awaiter.await_ready()
        } -> std::convertible_to<bool>;
    awaiter.await_resume();
};
/// The same, or what has an operator co_await.
template <typename T>
concept ForeignAwaitable = ForeignAwaiter<T> || requires(T &awaitable)
{
    awaitable.operator co_await();
} || requires(T &awaitable)
{
    operator co_await(awaitable);
};

/// What a co_await of an Awaitable gives.
template <typename Awaitable>
auto foreignResult(Awaitable &awaitable)
{
    if constexpr (ForeignAwaiter<Awaitable>)
        return std::type_identity<decltype(awaitable.await_resume())>();
    else if constexpr (requires { awaitable.operator co_await(); })
        return std::type_identity<decltype(awaitable.operator co_await().await_resume())>();
    else
        return std::type_identity<decltype(operator co_await(awaitable).await_resume())>();
}

/// Awaits what another library makes, in a coroutine of its own.
///
/// Such an awaitable resumes the coroutine that awaits it whenever and in whichever thread it
/// likes, and cannot be cancelled. So a small coroutine without a loop awaits it, and hands the
/// result over; the task goes on in its turn, in its loop's thread. A task that is cancelled goes
/// on at once, and what comes later is dropped.
template <typename Awaitable>
class ForeignAwaitableAwaiter final : public DeliveryAwaiter
{
    using Result = typename decltype(foreignResult(
            std::declval<std::remove_reference_t<Awaitable> &>()))::type;
    using Value = std::conditional_t<std::is_rvalue_reference_v<Result>,
                                     std::remove_reference_t<Result>, Result>;

public:
    /// An lvalue is referred to, anything else moved.
    explicit ForeignAwaitableAwaiter(Awaitable &&awaitable)
        : m_awaitable(std::forward<Awaitable>(awaitable))
    {}
    ~ForeignAwaitableAwaiter() override { leaveIfWaiting(); }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        m_state = std::make_shared<State>(*this);
        suspendFor(point, {m_state, &m_state->slot}, 0, trace::WaitReason::Future);
        awaitElsewhere(std::forward<Awaitable>(m_awaitable), m_state);
        confirmSuspension();
    }
    Value await_resume()
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
        CoroutineResult<Value> result;
    };
    // Begins at once and destroys itself at its end.
    struct Elsewhere
    {
        struct promise_type
        {
            Elsewhere get_return_object() const noexcept { return {}; }
            std::suspend_never initial_suspend() const noexcept { return {}; }
            std::suspend_never final_suspend() const noexcept { return {}; }
            void return_void() const noexcept {}
            [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
        };
    };

    static Elsewhere awaitElsewhere(Awaitable awaitable, std::shared_ptr<State> state)
    {
        CoroutineResult<Value> result;
        try {
            if constexpr (std::is_void_v<Value>) {
                co_await std::forward<Awaitable>(awaitable);
                result.setValue();
            } else {
                result.setValue(co_await std::forward<Awaitable>(awaitable));
            }
        } catch (...) {
            result.setException(std::current_exception());
        }
        state->slot.deliver([&] { state->result.takeFrom(result); });
    }

    Awaitable m_awaitable;
    std::shared_ptr<State> m_state;
};

template <ForeignAwaitable Awaitable>
struct AwaiterFor<Awaitable>
{
    static ForeignAwaitableAwaiter<Awaitable &> await(Awaitable &awaitable)
    {
        return ForeignAwaitableAwaiter<Awaitable &>(awaitable);
    }
    static ForeignAwaitableAwaiter<Awaitable> await(Awaitable &&awaitable)
    {
        return ForeignAwaitableAwaiter<Awaitable>(std::move(awaitable));
    }
};

} // namespace heddle
