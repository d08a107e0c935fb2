// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "perfettostream_p.h"

namespace heddle::perfetto {

/// Writes a track for each coroutine, in a group of its process, with a slice for each stretch.
/// They are for people who look at the file; our reader makes them anew from the tasks' states.
/// \throws Error when the device fails; Stopped
void writeCoroutines(const TraceStore &store, PacketStream &stream,
                     const std::vector<ThreadInfo> &threads,
                     const std::vector<ObjectInfo> &objects);

/// How many events that will be.
double expectedCoroutineEvents(const TraceStore &store);

} // namespace heddle::perfetto
