// SPDX-License-Identifier: Apache-2.0
// Context switches from perf_event_open(2): a dummy software event that counts nothing but carries
// PERF_RECORD_SWITCH records, and PERF_RECORD_EXIT for a thread's last switch, which comes when its
// event is gone. One ring per CPU, shared by all threads followed there.
#include "schedulingsource_p.h"

#include <heddle/trace/clock.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#if defined(__linux__)
#    include <linux/perf_event.h>
#    include <sys/ioctl.h>
#    include <sys/mman.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#endif

namespace heddle::trace {

#if defined(__linux__)
namespace {

// The unprivileged limit is perf_event_mlock_kb (516 KiB) per CPU.
constexpr std::size_t RingPages = 64;
// A switch is recorded a little after it was stamped, on whichever CPU.
constexpr std::int64_t SettleNs = 1'000'000;

int openEvent(std::uint64_t thread, int cpu)
{
    perf_event_attr attributes = {};
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.size = sizeof(attributes);
    attributes.config = PERF_COUNT_SW_DUMMY;
    attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
    attributes.sample_id_all = 1;
    attributes.context_switch = 1;
    attributes.task = 1;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    attributes.inherit = 1;
    attributes.use_clockid = 1;
    attributes.clockid = CLOCK_MONOTONIC;
    return static_cast<int>(::syscall(SYS_perf_event_open, &attributes, static_cast<pid_t>(thread),
                                      cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

class Ring
{
public:
    Ring() = default;
    Ring(const Ring &) = delete;
    Ring &operator=(const Ring &) = delete;
    ~Ring()
    {
        if (m_page)
            ::munmap(m_page, m_bytes);
        for (int event : m_events)
            ::close(event);
    }

    // Adds a thread's event; the first one owns the memory, the others write to it too.
    bool add(int event)
    {
        m_events.push_back(event);
        if (m_page)
            return ::ioctl(event, PERF_EVENT_IOC_SET_OUTPUT, m_events.front()) == 0;
        m_pageBytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        m_bytes = (RingPages + 1) * m_pageBytes;
        void *memory = ::mmap(nullptr, m_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
        if (memory == MAP_FAILED)
            return false;
        m_page = static_cast<perf_event_mmap_page *>(memory);
        return true;
    }

    void read(std::vector<SchedulingRecord> &out, std::uint64_t &lost)
    {
        if (!m_page)
            return;
        // The kernel writes data_head with a release barrier (linux/perf_event.h).
        const std::uint64_t head = __atomic_load_n(&m_page->data_head, __ATOMIC_ACQUIRE);
        std::uint64_t tail = m_page->data_tail;
        while (head - tail >= sizeof(perf_event_header)) {
            perf_event_header header = {};
            copy(tail, &header, sizeof(header));
            if (header.size < sizeof(header) || header.size > head - tail)
                break;
            readRecord(tail, header, out, lost);
            tail += header.size;
        }
        __atomic_store_n(&m_page->data_tail, tail, __ATOMIC_RELEASE);
    }

private:
    struct SampleId
    {
        std::uint32_t pid, tid;
        std::uint64_t time;
        std::uint32_t cpu, reserved;
    };

    struct TaskIds
    {
        std::uint32_t pid, parentPid;
        std::uint32_t tid, parentTid;
        std::uint64_t time;
    };

    void copy(std::uint64_t offset, void *target, std::size_t bytes) const
    {
        const std::size_t size = RingPages * m_pageBytes;
        const auto *data = reinterpret_cast<const std::byte *>(m_page) + m_pageBytes;
        const std::size_t start = offset % size;
        const std::size_t first = std::min(bytes, size - start);
        std::memcpy(target, data + start, first);
        std::memcpy(static_cast<std::byte *>(target) + first, data, bytes - first);
    }

    void readRecord(std::uint64_t offset, const perf_event_header &header,
                    std::vector<SchedulingRecord> &out, std::uint64_t &lost) const
    {
        if (header.type == PERF_RECORD_LOST && header.size >= sizeof(header) + 16) {
            std::uint64_t count = 0;
            copy(offset + sizeof(header) + 8, &count, sizeof(count));
            lost += count;
        } else if (header.type == PERF_RECORD_SWITCH
                   && header.size >= sizeof(header) + sizeof(SampleId)) {
            SampleId id = {};
            copy(offset + header.size - sizeof(id), &id, sizeof(id));
            SchedulingState state = SchedulingState::Running;
            if (header.misc & PERF_RECORD_MISC_SWITCH_OUT) {
                state = (header.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT)
                                ? SchedulingState::Preempted
                                : SchedulingState::Blocked;
            }
            out.push_back({static_cast<std::int64_t>(id.time), id.tid, id.cpu, state});
        } else if (header.type == PERF_RECORD_EXIT
                   && header.size >= sizeof(header) + sizeof(TaskIds) + sizeof(SampleId)) {
            TaskIds task = {};
            SampleId id = {};
            copy(offset + sizeof(header), &task, sizeof(task));
            copy(offset + header.size - sizeof(id), &id, sizeof(id));
            out.push_back(
                    {static_cast<std::int64_t>(id.time), task.tid, id.cpu, SchedulingState::Ended});
        }
    }

    std::vector<int> m_events;
    perf_event_mmap_page *m_page = nullptr;
    std::size_t m_pageBytes = 0;
    std::size_t m_bytes = 0;
};

class PerfEvents final : public SchedulingSource
{
public:
    KernelScheduling::Source kind() const override { return KernelScheduling::Source::PerfEvents; }

    bool open(std::uint64_t processId, std::string *reason)
    {
        const long cpus = ::sysconf(_SC_NPROCESSORS_CONF);
        m_rings = std::vector<Ring>(static_cast<std::size_t>(std::max(cpus, 1L)));
        bool any = false;
        for (const std::uint64_t thread : threadsOfProcess(processId)) {
            for (std::size_t cpu = 0; cpu < m_rings.size(); ++cpu) {
                const int event = openEvent(thread, static_cast<int>(cpu));
                if (event < 0) {
                    if (errno == ESRCH || errno == ENODEV)
                        continue; // the thread has ended; the CPU is offline
                    *reason = std::string("perf_event_open: ") + std::strerror(errno)
                              + " (kernel.perf_event_paranoid must be 2 or less)";
                    return false;
                }
                if (!m_rings[cpu].add(event)) {
                    *reason = std::string("perf events cannot be mapped: ") + std::strerror(errno);
                    return false;
                }
                any = true;
            }
        }
        if (!any)
            *reason = "process " + std::to_string(processId) + " has no threads to follow";
        return any;
    }

    void read(std::vector<SchedulingRecord> &out, bool last) override
    {
        // A switch onto one CPU must not be told before the switch off another one, whose ring we
        // may have read too early: what is younger than this waits for the next call.
        const std::int64_t settled = Clock::monotonicNs() - (last ? 0 : SettleNs);
        for (Ring &ring : m_rings)
            ring.read(m_waiting, m_lost);
        std::stable_sort(m_waiting.begin(), m_waiting.end(), [](const auto &a, const auto &b) {
            return a.monotonicNs < b.monotonicNs;
        });
        const auto end = std::find_if(m_waiting.begin(), m_waiting.end(), [&](const auto &record) {
            return record.monotonicNs >= settled;
        });
        out.insert(out.end(), m_waiting.begin(), end);
        m_waiting.erase(m_waiting.begin(), end);
    }

    std::uint64_t lost() const override { return m_lost; }

private:
    std::vector<Ring> m_rings;
    std::vector<SchedulingRecord> m_waiting;
    std::uint64_t m_lost = 0;
};

} // namespace

std::unique_ptr<SchedulingSource> openPerfEvents(std::uint64_t processId, std::string *reason)
{
    auto source = std::make_unique<PerfEvents>();
    if (!source->open(processId, reason))
        return nullptr;
    return source;
}
#else
std::unique_ptr<SchedulingSource> openPerfEvents(std::uint64_t, std::string *reason)
{
    *reason = "perf events exist on Linux only";
    return nullptr;
}
#endif

} // namespace heddle::trace
