// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/outcome.h>

namespace heddle {

std::string_view Outcome::text() const noexcept
{
    switch (m_value) {
    case Done:
        return "done";
    case TimedOut:
        return "timed out";
    case Stopped:
        return "stopped";
    case Full:
        return "full";
    case Empty:
        return "empty";
    case ShutDown:
        return "shut down";
    case Broken:
        return "broken";
    case Cancelled:
        return "cancelled";
    }
    return "unknown";
}

} // namespace heddle
