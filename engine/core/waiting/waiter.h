// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/wakes.h>
#include <heddle/trace/flow.h>

namespace heddle {

/// Something that waits at a WaitPoint: a blocked thread, or a coroutine (AsyncWaiter).
///
/// Threads: every member under the mutex of the primitive.
class HEDDLE_ENGINE_EXPORT Waiter
{
public:
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;

protected:
    enum class Kind { Thread, Coroutine };
    explicit Waiter(Kind kind)
        : m_isThread(kind == Kind::Thread)
    {}
    virtual ~Waiter();

    /// Whether a wake-up would be of use. Asked by the waker.
    [[nodiscard]] virtual bool isReady() const = 0;
    /// Whether it is ready only because of a shut-down.
    [[nodiscard]] virtual bool isShutDown() const = 0;
    /// Lets it go on. Called by the waker, in its thread.
    virtual void rouse(Wakes &wakes) = 0;

    [[nodiscard]] bool isListed() const { return m_listed; }
    [[nodiscard]] trace::ThreadIndex waker() const { return m_waker; }

private:
    friend class WaitPoint;

    Waiter *m_previous = nullptr;
    Waiter *m_next = nullptr;
    trace::Flow m_flow;
    trace::ThreadIndex m_waker = 0;
    bool m_listed = false;
    bool m_woken = false; ///< and has neither used nor passed on the wake-up
    bool m_byShutDown = false;
    const bool m_isThread;
};

} // namespace heddle
