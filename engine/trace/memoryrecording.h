// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/recorder.h>

#include <string>

namespace heddle::trace {

/// A recording in memory that has no name: it goes with the last process that has it mapped, so
/// nothing can be left behind, and it is sealed, so that no process can cut it short while another
/// reads it (which would end that one with SIGBUS). Linux: memfd_create(2).
///
/// Threads: one at a time. Never blocks.
class HEDDLE_ENGINE_EXPORT MemoryRecording
{
public:
    MemoryRecording() = default;
    ~MemoryRecording();
    MemoryRecording(const MemoryRecording &) = delete;
    MemoryRecording &operator=(const MemoryRecording &) = delete;

    /// Makes an empty one, in place of the one before. Fails where the system has no such memory;
    /// then createRecording() is the way.
    RecordingError create(const RecordingOptions &options = {});
    /// Closes the descriptor. Who has it mapped keeps it.
    void close();

    /// Where this process, and a child that inherits the descriptor, can open it; empty if there
    /// is none.
    [[nodiscard]] std::string path() const;
    /// -1 if there is none. Not inherited unless its FD_CLOEXEC is cleared between fork and exec.
    [[nodiscard]] int descriptor() const { return m_descriptor; }

private:
    int m_descriptor = -1;
};

} // namespace heddle::trace
