// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineselection.h"

#include <heddle/formats/timelinelayout.h>
#include <heddle/formats/timelinepainter.h>

namespace heddle::studio {

/// The arrows that explain \a selection: from a slice along its flows, to a wait from whoever
/// ended it. None for anything else. GUI thread; never blocks.
std::vector<TimelineArrow> arrowsOf(const TraceStore &store, const TimelineLayout &layout,
                                    const TimelineSelection &selection);

} // namespace heddle::studio
