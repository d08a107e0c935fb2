// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/waiter.h>

#include <functional>

namespace heddle {

class WaitPoint;

/// What a coroutine leaves at a primitive instead of blocking a thread.
///
/// It is registered with one of the primitive's notifyWhen…() functions, is told once when the
/// condition may hold, and tries again then: another may have been faster. Whoever no longer wants
/// what it waits for calls the primitive's forget(), also after it was told: a wake-up that it did
/// not use goes to the next. It must not be destroyed while it is registered.
///
/// Threads: registered and forgotten by its owner, told by the waker.
class HEDDLE_ENGINE_EXPORT AsyncWaiter : private Waiter
{
public:
    ~AsyncWaiter() override;

protected:
    AsyncWaiter();

    /// The condition may hold now, or the object was shut down; \a waker is the
    /// trace::currentThread() of who saw to it. In the waker's thread, under the primitive's mutex:
    /// it hands over to the coroutine's loop, and neither blocks nor touches the primitive.
    virtual void notified(trace::ThreadIndex waker) noexcept = 0;

private:
    friend class WaitPoint;
    bool isReady() const final { return m_ready(); }
    bool isShutDown() const final { return false; }
    void rouse(Wakes &wakes) final;

    std::function<bool()> m_ready;      ///< what it waits for; set by the primitive
    const WaitPoint *m_point = nullptr; ///< where it was registered last
};

} // namespace heddle
