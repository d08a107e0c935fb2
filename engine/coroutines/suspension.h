// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/coroutine.h>
#include <heddle/coroutines/readyqueue.h>
#include <heddle/trace/object.h>

namespace heddle {

/// What a suspended task waits for: the base of all awaiters that may suspend. Its end is in the
/// loop's hands, so that a task goes on in its turn, in its loop's thread, and can be cancelled.
///
/// An awaiter derives from it, calls suspend() in its await_suspend(), arranges that wake() is
/// called once in the loop's thread, and calls throwIfCancelled() in its await_resume(). It says
/// with abandon() how to undo the arrangement. The awaiter lives in the coroutine's frame; its
/// destructor abandons what it still waits for (a loop that ends destroys its tasks' frames).
///
/// Threads: the loop's.
class HEDDLE_ENGINE_EXPORT Suspension : public LoopAwaiter, private ReadyItem
{
public:
    Suspension(const Suspension &) = delete;
    Suspension &operator=(const Suspension &) = delete;

    /// Ends the wait because its task is to be cancelled. Gives the task that is to be cancelled in
    /// its place, if the wait goes on until that has ended; else null.
    [[nodiscard]] CoroutineTaskState *cancelWait();
    /// The same at once, whatever else is to be cancelled.
    void cancelAlone();

protected:
    Suspension() = default;
    ~Suspension() override;

    /// The current task waits from now on, at \a point of its coroutine, for \a object. Call it
    /// before anything that may lead to wake(), and confirmSuspension() after that.
    /// \throws Misuse outside of a task
    void suspend(std::coroutine_handle<> point, trace::ObjectId object, trace::WaitReason reason);
    /// The current task gives up its turn, and has another in the next one.
    void yield(std::coroutine_handle<> point);
    /// Delivers a cancellation that came before the task suspended.
    void confirmSuspension();

    /// The task goes on in its turn. Once.
    void wake();
    /// The same from any thread, by the loop's thread-safe entry; the awaiter may be destroyed
    /// before this returns.
    void wakeFromAnyThread();

    /// The turn has come: whether the task goes on.
    virtual bool arrive() { return true; }
    /// It does not: arranges that wake() is called once more.
    virtual void waitAgain() {}
    /// Nothing will call wake() after this.
    virtual void abandon() noexcept = 0;
    /// The task is to be cancelled while it waits: as cancelWait().
    virtual CoroutineTaskState *cancelled();

    /// To be asked in await_resume(). \throws Cancelled
    void throwIfCancelled() const
    {
        if (m_isCancelled) [[unlikely]]
            throwCancelled();
    }
    [[nodiscard]] bool isCancelled() const { return m_isCancelled; }
    /// Whether wake() has still to be called.
    [[nodiscard]] bool isWaiting() const { return m_isWaiting; }
    [[nodiscard]] CoroutineTaskState *task() const { return m_task; }

    /// wake(), and Cancelled is thrown then.
    void wakeCancelled();
    /// Cancelled is thrown when the task goes on, for which something else will see.
    void setCancelled() { m_isCancelled = true; }

private:
    void leave(std::coroutine_handle<> point);
    void run() noexcept final;
    [[noreturn]] void throwCancelled() const;

    CoroutineTaskState *m_task = nullptr;
    std::coroutine_handle<> m_point;
    trace::ObjectId m_object = 0;
    trace::WaitReason m_reason = trace::WaitReason::Unknown;
    bool m_isWaiting = false;
    bool m_isCancelled = false;
};

} // namespace heddle
