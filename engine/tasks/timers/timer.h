// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/tasks/timerstate.h>

namespace heddle {

/// A function that runs when its time has come; TimerService makes them.
///
/// The Timer is the owner: its end is cancelAndWait(). A default-constructed or moved-from one is
/// idle. The executor must live until the timer was cancelled or has ended; a timer whose executor
/// takes no more tasks ends.
///
/// Threads: any, each Timer by one at a time.
class HEDDLE_ENGINE_EXPORT Timer
{
public:
    Timer();
    ~Timer();
    /// Takes the timer over.
    Timer(Timer &&other) noexcept;
    /// Ends its own timer first, as the destructor does.
    Timer &operator=(Timer &&other) noexcept;

    /// The function does not start any more, and the executor is left alone from now on; a run that
    /// has started goes on. True when a run was prevented. Never blocks for longer than a post.
    bool cancel();
    /// cancel(), then waits for a run that goes on, unless that run is the caller. Blocks.
    void cancelAndWait();
    /// The function may still start, or is running. Never blocks.
    [[nodiscard]] bool isActive() const;
    /// How often the function has started. Never blocks.
    [[nodiscard]] quint64 runs() const;
    /// How many due times have passed without a run of their own, because the run before had not
    /// ended. Never blocks.
    [[nodiscard]] quint64 overruns() const;
    /// Lets go of the timer, which goes on by itself. What its function uses, and its executor,
    /// must live until it ends: for ever, when it is periodic.
    void detach();

private:
    friend class TimerService;
    explicit Timer(TimerState *state);

    QExplicitlySharedDataPointer<TimerState> m_state;
};

} // namespace heddle
