// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineview.h"

#include <QWidget>

namespace heddle::studio {

/// What the colours of the threads' states stand for: those that the timeline shows now.
/// GUI thread.
class LegendStrip : public QWidget
{
    Q_OBJECT
public:
    explicit LegendStrip(TimelineView *view, QWidget *parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override { return {400, 24}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    TimelineView *m_view;
};

} // namespace heddle::studio
