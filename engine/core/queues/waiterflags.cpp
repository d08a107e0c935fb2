// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/waiterflags.h>

namespace heddle {

void WaiterFlags::raiseAndFence(quint32 flag) noexcept
{
    m_flags.fetch_or(flag);
#ifndef HEDDLE_THREAD_SANITIZER
    std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with anyOf()
#endif
    ProcessBarrier::synchronize();
}

} // namespace heddle
