// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/waiterflags.h>

#if defined(__linux__)
#    include <linux/membarrier.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#endif

namespace heddle {

namespace {
#if defined(__linux__) && defined(SYS_membarrier)
bool membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}
bool registerForBarriers()
{
    return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}
void barrierInAllThreads()
{
    if (!membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
        qFatal("heddle: membarrier was allowed when the program began and is refused now");
}
#else
bool registerForBarriers()
{
    return false;
}
void barrierInAllThreads() {}
#endif
} // namespace

const bool WaiterFlags::s_isAsymmetric = registerForBarriers();

void WaiterFlags::raiseAndFence(quint32 flag) noexcept
{
    m_flags.fetch_or(flag, std::memory_order_seq_cst);
#ifndef HEDDLE_THREAD_SANITIZER
    if (s_isAsymmetric)
        barrierInAllThreads();
    else
        std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with that of anyOf()
#endif
}

} // namespace heddle
