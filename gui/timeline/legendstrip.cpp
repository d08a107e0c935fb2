// SPDX-License-Identifier: GPL-3.0-or-later
#include "legendstrip.h"

#include "appearance.h"

#include <heddle/formats/timelinelegend.h>

#include <QPainter>

namespace heddle::studio {

LegendStrip::LegendStrip(TimelineView *view, QWidget *parent)
    : QWidget(parent)
    , m_view(view)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Legend"));
    connect(view, &TimelineView::frameChanged, this, [this] {
        QStringList texts;
        for (const auto &entry : timelineLegend(m_view->frame(), Appearance::timelineTheme()))
            texts << entry.text;
        setAccessibleDescription(texts.join(QStringLiteral("; ")));
        update();
    });
}

void LegendStrip::paintEvent(QPaintEvent *)
{
    const TimelineTheme theme = Appearance::timelineTheme();
    QPainter painter(this);
    painter.fillRect(rect(), theme.background);
    painter.setPen(theme.grid);
    painter.drawLine(rect().topLeft(), rect().topRight());
    paintLegend(painter, theme, timelineLegend(m_view->frame(), theme), QPoint(22, 5), width());
}

} // namespace heddle::studio
