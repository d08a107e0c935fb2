// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/sources/kernelscheduling.h>

#include "schedulingsource_p.h"

namespace heddle::trace {

struct KernelScheduling::Private
{
    std::unique_ptr<SchedulingSource> source;
    std::string reason;
    std::vector<SchedulingRecord> records;
};

KernelScheduling::KernelScheduling()
    : d(std::make_unique<Private>())
{}

KernelScheduling::~KernelScheduling() = default;

KernelScheduling::Source KernelScheduling::start(std::uint64_t processId, bool allowPerfEvents)
{
    stop();
    if (allowPerfEvents)
        d->source = openPerfEvents(processId, &d->reason);
    else
        d->reason = "perf events were not asked for";
    if (!d->source) {
        std::string second;
        d->source = openSchedstatSampling(processId, &second);
        if (!d->source)
            d->reason += "; " + second;
    }
    return source();
}

void KernelScheduling::stop()
{
    d->source.reset();
    d->reason.clear();
}

KernelScheduling::Source KernelScheduling::source() const
{
    return d->source ? d->source->kind() : Source::None;
}

const std::string &KernelScheduling::reason() const
{
    return d->reason;
}

void KernelScheduling::drain(RecordSink &sink, bool last)
{
    if (!d->source)
        return;
    d->records.clear();
    d->source->read(d->records, last);
    if (!d->records.empty())
        sink.scheduling(d->records);
}

std::uint64_t KernelScheduling::lost() const
{
    return d->source ? d->source->lost() : 0;
}

} // namespace heddle::trace
