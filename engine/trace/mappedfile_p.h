// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/recorder.h>

#include <cstddef>
#include <string>

namespace heddle::trace {

/// A file mapped into memory, shared with other processes. Move-only; unmaps when destroyed.
class MappedFile
{
public:
    MappedFile() = default;
    ~MappedFile();
    MappedFile(MappedFile &&other) noexcept;
    MappedFile &operator=(MappedFile &&other) noexcept;

    /// Makes a new file of \a bytes zeros, reserved on disk so that writing cannot fail later.
    RecordingError create(const std::string &path, std::size_t bytes);
    RecordingError open(const std::string &path);

    [[nodiscard]] std::byte *data() const { return m_data; }
    [[nodiscard]] std::size_t size() const { return m_size; }

private:
    RecordingError map(int file, const std::string &path, std::size_t bytes);
    std::byte *m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace heddle::trace
