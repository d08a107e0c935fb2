// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/futex.h>

#include <QThread>

namespace heddle::futex {

bool canSpin() noexcept
{
    static const bool several = QThread::idealThreadCount() > 1;
    return several;
}

} // namespace heddle::futex
