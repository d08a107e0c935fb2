// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtGlobal>

namespace heddle {

/// By which a worker knows where to connect, and proves which one it is.
inline constexpr char WorkerSocketVariable[] = "HEDDLE_WORKER_SOCKET";
inline constexpr char WorkerTokenVariable[] = "HEDDLE_WORKER_TOKEN";

/// Exit codes of a worker.
namespace WorkerExitCode {
inline constexpr int NoLibrary = 2;    ///< a library of jobs cannot be loaded
inline constexpr int ExecutorLost = 3; ///< the executor cannot be reached any more
} // namespace WorkerExitCode

/// Why a job has no result.
enum class JobFailureKind : quint8 {
    Thrown,  ///< it threw
    Unknown, ///< the worker has no job of that name
};

} // namespace heddle
