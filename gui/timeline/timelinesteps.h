// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineselection.h"

#include <heddle/formats/timelinelayout.h>

namespace heddle::studio {

/// From row to row by keyboard. A thread has a row of waits and one for each depth of its slices.
///
/// What lies nearest to the middle of \a selection in the next row below (above if not \a down)
/// that has something within \a startNs to \a endNs; the first such row if nothing is selected.
/// \a selection itself if there is none. GUI thread; never blocks.
TimelineSelection stepToRow(const TraceStore &store, const TimelineLayout &layout,
                            const TimelineSelection &selection, std::int64_t startNs,
                            std::int64_t endNs, bool down);

/// The next (or previous) of its kind: the slice of the same name, the wait of the same thread.
/// \a selection itself if there is none.
TimelineSelection stepToNeighbour(const TraceStore &store, const TimelineSelection &selection,
                                  bool forward);

} // namespace heddle::studio
