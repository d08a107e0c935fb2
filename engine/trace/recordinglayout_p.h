// SPDX-License-Identifier: Apache-2.0
#pragma once

// The recording file, as writer and reader map it. Both run on the same machine, so the layout is
// in native byte order; its version changes with any change here or in record.h.
//
//   FileHeader | names (namesBytes) | chunk 0 | chunk 1 | …

#include <heddle/trace/clock.h>
#include <heddle/trace/record.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heddle::trace {

inline constexpr std::uint64_t RecordingMagic = 0x31'43'45'52'44'44'45'48; // "HEDDREC1"
inline constexpr std::uint32_t RecordingVersion = 2;
inline constexpr std::uint32_t NamesBytes = 4 << 20;
inline constexpr std::uint32_t CalibrationSlots = 1024;

enum class WriterState : std::uint32_t { None = 0, Attached = 1, Finished = 2 };
enum class ChunkState : std::uint32_t { Free = 0, Claiming = 1, Writing = 2, Full = 3 };

struct CalibrationSlot
{
    std::atomic<std::uint64_t> ticks; ///< 0 until monotonicNs is valid
    std::atomic<std::int64_t> monotonicNs;
};

/// The start of the file.
struct FileHeader
{
    std::uint64_t magic;
    std::uint32_t version;
    std::uint32_t chunkBytes;
    std::uint32_t chunkCount;
    std::uint32_t namesBytes;
    std::atomic<WriterState> writerState;
    Clock::Kind clockKind;
    std::uint64_t processId;
    std::uint64_t firstTick;
    std::int64_t startMonotonicNs;
    std::int64_t startRealtimeNs;

    alignas(64) std::atomic<std::uint32_t> namesUsed; ///< complete bytes of the names area
    alignas(64) std::atomic<std::uint32_t> nextThread;
    std::atomic<std::uint32_t> chunkHint; ///< where to look for a free chunk
    std::atomic<std::int32_t> freeChunks; ///< so that nobody searches in vain
    std::atomic<std::uint64_t> lost;      ///< records dropped by all threads
    alignas(64) std::atomic<std::uint32_t> calibrations;
    CalibrationSlot calibration[CalibrationSlots];
};

/// The start of each chunk; records fill the rest.
struct ChunkHeader
{
    std::atomic<ChunkState> state;
    ThreadIndex thread;
    std::uint32_t sequence;               ///< 0, 1, 2 … of its thread
    std::atomic<std::uint32_t> committed; ///< units complete
    std::uint32_t reserved[12];
};
static_assert(sizeof(ChunkHeader) == 64);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared between processes");

inline constexpr std::size_t PageBytes = 4096;

inline constexpr std::size_t roundToPage(std::size_t bytes)
{
    return (bytes + PageBytes - 1) / PageBytes * PageBytes;
}
inline constexpr std::size_t namesOffset()
{
    return roundToPage(sizeof(FileHeader));
}
inline constexpr std::size_t chunkOffset(const FileHeader &header, std::size_t index)
{
    return namesOffset() + header.namesBytes + index * header.chunkBytes;
}
inline std::size_t recordingBytes(const FileHeader &header)
{
    return chunkOffset(header, header.chunkCount);
}
inline std::uint32_t unitsPerChunk(const FileHeader &header)
{
    return static_cast<std::uint32_t>((header.chunkBytes - sizeof(ChunkHeader)) / sizeof(Record));
}

/// An entry of the names area: this, then the text, padded to 8 bytes.
struct NameEntry
{
    NameId id;
    std::uint32_t length;
};

} // namespace heddle::trace
