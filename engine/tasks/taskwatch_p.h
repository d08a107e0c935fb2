// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QFuture>

#include <chrono>
#include <stop_token>

namespace heddle {

class TaskControl;

/// A thread that watches over tasks for what only an event loop or a clock tells: the cancellation
/// of a future and the passing of a deadline. Starts when it is first needed and ends with the
/// process.
///
/// Threads: any. Never blocks, but for a short lock.
namespace taskwatch {

using Instant = std::chrono::steady_clock::time_point;

/// Calls control.expire() at \a deadline or soon after, unless it is removed or destroyed before.
void add(Instant deadline, TaskControl &control);
void remove(Instant deadline, TaskControl &control);

/// Requests \a stop when \a future is cancelled, for as long as it is not finished. QFuture tells
/// of its cancellation through QFutureWatcher alone, which needs an event loop.
void stopWhenCancelled(const QFuture<void> &future, const std::stop_source &stop);

} // namespace taskwatch
} // namespace heddle
