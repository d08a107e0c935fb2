// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#if defined(__SANITIZE_THREAD__)
#    define HEDDLE_THREAD_SANITIZER
#elif defined(__has_feature)
#    if __has_feature(thread_sanitizer)
#        define HEDDLE_THREAD_SANITIZER
#    endif
#endif
#ifdef HEDDLE_THREAD_SANITIZER
#    include <sanitizer/tsan_interface.h>
#endif

namespace heddle {

/// A function that Qt carries to another thread, by an event, a pool or a future.
///
/// Qt orders the two threads, but is not built with the thread sanitizer, which therefore takes the
/// hand-over for a race. This tells it of the order: what came before the function was put into its
/// place comes before its call and its end. Without the sanitizer it is the function alone.
///
/// Threads: as the function's.
template <typename Function>
class HandedOver
{
public:
    explicit HandedOver(Function function)
        : m_function(std::move(function))
    {
        release();
    }
    ~HandedOver() { acquire(); }
    HandedOver(HandedOver &&other) noexcept(std::is_nothrow_move_constructible_v<Function>)
        : m_function(std::move(other.acquired()))
    {
        release();
    }
    HandedOver(const HandedOver &other)
        : m_function(other.acquired())
    {
        release();
    }
    HandedOver &operator=(const HandedOver &) = delete;

    template <typename... Arguments>
    requires std::is_invocable_v<Function &, Arguments...>
    void operator()(Arguments &&...arguments)
    {
        acquire();
        m_function(std::forward<Arguments>(arguments)...);
        release(); // it may end in the thread that handed it over
    }

private:
#ifdef HEDDLE_THREAD_SANITIZER
    void acquire() const
    {
        __tsan_acquire(const_cast<HandedOver *>(this));
    }
    void release() const
    {
        __tsan_release(const_cast<HandedOver *>(this));
    }
#else
    void acquire() const {}
    void release() const {}
#endif
    Function &acquired()
    {
        acquire();
        return m_function;
    }
    const Function &acquired() const
    {
        acquire();
        return m_function;
    }

    Function m_function;
};

} // namespace heddle
