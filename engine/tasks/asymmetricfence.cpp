// SPDX-License-Identifier: Apache-2.0
#include "asymmetricfence_p.h"

#ifdef __linux__
#    include <linux/membarrier.h>
#    include <sys/syscall.h>
#    include <unistd.h>
#endif

namespace heddle::asymmetricfence {

#ifdef __linux__
const bool lightIsFree = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0)
                         == 0;

void heavy() noexcept
{
    // After fork() too the child has what its parent registered.
    if (!lightIsFree || syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
        std::atomic_thread_fence(std::memory_order_seq_cst);
}
#else
const bool lightIsFree = false;

void heavy() noexcept
{
    std::atomic_thread_fence(std::memory_order_seq_cst);
}
#endif

} // namespace heddle::asymmetricfence
