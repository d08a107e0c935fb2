// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace heddle {

/// What an executor does when one of its tasks waits, so that the others are not starved and a task
/// that waits for another one of the same executor does not wait for ever.
enum class BlockedWorkerPolicy {
    /// Executor::wait() runs pending tasks meanwhile, on top of the one that waits; so they must
    /// not
    /// wait for something that only this one will do. Where it cannot help, as Grow.
    Help,
    Grow,   ///< another thread takes over for as long as the worker is blocked
    Refuse, ///< Executor::wait() within a task of its own throws Misuse; other waits are ignored
    Ignore, ///< nothing
};

/// How an executor is made. All of it is optional.
struct ExecutorOptions
{
    /// How many tasks run at the same time; an event loop has one.
    int threads = 1;
    /// Runs once in each thread of the executor before the first task there. When it throws, the
    /// executor is broken: what is pending ends with Broken, and so does whatever comes later.
    std::function<void()> initialiser = {};
    /// What happens when a task waits.
    BlockedWorkerPolicy blockedWorkers = BlockedWorkerPolicy::Help;
    /// How many threads may be added for blocked ones.
    int maximumExtraThreads = 32;
};

} // namespace heddle
