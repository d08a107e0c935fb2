// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineselection.h"

#include <heddle/formats/timelinelayout.h>
#include <heddle/formats/timelinepainter.h>

namespace heddle::studio {

/// What is drawn at a point: \a x in pixels from the left edge of the lanes, \a y in the layout's
/// coordinates. What is narrower than a few pixels is found by being near. GUI thread.
TimelineSelection selectionAt(const TraceStore &store, const TimelineLayout &layout,
                              const TimelineScale &scale, int x, int y);

} // namespace heddle::studio
