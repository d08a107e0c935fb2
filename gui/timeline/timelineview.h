// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timelineselection.h"

#include <heddle/formats/timelineframe.h>
#include <heddle/formats/timelinepainter.h>

#include <QAbstractScrollArea>
#include <QFutureWatcher>
#include <QPoint>
#include <QSet>
#include <QTimer>

#include <memory>

namespace heddle::studio {

/// The timeline of one trace, also while it grows.
///
/// Frames are computed by a worker; until one is ready the last is painted moved and stretched, so
/// the GUI thread never waits. Keys: W/S zoom, A/D or left and right pan, F fit, up and down select
/// from row to row, comma and full stop the previous and next of the same name, Home/End, Escape.
/// GUI thread.
class TimelineView : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit TimelineView(QWidget *parent = nullptr);
    ~TimelineView() override;

    void setTrace(std::shared_ptr<const TraceStore> store);
    [[nodiscard]] const TraceStore *trace() const { return m_store.get(); }

    /// The stretch of time in sight.
    [[nodiscard]] const TimelineScale &scale() const { return m_scale; }
    [[nodiscard]] std::int64_t visibleEndNs() const;
    void show(double startNs, double endNs);
    void fitAll();
    void fitSelection();
    /// \a factor below 1 zooms in, around the pixel \a x of the lanes (default: the middle).
    void zoom(double factor, double x = -1);
    void pan(double pixels);
    /// While a trace grows: whether its end stays in sight.
    void setFollowing(bool following);
    [[nodiscard]] bool isFollowing() const { return m_following; }

    [[nodiscard]] const TimelineSelection &selection() const { return m_selection; }
    /// Selects, and brings it into sight if it is not.
    void select(const TimelineSelection &selection);
    /// The next of the same name, or the first thing in sight if nothing is selected.
    void selectNeighbour(bool forward);
    /// What is nearest in the next row below or above.
    void selectRow(bool down);
    [[nodiscard]] const TimelineLayout &layout() const { return m_layout; }
    /// What is shown now; empty before the first.
    [[nodiscard]] const TimelineFrame &frame() const { return m_frame; }
    /// Whether the last frame shows all that is known.
    [[nodiscard]] bool isUpToDate() const;
    /// Where a slice is drawn, in the viewport's coordinates.
    [[nodiscard]] QRect rectOf(SliceRef slice) const;
    static constexpr int TitleWidth = 200;

Q_SIGNALS:
    void selectionChanged(const heddle::studio::TimelineSelection &selection);
    void viewChanged();
    /// Another stretch, or more of it, is shown: frame() has changed.
    void frameChanged();
    void followingChanged(bool following);

public Q_SLOTS:
    void applyAppearance();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    void refresh();
    void requestFrame();
    void updateScrollBar();
    void updateArrows();
    void setStart(double startNs);
    void moved();
    int lanesWidth() const;
    TimelineScale wholeTrace(int lanesWidth) const;
    int scrollOffset() const;
    TimelineSelection hit(const QPoint &position) const;
    void paintSelection(QPainter &painter);

    std::shared_ptr<const TraceStore> m_store;
    TimelineTheme m_theme;
    TimelineScale m_scale;
    TimelineLayout m_layout;
    TimelineFrame m_frame;
    bool m_hasFrame = false;
    bool m_frameWanted = false;
    std::uint64_t m_layoutRevision = 0;
    QFutureWatcher<TimelineFrame> m_worker;
    QTimer m_refresh;
    QSet<QString> m_collapsed;
    TimelineSelection m_selection;
    std::vector<TimelineArrow> m_arrows;
    bool m_following = true;
    bool m_wasComplete = false;
    enum class Drag { None, Pan, Measure };
    Drag m_drag = Drag::None;
    QPoint m_dragOrigin;
    QPoint m_dragLast;
    bool m_dragged = false;
};

} // namespace heddle::studio
