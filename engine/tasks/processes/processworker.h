// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

namespace heddle {

/// Whether a ProcessExecutor started this process as one of its workers.
///
/// A program that names itself as the program of its workers asks this first of all in main():
/// \code
/// int main(int argc, char **argv)
/// {
///     registerJobs(heddle::JobRegistry::ofProcess());
///     if (heddle::isProcessWorker())
///         return heddle::runProcessWorker(argc, argv);
///     …
/// \endcode
[[nodiscard]] HEDDLE_ENGINE_EXPORT bool isProcessWorker();

/// Runs the jobs of JobRegistry::ofProcess() that the executor asks for, one at a time in a thread
/// called "jobs", until it closes the connection; returns the process's exit code. Makes the
/// QCoreApplication. Main thread; blocks.
///
/// When the executor's process dies, so does this one, whatever its job does.
[[nodiscard]] HEDDLE_ENGINE_EXPORT int runProcessWorker(int &argc, char **argv);

} // namespace heddle
