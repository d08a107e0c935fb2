// SPDX-License-Identifier: Apache-2.0
#include "recordedround.h"

#include <heddle/trace/recordingreader.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <unordered_set>

#if defined(__linux__)
#    include <fcntl.h>
#    include <sys/stat.h>
#endif

namespace heddle::benchmarks {

namespace {

class CountingSink final : public trace::RecordSink
{
public:
    void nameDefined(trace::NameId, std::string_view) override {}
    void threadRecords(trace::ThreadIndex thread, std::span<const trace::Record> records,
                       const trace::TickConversion &, std::uint64_t) override
    {
        // A thread takes a chunk however little it writes.
        if (m_threads.insert(thread).second)
            contents.bytes += trace::RecordingOptions().chunkBytes;
        contents.bytes += records.size_bytes();
        for (const trace::Record &record : records)
            contents.records += record.type() < trace::RecordType::Argument ? 1 : 0;
    }
    void scheduling(std::span<const trace::SchedulingRecord>) override {}

    RecordedRound::Contents contents;

private:
    std::unordered_set<trace::ThreadIndex> m_threads;
};

#if defined(__linux__)
// The recorder's mapping is its own affair, but the system tells where it lies. Touched there,
// since a virtual machine may map a page only when it is used at that very address.
void makePresent(int recording)
{
    struct stat status = {};
    ::fstat(recording, &status);
    const std::string inode = " " + std::to_string(status.st_ino) + " ";
    constexpr std::uintptr_t pageBytes = 4096;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find("heddle recording") == std::string::npos
            || line.find(inode) == std::string::npos)
            continue;
        std::size_t length = 0;
        const std::uintptr_t begin = std::stoull(line, &length, 16);
        const std::uintptr_t end = std::stoull(line.substr(length + 1), nullptr, 16);
        // Leaves what other threads write meanwhile as it is.
        for (std::uintptr_t page = begin; page < end; page += pageBytes)
            __atomic_fetch_or(reinterpret_cast<char *>(page), 0, __ATOMIC_RELAXED);
    }
}
// A recording stays mapped until the process ends; its memory need not.
void giveBack(int recording)
{
    struct stat status = {};
    ::fstat(recording, &status);
    ::fallocate(recording, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, status.st_size);
}
#else
void makePresent(int) {}
void giveBack(int) {}
#endif

void must(const trace::RecordingError &error)
{
    if (error)
        qFatal("%s", error.what.c_str());
}

} // namespace

RecordedRound::RecordedRound(quint64 capacityBytes)
{
    trace::RecordingOptions options;
    constexpr quint64 least = quint64{4} << 20;
    options.capacityBytes = std::max(capacityBytes, least);
    must(m_recording.create(options));
    must(trace::Recorder::start(m_recording.path()));
    makePresent(m_recording.descriptor());
}

RecordedRound::~RecordedRound()
{
    trace::Recorder::stop();
    giveBack(m_recording.descriptor());
}

RecordedRound::Contents RecordedRound::finish()
{
    trace::Recorder::stop();
    trace::RecordingReader reader;
    must(reader.open(m_recording.path()));
    CountingSink sink;
    while (reader.drain(sink) > 0) {
    }
    sink.contents.lost = reader.lost();
    return sink.contents;
}

} // namespace heddle::benchmarks
