// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/recordingreader.h>
#include <heddle/trace/sources/kernelscheduling.h>

#include <memory>
#include <string>
#include <vector>

namespace heddle::trace {

/// One way of learning when threads were on a CPU.
class SchedulingSource
{
public:
    virtual ~SchedulingSource() = default;
    virtual KernelScheduling::Source kind() const = 0;
    /// Appends what came since the last call, in order of time; all of it if this is the \a last.
    virtual void read(std::vector<SchedulingRecord> &out, bool last) = 0;
    virtual std::uint64_t lost() const { return 0; }
};

/// Null, with the reason, where the kernel refuses.
std::unique_ptr<SchedulingSource> openPerfEvents(std::uint64_t processId, std::string *reason);
std::unique_ptr<SchedulingSource> openSchedstatSampling(std::uint64_t processId,
                                                        std::string *reason);

/// The operating-system ids of the threads of \a processId.
std::vector<std::uint64_t> threadsOfProcess(std::uint64_t processId);

} // namespace heddle::trace
