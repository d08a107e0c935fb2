// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/awaitdescriptor.h>

#include <heddle/coroutines/eventloop.h>

namespace heddle {

DescriptorAwaiter::~DescriptorAwaiter()
{
    if (isWaiting())
        abandon();
}

void DescriptorAwaiter::suspendUntilReady(std::coroutine_handle<> point)
{
    EventLoop &loop = EventLoop::running("whenReadable");
    loop.watch(*this); // may throw
    suspend(point, loop.object().id(), trace::WaitReason::InputOutput);
    confirmSuspension();
}

void DescriptorAwaiter::abandon() noexcept
{
    task()->loop().unwatch(*this);
}

} // namespace heddle
