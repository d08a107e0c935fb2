// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>
#include <heddle/trace/recordingreader.h>

#include <memory>
#include <string>

namespace heddle::trace {

/// Tells when each thread of a process was on a CPU, from the kernel.
///
/// Linux: perf_event_open with a dummy software event and context-switch records, inherited by the
/// threads started later; needs no root where perf_event_paranoid is at most 2. Where that is
/// refused, /proc/PID/task/*/schedstat is sampled at each drain(): intervals are then estimates as
/// fine as the drains, and source() says so. Elsewhere: none.
///
/// Threads: one at a time. drain() makes system calls only in the fallback.
class HEDDLE_ENGINE_EXPORT KernelScheduling
{
public:
    /// Where it comes from.
    enum class Source { None, PerfEvents, SchedstatSampling };

    KernelScheduling();
    ~KernelScheduling();
    KernelScheduling(const KernelScheduling &) = delete;
    KernelScheduling &operator=(const KernelScheduling &) = delete;

    /// Follows the threads of \a processId, best before it has started more than its first one.
    /// \a allowPerfEvents false chooses the fallback at once.
    Source start(std::uint64_t processId, bool allowPerfEvents = true);
    /// Ends it. Harmless when repeated.
    void stop();
    /// What is in use.
    [[nodiscard]] Source source() const;
    /// Why the better source could not be used; empty if it could.
    [[nodiscard]] const std::string &reason() const;
    /// Hands over what came since the last call, in order of time. What happened in the last
    /// millisecond is kept back, lest an older record of another CPU come later; not if this is the
    /// \a last call.
    void drain(RecordSink &sink, bool last = false);
    /// Context switches that the kernel could not keep.
    [[nodiscard]] std::uint64_t lost() const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle::trace
