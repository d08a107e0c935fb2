// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/futex.h>

namespace heddle {

/// Looks whether \a isReady() for about a microsecond, in the hope that another processor brings
/// it: cheaper for both sides than to wait where a waker has to look for waiters. True as soon as
/// it is. Gives up at once where there is one processor only. Any thread; does not sleep.
template <typename Ready>
bool spinUntil(Ready isReady) noexcept(noexcept(isReady()))
{
    constexpr int Times = 40; // a pause takes 20 to 70 ns
    if (!futex::canSpin())
        return false;
    for (int k = 0; k < Times; ++k) {
        if (isReady())
            return true;
        futex::pause();
    }
    return false;
}

} // namespace heddle
