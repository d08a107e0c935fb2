// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/recorder.h>

#include "process_p.h"
#include "recordingcreation_p.h"

#include <bit>

namespace heddle::trace {

RecordingError checkOptions(const RecordingOptions &options)
{
    const std::uint32_t chunkBytes = options.chunkBytes;
    if (!std::has_single_bit(chunkBytes) || chunkBytes < 4096 || chunkBytes > (1u << 20)) {
        return {"A recording cannot have chunks of " + std::to_string(chunkBytes)
                + " bytes. Choose a power of two from 4096 to 1048576"};
    }
    const std::uint64_t chunks = options.capacityBytes / chunkBytes;
    if (chunks < 2 || chunks > (1u << 20)) {
        return {"A recording cannot hold " + std::to_string(options.capacityBytes)
                + " bytes in chunks of " + std::to_string(chunkBytes)
                + ". Choose a capacity of 2 to 1048576 chunks"};
    }
    return {};
}

std::size_t recordingBytes(const RecordingOptions &options)
{
    const std::uint64_t chunks = options.capacityBytes / options.chunkBytes;
    return namesOffset() + NamesBytes + chunks * options.chunkBytes;
}

void layOut(MappedFile &file, const RecordingOptions &options)
{
    const std::uint64_t chunks = options.capacityBytes / options.chunkBytes;
    auto *header = reinterpret_cast<FileHeader *>(file.data());
    header->version = RecordingVersion;
    header->chunkBytes = options.chunkBytes;
    header->chunkCount = static_cast<std::uint32_t>(chunks);
    header->namesBytes = NamesBytes;
    header->freeChunks.store(static_cast<std::int32_t>(chunks), std::memory_order_relaxed);
    header->magic = RecordingMagic;
}

RecordingError createRecording(const std::string &path, const RecordingOptions &options)
{
    if (RecordingError error = checkOptions(options))
        return error;
    MappedFile file;
    if (RecordingError error = file.create(path, recordingBytes(options)))
        return error;
    layOut(file, options);
    return {};
}

RecordingError Recorder::start(const std::string &path)
{
    return ProcessState::instance().start(path);
}

void Recorder::stop()
{
    ProcessState::instance().stop();
}

std::string Recorder::path()
{
    return ProcessState::instance().path();
}

} // namespace heddle::trace
