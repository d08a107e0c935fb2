// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/timelineframe.h>
#include <heddle/formats/timelinetheme.h>

#include <QRect>

class QPainter;

namespace heddle {

/// Where the time axis lies: pixels from the left edge of the lanes.
struct TimelineScale
{
    double startNs = 0;
    double nsPerPixel = 1000;
    [[nodiscard]] double x(std::int64_t ns) const
    {
        return (static_cast<double>(ns) - startNs) / nsPerPixel;
    }
    [[nodiscard]] double ns(double x) const { return startNs + x * nsPerPixel; }
};

/// An arrow from one lane to another.
struct TimelineArrow
{
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;
    int fromY = 0; ///< in the layout's coordinates
    int toY = 0;
};

/// Paints a TimelineFrame: into the studio's widget and into pictures alike.
///
/// All positions of time come from the scale, so that the last frame can be painted moved and
/// stretched while a new one is computed. Threads: the painter's.
class HEDDLE_TIMELINE_EXPORT TimelinePainter
{
public:
    static constexpr int RulerHeight = 28;

    TimelinePainter(QPainter &painter, const TimelineTheme &theme, const TimelineScale &scale,
                    int width);

    /// The ruler with its ticks, at the top of \a area.
    void paintRuler(const QRect &area);
    /// Lines from the ruler's ticks through the lanes.
    void paintGrid(int top, int bottom);
    /// The lanes, with \a scroll pixels of the layout above the top.
    void paintLanes(const TimelineFrame &frame, int scroll);
    /// The names of the lanes in a column of \a width pixels.
    void paintTitles(const TimelineFrame &frame, int scroll, int width);
    void paintArrows(const std::vector<TimelineArrow> &arrows, int scroll);

private:
    void paintThread(const TimelineFrame &frame, const LaneFrame &lane, int top);
    void paintSlices(const TimelineFrame &frame, const std::vector<IntervalRun> &runs, int top,
                     int height);
    void paintCpu(const TimelineFrame &frame, const LaneFrame &lane, int top);
    void paintCounter(const LaneFrame &lane, int top);
    void paintCoroutine(const TimelineFrame &frame, const LaneFrame &lane, int top);
    void paintHolders(const TimelineFrame &frame, const LaneFrame &lane, int top);
    void paintStrip(const IntervalRun &run, int top, int height, QColor colour,
                    const QString &text);
    void paintLabel(const QRectF &box, const QString &text, const QColor &background);
    QRectF box(const IntervalRun &run, int top, int height) const;

    QPainter &m_painter;
    const TimelineTheme &m_theme;
    const TimelineScale m_scale;
    const int m_width;
};

} // namespace heddle
