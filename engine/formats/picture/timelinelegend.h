// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/timelineframe.h>
#include <heddle/formats/timelinetheme.h>

#include <QColor>
#include <QString>

#include <vector>

class QPainter;

namespace heddle {

/// A colour and what it stands for.
struct TimelineLegendEntry
{
    QColor colour;
    QString text;
};

/// The states of threads that \a frame shows, in a fixed order: what the processor says first, then
/// the reasons for waits. Any thread.
HEDDLE_TIMELINE_EXPORT std::vector<TimelineLegendEntry> timelineLegend(const TimelineFrame &frame,
                                                                       const TimelineTheme &theme);

/// Paints \a entries side by side in a line that is 16 pixels high, from \a position to the right;
/// those that do not fit before \a right are left out. Threads: the painter's.
HEDDLE_TIMELINE_EXPORT void paintLegend(QPainter &painter, const TimelineTheme &theme,
                                        const std::vector<TimelineLegendEntry> &entries,
                                        const QPoint &position, int right);

} // namespace heddle
