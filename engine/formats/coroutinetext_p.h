// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/traceinfo.h>

namespace heddle {

/// What a stretch of a coroutine is called in files: its state, or what it waits for.
inline QString stretchText(const CoroutineStretch &stretch, const std::vector<ObjectInfo> &objects)
{
    if (stretch.state != TaskState::Waiting)
        return taskStateId(stretch.state);
    const QString reason = waitReasonId(stretch.reason);
    return stretch.object && *stretch.object < objects.size()
                   ? objects[*stretch.object].name + QStringLiteral(": ") + reason
                   : reason;
}

} // namespace heddle
