// SPDX-License-Identifier: Apache-2.0
#include <heddle/tasks/completion.h>

#include "executors/parker_p.h"

namespace heddle {

void Completion::endElsewhere()
{
    // Acquire: pairs with announceSleep(), which leaves the sleeper. It is read before the
    // exchange, because nothing here may be touched afterwards.
    qint64 before = m_elsewhere.load(std::memory_order_acquire);
    Parker *sleeper = nullptr;
    do {
        sleeper = (before & Sleeping) ? m_sleeper.load(std::memory_order_relaxed) : nullptr;
        // Release: pairs with isComplete().
    } while (!m_elsewhere.compare_exchange_weak(before, before - One, std::memory_order_acq_rel,
                                                std::memory_order_acquire));
    if (sleeper && before - One == Sleeping)
        sleeper->unpark();
}

bool Completion::announceSleep(Parker &parker)
{
    m_sleeper.store(&parker, std::memory_order_relaxed); // told of by the addition below
    const qint64 added = m_here * One;
    m_here = 0;
    // Pairs with endElsewhere(): it sees the sleeper, or we see its end.
    const qint64 now = m_elsewhere.fetch_add(added + Sleeping, std::memory_order_acq_rel) + added;
    if (now != 0)
        return true;
    endSleep();
    return false;
}

void Completion::endSleep()
{
    m_elsewhere.fetch_sub(Sleeping, std::memory_order_acquire); // what completes it is to be seen
}

} // namespace heddle
