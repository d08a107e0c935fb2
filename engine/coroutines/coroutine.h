// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/coroutineresult.h>
#include <heddle/coroutines/coroutinestep.h>
#include <heddle/coroutines/framepool.h>

#include <concepts>
#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

namespace heddle {

template <typename T>
class Coroutine;

/// How an object of \a Type is awaited: specialised in one header per kind of thing, with a
/// function `static auto await(Type …)` that gives an awaiter.
template <typename Type>
struct AwaiterFor;

/// Base of what can stand behind co_await as it is.
class LoopAwaiter
{};

/// An awaiter that stays where it is: g++ 12 copies what await_transform() gives a reference to.
template <typename Awaiter>
class AwaiterReference
{
public:
    explicit AwaiterReference(Awaiter &awaiter)
        : m_awaiter(awaiter)
    {}
    [[nodiscard]] bool await_ready() { return m_awaiter.await_ready(); }
    template <typename Promise>
    auto await_suspend(std::coroutine_handle<Promise> point)
    {
        return m_awaiter.await_suspend(point);
    }
    decltype(auto) await_resume() { return m_awaiter.await_resume(); }

private:
    Awaiter &m_awaiter;
};

/// What all coroutines have, whatever they return.
class CoroutinePromiseBase
{
public:
    static void *operator new(std::size_t bytes) { return FramePool::allocate(bytes); }
    static void operator delete(void *memory, std::size_t bytes) noexcept
    {
        FramePool::release(memory, bytes);
    }

    /// The end: whoever awaits goes on.
    struct End
    {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <typename Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept
        {
            // Nobody if the awaiter called the ended coroutine and looks itself, or it is a task's.
            if (const std::coroutine_handle<> awaiter = ended.promise().m_awaiter)
                CoroutineStep::current().next = awaiter;
        }
        void await_resume() const noexcept {}
    };

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] End final_suspend() const noexcept { return {}; }

    /// Awaiters as they are; everything else by AwaiterFor.
    template <typename Awaitable>
    static auto await_transform(Awaitable &&awaitable)
    {
        using Type = std::remove_cvref_t<Awaitable>;
        if constexpr (std::derived_from<Type, LoopAwaiter>)
            return AwaiterReference<Type>(awaitable);
        else
            return AwaiterFor<Type>::await(std::forward<Awaitable>(awaitable));
    }

    /// Where the coroutine's function is defined.
    [[nodiscard]] const std::source_location &where() const { return m_where; }
    /// Who goes on when this one has ended.
    void setAwaiter(std::coroutine_handle<> awaiter) { m_awaiter = awaiter; }

protected:
    CoroutinePromiseBase() = default;
    ~CoroutinePromiseBase() = default;

    std::source_location m_where;

private:
    std::coroutine_handle<> m_awaiter;
};

/// A coroutine of Heddle's, which awaits by way of its loop.
template <typename Promise>
concept LoopPromise = std::derived_from<Promise, CoroutinePromiseBase>;

/// Tells that the coroutine at \a where was called and dropped.
HEDDLE_ENGINE_EXPORT void reportNeverAwaited(const std::source_location &where) noexcept;

/// The promise of a coroutine that returns a value.
template <typename T>
class CoroutinePromise final : public CoroutinePromiseBase
{
public:
    // The compiler calls this in the coroutine's function, which is where the location points to.
    Coroutine<T>
    get_return_object(const std::source_location &where = std::source_location::current()) noexcept;

    template <typename Value = T>
    requires std::convertible_to<Value, T>
    void return_value(Value &&value) { m_result.setValue(std::forward<Value>(value)); }
    void unhandled_exception() noexcept { m_result.setException(std::current_exception()); }
    [[nodiscard]] CoroutineResult<T> &result() { return m_result; }

private:
    CoroutineResult<T> m_result;
};

template <>
class CoroutinePromise<void> final : public CoroutinePromiseBase
{
public:
    Coroutine<void>
    get_return_object(const std::source_location &where = std::source_location::current()) noexcept;
    void return_void() { m_result.setValue(); }
    void unhandled_exception() noexcept { m_result.setException(std::current_exception()); }
    [[nodiscard]] CoroutineResult<void> &result() { return m_result; }

private:
    CoroutineResult<void> m_result;
};

/// A call of a coroutine function: what runs when it is awaited, and not before.
///
/// As asyncio's coroutine objects (docs.python.org, 3.13): calling the function runs nothing.
/// co_await runs it inline, at once, in the awaiter's own step, until its first real suspension;
/// the awaiter goes on when it has ended, with its result or its exception. EventLoop::createTask()
/// has it run beside its creator. It owns the coroutine: an object that is dropped without either
/// is reported (CoroutineReport::NeverAwaited).
///
/// The parameters of a coroutine function are kept with it until the end of the co_await; what they
/// refer to must live so long. A lambda with captures must itself live so long: prefer parameters.
///
/// Threads: the one of the loop that runs it; it may be made and moved elsewhere. Never blocks.
/// Cost: one frame from the FramePool; a co_await of one that does not suspend is about a function
/// call, of any depth (CoroutineStep).
///
/// \code
/// Coroutine<int> twice(int x) { co_return 2 * x; }
/// Coroutine<int> program() { co_return co_await twice(4) + co_await twice(5); }
/// \endcode
template <typename T = void>
class [[nodiscard]] Coroutine
{
public:
    /// For the compiler.
    using promise_type = CoroutinePromise<T>;
    /// For the compiler.
    using Handle = std::coroutine_handle<promise_type>;
    /// What co_await gives.
    using Result = T;

    /// Nothing to await.
    Coroutine() = default;
    /// For the compiler.
    explicit Coroutine(Handle handle) noexcept
        : m_handle(handle)
    {}
    ~Coroutine() { drop(); }
    /// Takes the coroutine over.
    Coroutine(Coroutine &&other) noexcept
        : m_handle(std::exchange(other.m_handle, nullptr))
    {}
    /// Drops its own first.
    Coroutine &operator=(Coroutine &&other) noexcept
    {
        if (this != &other) {
            drop();
            m_handle = std::exchange(other.m_handle, nullptr);
        }
        return *this;
    }

    /// Whether there is something to await. False once it was moved from.
    [[nodiscard]] explicit operator bool() const { return static_cast<bool>(m_handle); }
    /// Gives up ownership: for who runs or destroys the coroutine itself.
    [[nodiscard]] Handle release() { return std::exchange(m_handle, nullptr); }

private:
    void drop() noexcept
    {
        if (!m_handle)
            return;
        if (!m_handle.promise().result().isStarted()) [[unlikely]]
            reportNeverAwaited(m_handle.promise().where());
        m_handle.destroy();
    }

    friend struct AwaiterFor<Coroutine>;
    Handle m_handle;
};

/// Awaits a coroutine: runs it.
template <typename T>
class CoroutineAwaiter : public LoopAwaiter
{
public:
    explicit CoroutineAwaiter(std::coroutine_handle<CoroutinePromise<T>> coroutine)
        : m_coroutine(coroutine)
    {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <LoopPromise Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiter) const noexcept
    {
        auto &promise = m_coroutine.promise();
        promise.result().setStarted();
        if (CoroutineStep &step = CoroutineStep::current(); !step.hasRoom()) [[unlikely]] {
            promise.setAwaiter(awaiter);
            step.next = m_coroutine;
            return true;
        }
        m_coroutine.resume();
        if (promise.result().isThere()) [[likely]]
            return false;
        // It has suspended. Nobody resumes it before this step has returned to its loop.
        promise.setAwaiter(awaiter);
        return true;
    }
    T await_resume() const { return m_coroutine.promise().result().take(); }

private:
    std::coroutine_handle<CoroutinePromise<T>> m_coroutine;
};

template <typename T>
struct AwaiterFor<Coroutine<T>>
{
    static CoroutineAwaiter<T> await(Coroutine<T> &&coroutine)
    {
        Q_ASSERT_X(coroutine, "heddle::Coroutine", "awaited twice");
        return CoroutineAwaiter<T>(coroutine.m_handle);
    }
};

template <typename T>
Coroutine<T> CoroutinePromise<T>::get_return_object(const std::source_location &where) noexcept
{
    m_where = where;
    return Coroutine<T>(std::coroutine_handle<CoroutinePromise>::from_promise(*this));
}

inline Coroutine<void>
CoroutinePromise<void>::get_return_object(const std::source_location &where) noexcept
{
    m_where = where;
    return Coroutine<void>(std::coroutine_handle<CoroutinePromise>::from_promise(*this));
}

} // namespace heddle
