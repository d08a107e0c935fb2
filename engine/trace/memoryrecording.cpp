// SPDX-License-Identifier: Apache-2.0
#include <heddle/trace/memoryrecording.h>

#include "recordingcreation_p.h"

#if defined(__linux__)
#    include <cerrno>
#    include <cstring>
#    include <fcntl.h>
#    include <sys/mman.h>
#    include <unistd.h>
#endif

namespace heddle::trace {

MemoryRecording::~MemoryRecording()
{
    close();
}

#if defined(__linux__)
RecordingError MemoryRecording::create(const RecordingOptions &options)
{
    close();
    if (RecordingError error = checkOptions(options))
        return error;
    const auto failed = [this](const char *action) {
        const int error = errno;
        close();
        return RecordingError{std::string(action) + ": " + std::strerror(error)
                              + ". Free some memory and try again"};
    };
    const int made = ::memfd_create("heddle recording", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0)
        return failed("No memory can be made for a recording");
    // A child that inherits it has other uses for the first three.
    m_descriptor = ::fcntl(made, F_DUPFD_CLOEXEC, 3);
    ::close(made);
    if (m_descriptor < 0)
        return failed("The memory of a recording cannot be kept");
    if (::ftruncate(m_descriptor, static_cast<off_t>(recordingBytes(options))) != 0
        || ::fcntl(m_descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return failed("The memory of a recording cannot be sized");
    MappedFile file;
    if (RecordingError error = file.open(path())) {
        close();
        return error;
    }
    layOut(file, options);
    return {};
}

void MemoryRecording::close()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    m_descriptor = -1;
}

std::string MemoryRecording::path() const
{
    return m_descriptor < 0 ? std::string() : "/proc/self/fd/" + std::to_string(m_descriptor);
}
#else
RecordingError MemoryRecording::create(const RecordingOptions &)
{
    return {"This system has no sealed memory. Use a recording file"};
}

void MemoryRecording::close() {}

std::string MemoryRecording::path() const
{
    return {};
}
#endif

} // namespace heddle::trace
