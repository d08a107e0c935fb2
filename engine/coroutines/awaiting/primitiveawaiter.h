// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/asyncwaiter.h>
#include <heddle/coroutines/suspension.h>

namespace heddle {

/// Awaits one of the primitives of core; what its awaiters have in common.
///
/// The primitive tells it, in the waker's thread, that the condition may hold; it tries to take
/// what it waits for in its own turn, in its loop's thread, and waits on if another was faster. A
/// cancelled one leaves the primitive before cancel() returns, and does not touch it afterwards.
class HEDDLE_ENGINE_EXPORT PrimitiveAwaiter : public Suspension, protected AsyncWaiter
{
public:
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendAt(point);
    }

protected:
    PrimitiveAwaiter(trace::ObjectId object, trace::WaitReason reason)
        : m_object(object)
        , m_reason(reason)
    {}
    ~PrimitiveAwaiter() override = default;

    /// Registers at the primitive; false if what is waited for is there.
    virtual bool enlist() = 0;
    /// Told, or not enlisted: whether it has taken what it waits for.
    virtual bool tryTake() = 0;
    /// Leaves the primitive, which may tell the next.
    virtual void leave() noexcept = 0;
    /// To be called by the destructors of what derives from this.
    void leaveIfWaiting() noexcept
    {
        if (isWaiting() && !isCancelled())
            leave();
    }

private:
    void suspendAt(std::coroutine_handle<> point);
    void notified(trace::ThreadIndex waker) noexcept final;
    bool arrive() final { return tryTake(); }
    void waitAgain() final;
    void abandon() noexcept final { leave(); }
    CoroutineTaskState *cancelled() final;

    const trace::ObjectId m_object;
    const trace::WaitReason m_reason;
    bool m_isNotified = false; ///< under the primitive's mutex, until the turn has come
};

} // namespace heddle
