// SPDX-License-Identifier: Apache-2.0
#include "mappedfile_p.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace heddle::trace {

namespace {
RecordingError failure(const char *action, const std::string &path, int error, const char *remedy)
{
    return {std::string(action) + " " + path + ": " + std::strerror(error) + ". " + remedy};
}
} // namespace

MappedFile::~MappedFile()
{
    if (m_data)
        ::munmap(m_data, m_size);
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : m_data(std::exchange(other.m_data, nullptr))
    , m_size(std::exchange(other.m_size, 0))
{}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept
{
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

RecordingError MappedFile::map(int file, const std::string &path, std::size_t bytes)
{
    void *memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    const int error = errno;
    ::close(file);
    if (memory == MAP_FAILED)
        return failure("Cannot map the recording", path, error, "Free some memory and try again");
    m_data = static_cast<std::byte *>(memory);
    m_size = bytes;
    return {};
}

RecordingError MappedFile::create(const std::string &path, std::size_t bytes)
{
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return failure("Cannot create the recording", path, errno,
                       "Check the folder and its permissions");
    // A sparse file would be killed with SIGBUS in the middle of a record when the disk fills up.
    if (const int error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes))) {
        ::close(file);
        ::unlink(path.c_str());
        return failure("Cannot reserve space for the recording", path, error,
                       "Free some disk space or set TMPDIR to a folder on another disk");
    }
    return map(file, path, bytes);
}

RecordingError MappedFile::open(const std::string &path)
{
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0)
        return failure("Cannot open the recording", path, errno,
                       "Check that the file exists and is readable");
    struct stat status = {};
    if (::fstat(file, &status) != 0 || status.st_size <= 0) {
        ::close(file);
        return {"The recording " + path + " is empty. It was not made by Heddle"};
    }
    return map(file, path, static_cast<std::size_t>(status.st_size));
}

} // namespace heddle::trace
