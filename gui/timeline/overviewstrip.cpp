// SPDX-License-Identifier: GPL-3.0-or-later
#include "overviewstrip.h"

#include "appearance.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace heddle::studio {

OverviewStrip::OverviewStrip(TimelineView *view, QWidget *parent)
    : QWidget(parent)
    , m_view(view)
{
    setFixedHeight(44);
    setCursor(Qt::PointingHandCursor);
    setAccessibleName(tr("Overview of the whole trace"));
    connect(view, &TimelineView::viewChanged, this, qOverload<>(&QWidget::update));
    connect(view, &TimelineView::frameChanged, this, qOverload<>(&QWidget::update));
}

double OverviewStrip::scale() const
{
    const std::int64_t end = m_view->trace() ? m_view->trace()->endNs() : 0;
    return static_cast<double>(std::max<std::int64_t>(end, 1000))
           / std::max(width() - TimelineView::TitleWidth, 10);
}

void OverviewStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const TimelineTheme theme = Appearance::timelineTheme();
    painter.fillRect(rect(), theme.lane);
    painter.setPen(theme.grid);
    painter.drawLine(0, height() - 1, width(), height() - 1);
    const TraceStore *store = m_view->trace();
    if (!store)
        return;
    const int left = TimelineView::TitleWidth;
    const double nsPerPixel = scale();
    painter.setPen(theme.faintText);
    QFont font = painter.font();
    font.setPixelSize(12);
    painter.setFont(font);
    painter.drawText(QRect(22, 0, left - 30, height() - 1), Qt::AlignVCenter,
                     tr("Overview · %1").arg(durationText(store->endNs())));

    std::vector<std::size_t> threads;
    for (const TimelineLane &lane : m_view->layout().lanes) {
        if (lane.kind == TimelineLane::Kind::Thread && store->depthCount(lane.handle) > 0)
            threads.push_back(lane.handle);
    }
    const double line = std::min(
            6.0, (height() - 8.0) / static_cast<double>(std::max<std::size_t>(threads.size(), 1)));
    const Viewport all{0, store->endNs() + 1, timelineResolution(nsPerPixel * 2)};
    std::vector<IntervalRun> runs;
    for (std::size_t k = 0; k < threads.size(); ++k) {
        store->slices(threads[k], 0).collect(all, store->endNs(), runs);
        const double y = 4 + line * static_cast<double>(k);
        for (const IntervalRun &run : runs) {
            const double x = left + static_cast<double>(run.startNs) / nsPerPixel;
            const double end = left + static_cast<double>(run.endNs) / nsPerPixel;
            painter.fillRect(QRectF(x, y, std::max(end - x, 0.7), std::max(line - 1, 1.0)),
                             theme.slice(store->name(run.value)));
        }
    }
    QColor shade = theme.background;
    shade.setAlpha(165);
    const double from = left + m_view->scale().startNs / nsPerPixel;
    const double to = left + static_cast<double>(m_view->visibleEndNs()) / nsPerPixel;
    painter.fillRect(QRectF(left, 0, std::max(from - left, 0.0), height() - 1), shade);
    painter.fillRect(QRectF(to, 0, std::max(width() - to, 0.0), height() - 1), shade);
    painter.setPen(QPen(theme.accent, 1.5));
    painter.drawRect(QRectF(std::max(from, left + 0.0), 1,
                            std::min(to, width() - 1.0) - std::max(from, left + 0.0),
                            height() - 3));
}

void OverviewStrip::moveTo(double x)
{
    const double middle = (x - TimelineView::TitleWidth) * scale();
    const double span = static_cast<double>(m_view->visibleEndNs()) - m_view->scale().startNs;
    m_view->setFollowing(false);
    m_view->show(middle - span / 2, middle + span / 2);
}

void OverviewStrip::mousePressEvent(QMouseEvent *event)
{
    moveTo(event->position().x());
}

void OverviewStrip::mouseMoveEvent(QMouseEvent *event)
{
    if (event->buttons() & Qt::LeftButton)
        moveTo(event->position().x());
}

} // namespace heddle::studio
