// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineview.h"

#include <heddle/formats/timelinelegend.h>

#include <QWidget>

namespace heddle::studio {

/// What the colours of the threads' states stand for: those that the timeline shows now.
/// GUI thread.
class LegendStrip : public QWidget
{
    Q_OBJECT
public:
    explicit LegendStrip(TimelineView *view, QWidget *parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    static constexpr int Margin = 22;
    static constexpr int LowestHeight = 24;

    void refresh();

    TimelineView *m_view;
    std::vector<TimelineLegendEntry> m_entries;
    int m_height = LowestHeight;
};

} // namespace heddle::studio
