// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/timelineframe.h>
#include <heddle/formats/timelinetheme.h>

#include <QColor>
#include <QFont>
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

/// The states of threads that \a frame shows, in a fixed order: the reasons for waits, then what
/// the processor says. Any thread.
HEDDLE_TIMELINE_EXPORT std::vector<TimelineLegendEntry> timelineLegend(const TimelineFrame &frame,
                                                                       const TimelineTheme &theme);

/// The height of \a entries side by side in lines of \a width pixels. Any thread with fonts.
HEDDLE_TIMELINE_EXPORT int legendHeight(const QFont &font,
                                        const std::vector<TimelineLegendEntry> &entries, int width);

/// Paints \a entries in the painter's font, as legendHeight() lays them out. Threads: the
/// painter's.
HEDDLE_TIMELINE_EXPORT void paintLegend(QPainter &painter, const TimelineTheme &theme,
                                        const std::vector<TimelineLegendEntry> &entries,
                                        const QPoint &position, int width);

} // namespace heddle
