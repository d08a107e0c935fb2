// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace heddle {

class CoroutineTaskState;
class EventLoop;

/// What the calling thread does for a loop just now: the loop, the task whose step it is, and which
/// coroutine of the task goes on next.
///
/// A coroutine that awaits another calls it like a function as long as there is room on the stack
/// (HeadRoom), so that one which finishes at once costs no suspension at all. Beyond, and where an
/// awaited coroutine ends later, it names the next coroutine and returns: run() resumes it from a
/// loop. This is a symmetric transfer that does not depend on tail calls, which g++ makes only from
/// -O2 on and not under sanitizers; so any depth of awaits fits any stack in every build.
struct CoroutineStep
{
    /// Bytes of stack that nested awaits may use before run() takes over. Little enough for the
    /// stacks of all threads, enough for some hundred optimised awaits.
    static constexpr std::uintptr_t HeadRoom = 16 << 10;

    EventLoop *loop = nullptr;
    CoroutineTaskState *task = nullptr;
    std::coroutine_handle<> next;
    std::uintptr_t stackLimit = UINTPTR_MAX; ///< stacks grow downwards

    /// Whether there is room to call a coroutine.
    [[nodiscard]] bool hasRoom() const { return stackPointer() > stackLimit; }

    /// Runs \a first and whatever it names next, until nothing does. Nests.
    static void run(CoroutineTaskState *task, std::coroutine_handle<> first) noexcept
    {
        CoroutineStep &step = t_current;
        const CoroutineStep outer = step;
        step.task = task;
        step.stackLimit = stackPointer() - HeadRoom;
        step.next = first;
        do {
            std::exchange(step.next, nullptr).resume();
        } while (step.next);
        step = outer;
    }

    [[nodiscard]] static CoroutineStep &current() noexcept { return t_current; }

private:
    [[gnu::always_inline]] static std::uintptr_t stackPointer()
    {
        return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    }
#if defined(__GNUC__) && !defined(__MINGW32__)
    // Initial-exec: one instruction instead of a call to find the variable in a shared library.
    __attribute__((tls_model("initial-exec")))
#endif
    HEDDLE_ENGINE_EXPORT static constinit thread_local CoroutineStep t_current;
};

} // namespace heddle
