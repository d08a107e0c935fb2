// SPDX-License-Identifier: GPL-3.0-or-later
#include "legendstrip.h"

#include "appearance.h"

#include <QPainter>
#include <QResizeEvent>

namespace heddle::studio {

LegendStrip::LegendStrip(TimelineView *view, QWidget *parent)
    : QWidget(parent)
    , m_view(view)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Legend"));
    connect(view, &TimelineView::frameChanged, this, &LegendStrip::refresh);
}

QSize LegendStrip::sizeHint() const
{
    return {400, m_height};
}

void LegendStrip::refresh()
{
    m_entries = timelineLegend(m_view->frame(), Appearance::timelineTheme());
    QStringList texts;
    for (const TimelineLegendEntry &entry : m_entries)
        texts << entry.text;
    setAccessibleDescription(texts.join(QStringLiteral("; ")));
    // Never lower again: what is in sight depends on the height that is left to the timeline.
    const int needed = legendHeight(font(), m_entries, width() - 2 * Margin) + 8;
    if (needed > m_height) {
        m_height = needed;
        updateGeometry();
    }
    update();
}

void LegendStrip::resizeEvent(QResizeEvent *event)
{
    if (event->size().width() == event->oldSize().width())
        return;
    m_height = LowestHeight;
    refresh();
    updateGeometry();
}

void LegendStrip::paintEvent(QPaintEvent *)
{
    const TimelineTheme theme = Appearance::timelineTheme();
    QPainter painter(this);
    painter.fillRect(rect(), theme.background);
    painter.setPen(theme.grid);
    painter.drawLine(rect().topLeft(), rect().topRight());
    paintLegend(painter, theme, m_entries, QPoint(Margin, 5), width() - 2 * Margin);
}

} // namespace heddle::studio
