// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/futex.h>

#include <cerrno>
#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace heddle::futex {

static_assert(sizeof(std::atomic<quint32>) == 4);

namespace {
long call(const std::atomic<quint32> *word, int operation, quint32 value,
          const timespec *deadline) noexcept
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, deadline, nullptr,
                   FUTEX_BITSET_MATCH_ANY);
}
} // namespace

bool wait(const std::atomic<quint32> &word, quint32 expected,
          std::optional<Clock::time_point> deadline) noexcept
{
    timespec until{};
    if (deadline) {
        using namespace std::chrono;
        const nanoseconds left = deadline->time_since_epoch();
        if (left <= nanoseconds::zero())
            return false;
        until.tv_sec = static_cast<time_t>(duration_cast<seconds>(left).count());
        until.tv_nsec = static_cast<long>((left % seconds(1)).count());
    }
    // The bit-set form takes an instant of CLOCK_MONOTONIC, which steady_clock reads.
    const long result = call(&word, FUTEX_WAIT_BITSET, expected, deadline ? &until : nullptr);
    return result == 0 || errno != ETIMEDOUT;
}

void wakeOne(const std::atomic<quint32> *word) noexcept
{
    call(word, FUTEX_WAKE, 1, nullptr);
}

void wakeAll(const std::atomic<quint32> *word) noexcept
{
    call(word, FUTEX_WAKE, INT_MAX, nullptr);
}

} // namespace heddle::futex
