// SPDX-License-Identifier: Apache-2.0

// heddle-worker LIBRARY…: runs the jobs that libraries export, for a ProcessExecutor.

#include "processstart_p.h"

#include <heddle/core/error.h>
#include <heddle/tasks/jobs.h>
#include <heddle/tasks/processworker.h>

#include <QPluginLoader>

#include <cstdio>

using namespace heddle;

int main(int argc, char **argv)
{
    if (!isProcessWorker()) {
        std::fprintf(stderr, "heddle-worker is started by a heddle::ProcessExecutor.\n");
        return WorkerExitCode::ExecutorLost;
    }
    for (int number = 1; number < argc; ++number) {
        // Never unloaded: jobs may run until the process ends.
        QPluginLoader loader(QString::fromLocal8Bit(argv[number]));
        auto *library = qobject_cast<JobLibrary *>(loader.instance());
        if (!library) {
            std::fprintf(stderr, "heddle-worker: %s is no library of jobs: %s\n", argv[number],
                         qPrintable(loader.isLoaded() ? QStringLiteral(
                                            "it does not implement " HEDDLE_JOBS_IID)
                                                      : loader.errorString()));
            return WorkerExitCode::NoLibrary;
        }
        try {
            library->exportJobs(JobRegistry::ofProcess());
        } catch (const std::exception &error) {
            std::fprintf(stderr, "heddle-worker: %s: %s\n", argv[number], error.what());
            return WorkerExitCode::NoLibrary;
        }
    }
    return runProcessWorker(argc, argv);
}
