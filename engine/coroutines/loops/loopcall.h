// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/framepool.h>
#include <heddle/coroutines/looptimer.h>
#include <heddle/coroutines/readyqueue.h>

#include <utility>

namespace heddle {

class EventLoop;

/// A function that a loop is to call. Shared by the loop, until it was called or dropped, and a
/// ScheduledCall. Threads: the loop's.
class HEDDLE_ENGINE_EXPORT LoopCall : private ReadyItem, private LoopTimer
{
public:
    static void *operator new(std::size_t bytes) { return FramePool::allocate(bytes); }
    static void operator delete(void *memory, std::size_t bytes) noexcept
    {
        FramePool::release(memory, bytes);
    }

protected:
    explicit LoopCall(EventLoop &loop)
        : m_loop(loop)
    {}
    ~LoopCall() override;
    virtual void call() = 0;

private:
    friend class EventLoop;
    friend class ScheduledCall;

    void run() noexcept final;
    void drop() noexcept final;
    void due() noexcept final;
    void cancel() noexcept;
    void release() noexcept
    {
        if (--m_references == 0)
            delete this;
    }

    EventLoop &m_loop;
    int m_references = 1;
    bool m_isPending = true; ///< the loop has a reference
    bool m_isCancelled = false;
};

template <typename Function>
class LoopCallOf final : public LoopCall
{
public:
    LoopCallOf(EventLoop &loop, Function function)
        : LoopCall(loop)
        , m_function(std::move(function))
    {}

private:
    void call() override { m_function(); }

    Function m_function;
};

/// A handle to a call that a loop is to make, as asyncio's Handle and TimerHandle. Dropping it does
/// not cancel the call. Threads: the loop's.
class HEDDLE_ENGINE_EXPORT ScheduledCall
{
public:
    ScheduledCall() = default;
    /// For the loop.
    explicit ScheduledCall(LoopCall &call) noexcept
        : m_call(&call)
    {
        ++call.m_references;
    }
    ~ScheduledCall()
    {
        if (m_call)
            m_call->release();
    }
    /// Takes the handle over.
    ScheduledCall(ScheduledCall &&other) noexcept
        : m_call(std::exchange(other.m_call, nullptr))
    {}
    /// Swaps them.
    ScheduledCall &operator=(ScheduledCall &&other) noexcept
    {
        std::swap(m_call, other.m_call);
        return *this;
    }

    /// The function will not be called. Harmless when it was, or is just now.
    void cancel()
    {
        if (m_call)
            m_call->cancel();
    }
    /// Whether the call is still to be made.
    [[nodiscard]] bool isPending() const { return m_call && m_call->m_isPending; }

private:
    LoopCall *m_call = nullptr;
};

} // namespace heddle
