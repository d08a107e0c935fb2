// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineview.h"

#include <QWidget>

namespace heddle::studio {

/// The whole trace in a strip: one line a thread, and a window over what the timeline shows. Drag
/// to move the timeline. GUI thread.
class OverviewStrip : public QWidget
{
    Q_OBJECT
public:
    explicit OverviewStrip(TimelineView *view, QWidget *parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override { return {400, 44}; }

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;

private:
    void moveTo(double x);
    double scale() const;

    TimelineView *m_view;
};

} // namespace heddle::studio
