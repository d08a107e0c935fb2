// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/timelinelegend.h>

#include <QCoreApplication>
#include <QPainter>

#include <set>

namespace heddle {

std::vector<TimelineLegendEntry> timelineLegend(const TimelineFrame &frame,
                                                const TimelineTheme &theme)
{
    bool hasScheduling = false;
    bool hasCoroutines = false;
    std::set<WaitReason> reasons;
    for (const LaneFrame &lane : frame.lanes) {
        hasScheduling = hasScheduling || !lane.scheduling.empty();
        for (const IntervalRun &run : lane.waits)
            reasons.insert(static_cast<WaitReason>(run.value));
        for (const IntervalRun &run : lane.states) {
            hasCoroutines = true;
            const auto stretch = frame.store->coroutine(lane.lane.handle).at(run.index);
            if (stretch.state == TaskState::Waiting)
                reasons.insert(stretch.reason);
        }
    }
    std::vector<TimelineLegendEntry> entries;
    for (const WaitReason reason : reasons) {
        entries.push_back({theme.wait(reason),
                           QCoreApplication::translate("heddle::TimelineLegend", "waits: %1")
                                   .arg(waitReasonText(reason))});
    }
    if (hasCoroutines) {
        entries.push_back({theme.running, QCoreApplication::translate("heddle::TimelineLegend",
                                                                      "coroutine runs")});
        entries.push_back({theme.ready, QCoreApplication::translate("heddle::TimelineLegend",
                                                                    "coroutine is ready")});
    }
    if (hasScheduling) {
        entries.push_back({theme.running, QCoreApplication::translate("heddle::TimelineLegend",
                                                                      "on a processor")});
        entries.push_back({theme.ready, QCoreApplication::translate("heddle::TimelineLegend",
                                                                    "ready, no processor free")});
        entries.push_back({theme.off, QCoreApplication::translate("heddle::TimelineLegend",
                                                                  "off the processor")});
    }
    return entries;
}

namespace {

constexpr int Square = 12;
constexpr int Gap = 6;
constexpr int Between = 18;
constexpr int LineHeight = 16;
constexpr int LineStep = LineHeight + 4;

// Where each entry lies, from the legend's top left corner.
std::vector<QRect> places(const QFontMetrics &metrics,
                          const std::vector<TimelineLegendEntry> &entries, int width)
{
    std::vector<QRect> found;
    QPoint next;
    for (const TimelineLegendEntry &entry : entries) {
        const int length = Square + Gap + metrics.horizontalAdvance(entry.text);
        if (next.x() > 0 && next.x() + length > width)
            next = {0, next.y() + LineStep};
        found.emplace_back(next, QSize(length, LineHeight));
        next.rx() += length + Between;
    }
    return found;
}

} // namespace

int legendHeight(const QFont &font, const std::vector<TimelineLegendEntry> &entries, int width)
{
    const std::vector<QRect> found = places(QFontMetrics(font), entries, width);
    return found.empty() ? LineHeight : found.back().bottom() + 1;
}

void paintLegend(QPainter &painter, const TimelineTheme &theme,
                 const std::vector<TimelineLegendEntry> &entries, const QPoint &position, int width)
{
    const std::vector<QRect> found = places(painter.fontMetrics(), entries, width);
    painter.setPen(theme.text);
    for (std::size_t k = 0; k < entries.size(); ++k) {
        const QRect place = found[k].translated(position);
        painter.fillRect(QRect(place.left(), place.top() + 2, Square, Square), entries[k].colour);
        painter.drawText(place.adjusted(Square + Gap, 0, Gap, 0), Qt::AlignVCenter,
                         entries[k].text);
    }
}

} // namespace heddle
