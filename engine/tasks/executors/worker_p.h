// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parker_p.h"
#include "stealingdeque_p.h"

#include <heddle/core/thread.h>
#include <heddle/tasks/workerexecutor.h>

namespace heddle {

/// One thread of a WorkerExecutor, and what belongs to it.
class WorkerExecutor::Worker
{
public:
    explicit Worker(const WorkerExecutor &executor, int number)
        : executor(executor)
        , number(number)
    {}

    const WorkerExecutor &executor;
    const int number;
    StealingDeque tasks;

    // The thread's own.
    bool isSearching = false;
    unsigned victim = 0; ///< from whom it stole last
    Parker *parker = nullptr;

    bool isAsleep = false; ///< under the executor's mutex
    bool isIdle = false;   ///< asleep and in no task; under the executor's mutex

    std::unique_ptr<Thread> thread; ///< last: it uses all of the above
};

} // namespace heddle
