// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/recordingreader.h>

#include "mappedfile_p.h"
#include "recordinglayout_p.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>
#include <vector>

namespace heddle::trace {

// Whatever the writer put into the mapping is checked before use: a crashing program may have
// written anything there.
struct RecordingReader::Private
{
    // A chunk with records, as seen in one pass.
    struct Found
    {
        ThreadIndex thread;
        std::uint32_t sequence;
        std::uint32_t chunk;
        std::uint32_t committed;
        bool full;
    };

    MappedFile file;
    FileHeader *header = nullptr;
    // Copies of what addresses are computed from.
    std::uint32_t chunkCount = 0;
    std::uint32_t chunkBytes = 0;
    std::uint32_t namesBytes = 0;
    std::uint32_t unitsInChunk = 0;
    std::uint32_t namesRead = 0;
    std::uint32_t calibrationsRead = 0;
    TickConversion clock;
    std::vector<std::uint32_t> drained;                          // per chunk
    std::unordered_map<ThreadIndex, std::uint32_t> nextSequence; // per thread
    std::vector<Found> found;

    ChunkHeader *chunk(std::uint32_t index) const
    {
        return reinterpret_cast<ChunkHeader *>(file.data() + namesOffset() + namesBytes
                                               + std::size_t{index} * chunkBytes);
    }
    bool attached() const
    {
        return header
               // Pairs with the release in ProcessState::start: the header is valid.
               && header->writerState.load(std::memory_order_acquire) != WriterState::None;
    }
    std::uint32_t committedUnits(const ChunkHeader *header_) const
    {
        return std::min(header_->committed.load(std::memory_order_acquire), unitsInChunk);
    }

    void findChunks();
    void readCalibrations();
    void readNames(RecordSink &sink);
};

void RecordingReader::Private::findChunks()
{
    found.clear();
    for (std::uint32_t index = 0; index < chunkCount; ++index) {
        ChunkHeader *candidate = chunk(index);
        // Pairs with the release stores in ThreadWriter.
        const ChunkState state = candidate->state.load(std::memory_order_acquire);
        if (state == ChunkState::Writing || state == ChunkState::Full) {
            found.push_back({candidate->thread, candidate->sequence, index,
                             committedUnits(candidate), state == ChunkState::Full});
        }
    }
    std::sort(found.begin(), found.end(), [](const Found &a, const Found &b) {
        return a.thread != b.thread ? a.thread < b.thread : a.sequence < b.sequence;
    });
    // A chunk whose successor we have seen is complete by now, though it may have grown since we
    // looked at it.
    for (std::size_t k = 0; k + 1 < found.size(); ++k) {
        Found &entry = found[k];
        if (!entry.full && found[k + 1].thread == entry.thread) {
            entry.full = chunk(entry.chunk)->state.load(std::memory_order_acquire)
                         == ChunkState::Full;
            entry.committed = committedUnits(chunk(entry.chunk));
        }
    }
}

void RecordingReader::Private::readCalibrations()
{
    const std::uint32_t available = std::min(header->calibrations.load(std::memory_order_acquire),
                                             CalibrationSlots);
    for (; calibrationsRead < available; ++calibrationsRead) {
        const CalibrationSlot &slot = header->calibration[calibrationsRead];
        // Pairs with the release in ProcessState::calibrate.
        const std::uint64_t ticks = slot.ticks.load(std::memory_order_acquire);
        if (ticks == 0)
            break; // being written
        clock.addPair({ticks, slot.monotonicNs.load(std::memory_order_relaxed)});
    }
}

void RecordingReader::Private::readNames(RecordSink &sink)
{
    // Pairs with the release in ProcessState::writeName.
    const std::uint32_t used = std::min(header->namesUsed.load(std::memory_order_acquire),
                                        namesBytes);
    const std::byte *names = file.data() + namesOffset();
    while (namesRead + sizeof(NameEntry) <= used) {
        NameEntry entry = {};
        std::memcpy(&entry, names + namesRead, sizeof(entry));
        const std::size_t end = namesRead + sizeof(entry) + std::size_t{entry.length};
        if (end > used || entry.length > 0xffff) {
            namesRead = used; // damaged: nothing behind it can be found
            break;
        }
        sink.nameDefined(
                entry.id,
                {reinterpret_cast<const char *>(names + namesRead + sizeof(entry)), entry.length});
        namesRead = static_cast<std::uint32_t>((end + 7) / 8 * 8);
    }
}

RecordingReader::RecordingReader()
    : d(std::make_unique<Private>())
{}

RecordingReader::~RecordingReader() = default;

RecordingError RecordingReader::open(const std::string &path)
{
    auto next = std::make_unique<Private>();
    if (RecordingError error = next->file.open(path))
        return error;
    RecordingError foreign{"The file " + path
                           + " is not a recording of this version of Heddle, or it is damaged"};
    if (next->file.size() < sizeof(FileHeader))
        return foreign;
    auto *header = reinterpret_cast<FileHeader *>(next->file.data());
    const std::uint32_t chunkBytes = header->chunkBytes;
    if (header->magic != RecordingMagic || header->version != RecordingVersion
        || !std::has_single_bit(chunkBytes) || chunkBytes < 4096 || chunkBytes > (1u << 20)
        || header->namesBytes != NamesBytes || header->chunkCount > (1u << 20)
        || next->file.size() < recordingBytes(*header)) {
        return foreign;
    }
    next->header = header;
    next->chunkCount = header->chunkCount;
    next->chunkBytes = chunkBytes;
    next->namesBytes = header->namesBytes;
    next->unitsInChunk = unitsPerChunk(*header);
    next->drained.assign(next->chunkCount, 0);
    d = std::move(next);
    return {};
}

bool RecordingReader::isOpen() const
{
    return d->header != nullptr;
}

std::uint64_t RecordingReader::processId() const
{
    return d->attached() ? d->header->processId : 0;
}

std::int64_t RecordingReader::startMonotonicNs() const
{
    return d->attached() ? d->header->startMonotonicNs : 0;
}

std::int64_t RecordingReader::startRealtimeNs() const
{
    return d->attached() ? d->header->startRealtimeNs : 0;
}

bool RecordingReader::isFinished() const
{
    return d->header
           && d->header->writerState.load(std::memory_order_acquire) == WriterState::Finished;
}

std::uint64_t RecordingReader::lost() const
{
    return d->header ? d->header->lost.load(std::memory_order_relaxed) : 0;
}

std::uint64_t RecordingReader::drain(RecordSink &sink)
{
    if (!d->attached())
        return 0;
    d->findChunks();
    d->readCalibrations();
    // Taken after the counts were read: all records found are older, so they are interpolated.
    if (const Clock::Pair now = Clock::pair(); now.monotonicNs > d->header->startMonotonicNs)
        d->clock.addPair(now);
    d->readNames(sink);

    std::uint64_t units = 0;
    for (const Private::Found &entry : d->found) {
        std::uint32_t &expected = d->nextSequence[entry.thread];
        if (entry.sequence != expected)
            continue; // one before it was claimed while we looked: next time
        std::uint32_t &drained = d->drained[entry.chunk];
        if (entry.committed > drained) {
            const auto *records = reinterpret_cast<const Record *>(d->chunk(entry.chunk) + 1);
            sink.threadRecords(entry.thread, {records + drained, records + entry.committed},
                               d->clock, d->header->firstTick);
            units += entry.committed - drained;
            drained = entry.committed;
        }
        if (entry.full) {
            drained = 0;
            ++expected;
            // Pairs with the acquire in ThreadWriter::claimChunk: we have finished reading it.
            d->chunk(entry.chunk)->state.store(ChunkState::Free, std::memory_order_release);
            d->header->freeChunks.fetch_add(1, std::memory_order_release);
        }
    }
    return units;
}

} // namespace heddle::trace
