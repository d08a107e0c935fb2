// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/coroutines/deliveryawaiter.h>

#include <QFuture>

#include <concepts>

namespace heddle {

/// Has \a slot served when \a future is finished. Loop's thread of \a loop.
HEDDLE_ENGINE_EXPORT void deliverWhenFinished(const QFuture<void> &future, EventLoop &loop,
                                              std::shared_ptr<DeliveryAwaiter::Slot> slot);

/// co_await future: the (first) result of a QFuture, of whatever executor or thread.
///
/// Throws the future's exception, and Cancelled if it was cancelled. Cancelling the awaiter cancels
/// the future, as asyncio does with a wrapped one. A result that cannot be copied is taken out.
template <typename T>
class FutureAwaiter final : public DeliveryAwaiter
{
public:
    explicit FutureAwaiter(QFuture<T> future)
        : m_future(std::move(future))
    {}
    ~FutureAwaiter() override { leaveIfWaiting(); }

    [[nodiscard]] bool await_ready() const { return m_future.isFinished(); }
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        auto slot = std::make_shared<Slot>(*this);
        suspendFor(point, slot, 0, trace::WaitReason::Future);
        deliverWhenFinished(QFuture<void>(m_future), task()->loop(), std::move(slot));
        confirmSuspension();
    }
    T await_resume()
    {
        throwIfCancelled();
        m_future.waitForFinished(); // it is; this throws its exception
        if (m_future.isCanceled())
            throw Cancelled(QStringLiteral("The future was cancelled"), QStringLiteral("QFuture"));
        if constexpr (!std::is_void_v<T>) {
            if constexpr (std::copy_constructible<T>)
                return m_future.result();
            else
                return m_future.takeResult();
        }
    }

private:
    void letGo() noexcept override { m_future.cancel(); }

    QFuture<T> m_future;
};

template <typename T>
struct AwaiterFor<QFuture<T>>
{
    static FutureAwaiter<T> await(QFuture<T> future) { return FutureAwaiter<T>(std::move(future)); }
};

} // namespace heddle
