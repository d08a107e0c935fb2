// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/coroutines/descriptorwatch.h>
#include <heddle/coroutines/suspension.h>

namespace heddle {

/// Awaits a file descriptor. Made by whenReadable() and whenWritable().
class HEDDLE_ENGINE_EXPORT DescriptorAwaiter final : public Suspension, private DescriptorWatch
{
public:
    DescriptorAwaiter(qintptr descriptor, Direction direction)
        : DescriptorWatch(descriptor, direction)
    {}
    ~DescriptorAwaiter() override;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <LoopPromise Promise>
    void await_suspend(std::coroutine_handle<Promise> point)
    {
        suspendUntilReady(point);
    }
    void await_resume() const { throwIfCancelled(); }

private:
    void suspendUntilReady(std::coroutine_handle<> point);
    void descriptorReady() override { wake(); }
    void abandon() noexcept override;
};

/// co_await whenReadable(fd): until the socket, pipe or other descriptor can be read without
/// blocking, is at its end, or has an error. Suspends in any case, so that reading in a loop gives
/// others their turns. On both loops; one coroutine at a time for a descriptor and direction.
/// Close it only after the await. \throws Cancelled; Misuse
[[nodiscard]] inline DescriptorAwaiter whenReadable(qintptr descriptor)
{
    return {descriptor, DescriptorWatch::Direction::Read};
}
/// The same for writing.
[[nodiscard]] inline DescriptorAwaiter whenWritable(qintptr descriptor)
{
    return {descriptor, DescriptorWatch::Direction::Write};
}

} // namespace heddle
