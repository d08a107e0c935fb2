// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/export.h>

#include <cstdint>
#include <memory>
#include <string>

namespace heddle::trace {

/// Why a recording could not be created, opened or started; empty on success.
struct RecordingError
{
    std::string what; ///< what went wrong, where, and what to do
    /// True when there is an error.
    explicit operator bool() const { return !what.empty(); }
};

/// How a recording file is made.
struct RecordingOptions
{
    /// Bytes set aside for records. They are reserved at once, so a full disk is told at creation.
    std::uint64_t capacityBytes = std::uint64_t{64} << 20;
    /// Bytes per chunk: what a thread claims at a time. A power of two from 4 KiB to 1 MiB.
    std::uint32_t chunkBytes = 64 << 10;
};

/// Creates an empty recording file at \a path (it must not exist). Any thread; blocks for the disk.
HEDDLE_ENGINE_EXPORT RecordingError createRecording(const std::string &path,
                                                    const RecordingOptions &options = {});

/// Switches recording in this process on and off.
///
/// The recording is a memory-mapped file. What was committed survives whatever happens to this
/// process, and another process may read it while it is written (RecordingReader).
///
/// Threads: any; start() and stop() are serialised. Records that other threads write while stop()
/// runs may be lost and are then not counted.
class HEDDLE_ENGINE_EXPORT Recorder
{
public:
    /// Begins to write into the recording at \a path, made by createRecording() and not used yet.
    /// Fails when a recording is running.
    static RecordingError start(const std::string &path);
    /// Ends the recording. The file remains. Harmless when none is running.
    static void stop();
    /// The path of the running recording, else empty.
    static std::string path();
};

} // namespace heddle::trace
