// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/waitpoint.h>

#include <heddle/core/error.h>

namespace heddle {

WaitPoint::Deadline WaitPoint::deadline(std::chrono::nanoseconds timeout, const char *where)
{
    if (timeout < std::chrono::nanoseconds::zero()) {
        throw Error(QStringLiteral("A timeout of %1 ns is negative").arg(timeout.count()),
                    QString::fromLatin1(where), QStringLiteral("Give zero or more"));
    }
    const Clock::time_point now = Clock::now();
    if (timeout > Clock::time_point::max() - now)
        return Forever;
    return now + timeout;
}

} // namespace heddle
