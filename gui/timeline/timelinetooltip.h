// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineselection.h"

#include <QString>

namespace heddle::studio {

/// What a tooltip says about \a selection, on a few lines; empty for nothing. GUI thread.
QString tooltipText(const TraceStore &store, const TimelineSelection &selection);

} // namespace heddle::studio
