// SPDX-License-Identifier: Apache-2.0
// Time on and off the CPU, estimated from /proc/PID/task/TID/schedstat: nanoseconds run and
// nanoseconds waited for a CPU (Documentation/scheduler/sched-stats.rst in the kernel's sources).
#include "schedulingsource_p.h"

#include <heddle/trace/clock.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#if defined(__linux__)
#    include <dirent.h>
#endif

namespace heddle::trace {

#if defined(__linux__)
namespace {

// Reads a small file of /proc; false when the thread has ended.
bool readProcFile(const std::string &path, char *buffer, std::size_t bytes)
{
    std::FILE *file = std::fopen(path.c_str(), "re");
    if (!file)
        return false;
    const std::size_t length = std::fread(buffer, 1, bytes - 1, file);
    std::fclose(file);
    buffer[length] = 0;
    return length > 0;
}

class SchedstatSampling final : public SchedulingSource
{
public:
    explicit SchedstatSampling(std::uint64_t processId)
        : m_processId(processId)
        , m_lastNs(Clock::monotonicNs())
    {}

    KernelScheduling::Source kind() const override
    {
        return KernelScheduling::Source::SchedstatSampling;
    }

    void read(std::vector<SchedulingRecord> &out, bool) override
    {
        const std::int64_t now = Clock::monotonicNs();
        const std::size_t first = out.size();
        for (const std::uint64_t thread : threadsOfProcess(m_processId))
            sample(thread, now, out);
        m_lastNs = now;
        std::stable_sort(
                out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                [](const auto &a, const auto &b) { return a.monotonicNs < b.monotonicNs; });
    }

private:
    struct Known
    {
        std::int64_t runNs = 0;
        std::int64_t waitNs = 0;
        bool running = false;
    };

    static std::uint32_t cpuOf(const std::string &folder)
    {
        char text[1024];
        if (!readProcFile(folder + "/stat", text, sizeof(text)))
            return 0;
        // The name, in parentheses, may hold anything; "processor" is field 39, 37 after it.
        const char *field = std::strrchr(text, ')');
        for (int skip = 0; field && skip < 37; ++skip)
            field = std::strchr(field + 1, ' ');
        return field ? static_cast<std::uint32_t>(std::strtoul(field, nullptr, 10)) : 0;
    }

    void sample(std::uint64_t thread, std::int64_t now, std::vector<SchedulingRecord> &out)
    {
        const std::string folder = "/proc/" + std::to_string(m_processId) + "/task/"
                                   + std::to_string(thread);
        char text[128];
        std::int64_t run = 0;
        std::int64_t wait = 0;
        if (!readProcFile(folder + "/schedstat", text, sizeof(text))
            || std::sscanf(text, "%" SCNd64 " %" SCNd64, &run, &wait) != 2) {
            return;
        }
        const auto [entry, isNew] = m_threads.try_emplace(thread);
        Known &known = entry->second;
        const std::int64_t interval = std::max<std::int64_t>(now - m_lastNs, 1);
        const std::int64_t ran = std::min(run - known.runNs, interval);
        const std::int64_t waited = std::min(wait - known.waitNs, interval - ran);
        known.runNs = run;
        known.waitNs = wait;
        if (isNew || ran <= 0) {
            if (known.running)
                out.push_back({m_lastNs, thread, 0, SchedulingState::Blocked});
            known.running = false;
            return;
        }
        // Where in the interval it ran is unknown; the end of it is as good a guess as any.
        const std::uint32_t cpu = cpuOf(folder);
        const bool nearlyAlways = ran >= interval * 9 / 10;
        if (known.running && !nearlyAlways)
            out.push_back({m_lastNs, thread, cpu, SchedulingState::Blocked});
        if (waited > 0 && !nearlyAlways)
            out.push_back({now - ran - waited, thread, cpu, SchedulingState::Preempted});
        if (!known.running || !nearlyAlways)
            out.push_back({now - ran, thread, cpu, SchedulingState::Running});
        known.running = nearlyAlways;
        if (!nearlyAlways)
            out.push_back({now, thread, cpu, SchedulingState::Blocked});
    }

    std::uint64_t m_processId;
    std::int64_t m_lastNs;
    std::unordered_map<std::uint64_t, Known> m_threads;
};

} // namespace

std::vector<std::uint64_t> threadsOfProcess(std::uint64_t processId)
{
    std::vector<std::uint64_t> threads;
    const std::string path = "/proc/" + std::to_string(processId) + "/task";
    if (DIR *folder = ::opendir(path.c_str())) {
        while (const dirent *entry = ::readdir(folder)) {
            if (const std::uint64_t thread = std::strtoull(entry->d_name, nullptr, 10))
                threads.push_back(thread);
        }
        ::closedir(folder);
    }
    return threads;
}

std::unique_ptr<SchedulingSource> openSchedstatSampling(std::uint64_t processId,
                                                        std::string *reason)
{
    char text[8];
    const std::string path = "/proc/" + std::to_string(processId) + "/schedstat";
    if (!readProcFile(path, text, sizeof(text))) {
        *reason = path + " cannot be read";
        return nullptr;
    }
    return std::make_unique<SchedstatSampling>(processId);
}
#else
std::vector<std::uint64_t> threadsOfProcess(std::uint64_t)
{
    return {};
}

std::unique_ptr<SchedulingSource> openSchedstatSampling(std::uint64_t, std::string *reason)
{
    *reason = "schedstat exists on Linux only";
    return nullptr;
}
#endif

} // namespace heddle::trace
