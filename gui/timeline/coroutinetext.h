// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/timeline/tracestore.h>

#include <QString>

namespace heddle::studio {

/// What a coroutine does in a stretch, in a few words: "runs on worker 1", "waits: queue empty".
QString coroutineStretchText(const TraceStore &store, const CoroutineStretch &stretch);

/// The name of the thread that holds \a mutex at \a ns; empty while it is free.
QString holderName(const TraceStore &store, std::size_t mutex, std::int64_t ns);

} // namespace heddle::studio
