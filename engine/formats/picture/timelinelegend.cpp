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
    std::set<WaitReason> reasons;
    for (const LaneFrame &lane : frame.lanes) {
        hasScheduling = hasScheduling || !lane.scheduling.empty();
        for (const IntervalRun &run : lane.waits)
            reasons.insert(static_cast<WaitReason>(run.value));
    }
    std::vector<TimelineLegendEntry> entries;
    if (hasScheduling) {
        entries = {{theme.running,
                    QCoreApplication::translate("heddle::TimelineLegend", "on a processor")},
                   {theme.ready, QCoreApplication::translate("heddle::TimelineLegend",
                                                             "ready, no processor free")},
                   {theme.off,
                    QCoreApplication::translate("heddle::TimelineLegend", "off the processor")}};
    }
    for (const WaitReason reason : reasons) {
        entries.push_back({theme.wait(reason),
                           QCoreApplication::translate("heddle::TimelineLegend", "waits: %1")
                                   .arg(waitReasonText(reason))});
    }
    return entries;
}

void paintLegend(QPainter &painter, const TimelineTheme &theme,
                 const std::vector<TimelineLegendEntry> &entries, const QPoint &position, int right)
{
    constexpr int Square = 12;
    constexpr int Gap = 6;
    constexpr int Between = 18;
    const QFontMetrics metrics(painter.font());
    int x = position.x();
    for (const TimelineLegendEntry &entry : entries) {
        const int width = Square + Gap + metrics.horizontalAdvance(entry.text);
        if (x + width > right)
            return;
        painter.fillRect(QRect(x, position.y() + 2, Square, Square), entry.colour);
        painter.setPen(theme.text);
        painter.drawText(QRect(x + Square + Gap, position.y(), width, 16), Qt::AlignVCenter,
                         entry.text);
        x += width + Between;
    }
}

} // namespace heddle
