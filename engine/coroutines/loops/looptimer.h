// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/timerheap.h>

namespace heddle {

/// Something that a loop is to do at an instant. Threads: the loop's.
class LoopTimer : public TimerHeap::Entry
{
protected:
    LoopTimer() = default;
    virtual ~LoopTimer() = default;

    /// The instant has come; the timer runs no longer. It may start none.
    virtual void due() noexcept = 0;

private:
    friend class EventLoop;
};

} // namespace heddle
