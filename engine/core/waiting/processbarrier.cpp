// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/processbarrier.h>

#include <QtGlobal>

#if defined(HEDDLE_THREAD_SANITIZER)
#elif defined(__linux__) && __has_include(<linux/membarrier.h>)
#    define HEDDLE_HAS_MEMBARRIER
#    include <linux/membarrier.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#elif defined(_WIN32)
#    include <windows.h>
#endif

namespace heddle {

namespace {

#if defined(HEDDLE_HAS_MEMBARRIER)
bool command(int number) noexcept
{
    return syscall(SYS_membarrier, number, 0, 0) == 0;
}
bool prepare() noexcept
{
    return command(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}
bool fenceAll() noexcept
{
    // A process that was forked may have to register anew.
    return command(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
           || (prepare() && command(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
}
#elif defined(_WIN32) && !defined(HEDDLE_THREAD_SANITIZER)
bool prepare() noexcept
{
    return true;
}
bool fenceAll() noexcept
{
    FlushProcessWriteBuffers();
    return true;
}
#else
bool prepare() noexcept
{
    return false;
}
bool fenceAll() noexcept
{
    return false;
}
#endif

// Asked for first by whoever comes first, the initialiser below or synchronize(): a thread that
// stores without a fence never meets one that does not run it.
bool isAvailable() noexcept
{
    static const bool available = prepare();
    return available;
}

} // namespace

std::atomic<bool> ProcessBarrier::s_isAsymmetric{isAvailable()};

void ProcessBarrier::synchronize() noexcept
{
    if (isAvailable()) {
        if (!fenceAll())
            qFatal("heddle: the operating system refuses membarrier(2), which it had granted");
        return;
    }
    // A fence that the thread sanitizer understands too. Pairs with the store in store().
    static std::atomic<int> fence{0};
    fence.fetch_add(1);
}

} // namespace heddle
