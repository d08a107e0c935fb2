// SPDX-License-Identifier: GPL-3.0-or-later
#include "timelineview.h"

#include "appearance.h"
#include "timelinearrows.h"
#include "timelinehit.h"
#include "timelinesteps.h"
#include "timelinetooltip.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>
#include <QtConcurrentRun>

#include <algorithm>
#include <cmath>

namespace heddle::studio {

namespace {
constexpr int RefreshMilliseconds = 33;
constexpr double NarrowestNsPerPixel = 0.05;
} // namespace

TimelineView::TimelineView(QWidget *parent)
    : QAbstractScrollArea(parent)
    , m_theme(Appearance::timelineTheme())
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Timeline"));
    setAccessibleDescription(
            tr("Up and down select, from row to row; comma and full stop go to the previous and "
               "next of the same name. W and S zoom, A and D pan, F fits the selection."));
    m_refresh.setInterval(RefreshMilliseconds);
    connect(&m_refresh, &QTimer::timeout, this, &TimelineView::refresh);
    connect(&m_worker, &QFutureWatcher<TimelineFrame>::finished, this, [this] {
        if (!m_store)
            return;
        m_frame = m_worker.result();
        m_hasFrame = true;
        if (m_frameWanted)
            requestFrame();
        viewport()->update();
        Q_EMIT frameChanged();
    });
}

TimelineView::~TimelineView()
{
    m_worker.waitForFinished(); // a frame takes milliseconds
}

void TimelineView::setTrace(std::shared_ptr<const TraceStore> store)
{
    m_store = std::move(store);
    m_hasFrame = false;
    m_wasComplete = false;
    m_layoutRevision = 0;
    m_selection = {};
    m_arrows.clear();
    m_following = true;
    if (!m_store) {
        m_layout = {};
        m_frame = {};
        m_refresh.stop();
        viewport()->update();
        return;
    }
    m_refresh.start();
    refresh();
}

void TimelineView::applyAppearance()
{
    m_theme = Appearance::timelineTheme();
    viewport()->update();
}

int TimelineView::lanesWidth() const
{
    return std::max(viewport()->width() - TitleWidth, 50);
}

int TimelineView::scrollOffset() const
{
    return verticalScrollBar()->value();
}

std::int64_t TimelineView::visibleEndNs() const
{
    return static_cast<std::int64_t>(m_scale.ns(lanesWidth()));
}

bool TimelineView::isUpToDate() const
{
    return m_store && m_hasFrame && m_frame.revision == m_store->revision()
           && !m_worker.isRunning();
}

// Looks whether the trace has grown; stops when nothing more will come.
void TimelineView::refresh()
{
    if (!m_store)
        return;
    const bool complete = m_store->isComplete();
    const std::uint64_t revision = m_store->revision();
    if (revision != m_layoutRevision) {
        m_layoutRevision = revision;
        m_layout = TimelineLayout::of(*m_store, m_collapsed);
        updateScrollBar();
        if (m_following)
            fitAll();
        else
            requestFrame();
        if (m_selection.kind != TimelineSelection::Kind::Nothing)
            updateArrows();
    }
    if (complete && !m_wasComplete) {
        m_wasComplete = true;
        m_refresh.stop();
        if (m_following) {
            fitAll();
            setFollowing(false);
        }
    }
}

void TimelineView::requestFrame()
{
    if (!m_store)
        return;
    if (m_worker.isRunning()) {
        m_frameWanted = true;
        return;
    }
    m_frameWanted = false;
    const int top = scrollOffset();
    const int bottom = top + viewport()->height();
    m_worker.setFuture(QtConcurrent::run(&TimelineFrame::compute, m_store, m_layout,
                                         m_scale.startNs, m_scale.nsPerPixel, lanesWidth(), top,
                                         bottom));
}

void TimelineView::updateScrollBar()
{
    const int page = viewport()->height() - TimelinePainter::RulerHeight;
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setSingleStep(TimelineLayout::SliceHeight);
    verticalScrollBar()->setRange(0, std::max(0, m_layout.height - page + 12));
}

void TimelineView::moved()
{
    requestFrame();
    viewport()->update();
    Q_EMIT viewChanged();
}

void TimelineView::setStart(double startNs)
{
    const double end = m_store ? static_cast<double>(m_store->endNs()) : 0;
    const double width = lanesWidth() * m_scale.nsPerPixel;
    // A little beyond either end, never out of sight of it.
    m_scale.startNs = std::clamp(startNs, -width * 0.5, std::max(end - width * 0.5, -width * 0.5));
}

void TimelineView::show(double startNs, double endNs)
{
    m_scale.nsPerPixel = std::max((endNs - startNs) / lanesWidth(), NarrowestNsPerPixel);
    setStart(startNs);
    moved();
}

void TimelineView::fitAll()
{
    m_scale = wholeTrace(lanesWidth());
    moved();
}

TimelineScale TimelineView::wholeTrace(int lanesWidth) const
{
    const double end = m_store ? std::max(static_cast<double>(m_store->endNs()), 1e4) : 1e6;
    return {0, end * 1.01 / lanesWidth};
}

void TimelineView::fitSelection()
{
    if (!m_store || m_selection.kind == TimelineSelection::Kind::Nothing) {
        fitAll();
        return;
    }
    const auto [start, end] = m_selection.span(*m_store);
    const double length = std::max(static_cast<double>(end - start), 10.0);
    setFollowing(false);
    show(static_cast<double>(start) - length * 0.15, static_cast<double>(end) + length * 0.15);
}

void TimelineView::zoom(double factor, double x)
{
    if (x < 0)
        x = lanesWidth() / 2.0;
    setFollowing(false);
    const double anchor = m_scale.ns(x);
    const double end = m_store ? std::max(static_cast<double>(m_store->endNs()), 1e4) : 1e6;
    const double widest = end * 2 / lanesWidth();
    m_scale.nsPerPixel = std::clamp(m_scale.nsPerPixel * factor, NarrowestNsPerPixel,
                                    std::max(widest, NarrowestNsPerPixel));
    setStart(anchor - x * m_scale.nsPerPixel);
    moved();
}

void TimelineView::pan(double pixels)
{
    setFollowing(false);
    setStart(m_scale.startNs + pixels * m_scale.nsPerPixel);
    moved();
}

void TimelineView::setFollowing(bool following)
{
    const bool possible = following && m_store && !m_store->isComplete();
    if (possible == m_following)
        return;
    m_following = possible;
    if (m_following)
        fitAll();
    Q_EMIT followingChanged(m_following);
}

void TimelineView::select(const TimelineSelection &selection)
{
    m_selection = selection;
    updateArrows();
    if (m_store && selection.kind != TimelineSelection::Kind::Nothing) {
        const auto [start, end] = selection.span(*m_store);
        if (end < m_scale.startNs || start > static_cast<double>(visibleEndNs())) {
            setFollowing(false);
            setStart(static_cast<double>(start + end) / 2 - lanesWidth() * m_scale.nsPerPixel / 2);
            moved();
        }
        const bool isCoroutine = selection.kind == TimelineSelection::Kind::Coroutine;
        if (isCoroutine || selection.kind == TimelineSelection::Kind::Slice
            || selection.kind == TimelineSelection::Kind::Wait) {
            if (const TimelineLane *lane = isCoroutine ? m_layout.coroutine(selection.handle)
                                                       : m_layout.thread(selection.handle)) {
                const int page = viewport()->height() - TimelinePainter::RulerHeight;
                if (lane->top < scrollOffset())
                    verticalScrollBar()->setValue(lane->top);
                else if (lane->top + lane->height > scrollOffset() + page)
                    verticalScrollBar()->setValue(lane->top + lane->height - page + 12);
            }
        }
    }
    viewport()->update();
    Q_EMIT selectionChanged(m_selection);
}

void TimelineView::selectNeighbour(bool forward)
{
    if (!m_store)
        return;
    if (m_selection.kind == TimelineSelection::Kind::Nothing)
        selectRow(true);
    else
        select(stepToNeighbour(*m_store, m_selection, forward));
}

void TimelineView::selectRow(bool down)
{
    if (m_store) {
        select(stepToRow(*m_store, m_layout, m_selection,
                         static_cast<std::int64_t>(std::max(m_scale.startNs, 0.0)), visibleEndNs(),
                         down));
    }
}

void TimelineView::updateArrows()
{
    m_arrows = m_store ? arrowsOf(*m_store, m_layout, m_selection) : std::vector<TimelineArrow>();
}

QRect TimelineView::rectOf(SliceRef slice) const
{
    const TimelineLane *lane = m_layout.thread(slice.thread);
    if (!lane || !m_store)
        return {};
    const auto [start, end] = TimelineSelection::ofSlice(slice).span(*m_store);
    const double left = m_scale.x(start);
    const double right = std::max(m_scale.x(end), left + 2);
    const int top = TimelineLayout::sliceTop(*lane, slice.depth) - scrollOffset()
                    + TimelinePainter::RulerHeight;
    return QRectF(TitleWidth + std::max(left, -10.0), top,
                  std::min(right, lanesWidth() + 10.0) - std::max(left, -10.0),
                  TimelineLayout::SliceHeight - 2)
            .toAlignedRect();
}

void TimelineView::paintSelection(QPainter &painter)
{
    if (m_selection.kind == TimelineSelection::Kind::Nothing || !m_store)
        return;
    const auto [start, end] = m_selection.span(*m_store);
    const double left = m_scale.x(start);
    const double right = std::max(m_scale.x(end), left + 2);
    painter.setPen(QPen(m_theme.accent, 2));
    painter.setBrush(Qt::NoBrush);
    const int offset = scrollOffset() - TimelinePainter::RulerHeight;
    if (m_selection.kind == TimelineSelection::Kind::Slice) {
        painter.drawRect(rectOf(m_selection.slice).translated(-TitleWidth, 0));
    } else if (m_selection.kind == TimelineSelection::Kind::Range) {
        QColor shade = m_theme.accent;
        shade.setAlpha(36);
        const QRectF area(left, TimelinePainter::RulerHeight, right - left, viewport()->height());
        painter.fillRect(area, shade);
        painter.setPen(m_theme.accent);
        painter.drawLine(area.topLeft(), area.bottomLeft());
        painter.drawLine(area.topRight(), area.bottomRight());
        painter.setPen(m_theme.text);
        painter.drawText(
                QRectF(left - 60, TimelinePainter::RulerHeight + 2, right - left + 120, 18),
                Qt::AlignHCenter, durationText(end - start));
    } else if (m_selection.kind == TimelineSelection::Kind::Coroutine) {
        if (const TimelineLane *lane = m_layout.coroutine(m_selection.handle)) {
            painter.drawRect(QRectF(left, lane->top - offset - 1, right - left,
                                    TimelineLayout::CoroutineHeight - 2));
        }
    } else if (const TimelineLane *lane = m_layout.thread(m_selection.handle);
               lane && m_selection.kind != TimelineSelection::Kind::Cpu
               && m_selection.kind != TimelineSelection::Kind::Counter) {
        painter.drawRect(
                QRectF(left, lane->top - offset - 1, right - left, TimelineLayout::StateHeight));
    } else if (m_selection.kind == TimelineSelection::Kind::Counter) {
        painter.drawLine(QPointF(left, TimelinePainter::RulerHeight),
                         QPointF(left, viewport()->height()));
    }
}

void TimelineView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    const QRect area = viewport()->rect();
    painter.fillRect(area, m_theme.background);
    QFont font = painter.font();
    font.setPixelSize(12);
    painter.setFont(font);
    const int ruler = TimelinePainter::RulerHeight;
    if (!m_hasFrame || m_frame.lanes.empty()) {
        painter.setPen(m_theme.faintText);
        const bool growing = m_store && !m_store->isComplete();
        painter.drawText(area, Qt::AlignCenter,
                         !m_store  ? tr("There is no trace to show.")
                         : growing ? tr("Waiting for the first record …")
                                   : tr("This trace holds nothing that can be drawn."));
        return;
    }
    TimelinePainter timeline(painter, m_theme, m_scale, lanesWidth());
    painter.save();
    painter.translate(TitleWidth, 0);
    timeline.paintRuler(QRect(0, 0, lanesWidth(), ruler));
    painter.setClipRect(QRect(0, ruler, lanesWidth(), area.height() - ruler));
    timeline.paintGrid(ruler, area.height());
    painter.translate(0, ruler);
    timeline.paintLanes(m_frame, scrollOffset());
    timeline.paintArrows(m_arrows, scrollOffset());
    painter.translate(0, -ruler);
    paintSelection(painter);
    painter.restore();

    painter.save();
    painter.translate(0, ruler);
    painter.setClipRect(QRect(0, 0, TitleWidth, area.height() - ruler));
    painter.fillRect(QRect(0, 0, TitleWidth, area.height()), m_theme.background);
    timeline.paintTitles(m_frame, scrollOffset(), TitleWidth);
    painter.restore();
    painter.setPen(m_theme.grid);
    painter.drawLine(TitleWidth - 1, 0, TitleWidth - 1, area.height());
}

void TimelineView::resizeEvent(QResizeEvent *event)
{
    const TimelineScale before = wholeTrace(std::max(event->oldSize().width() - TitleWidth, 50));
    const bool showedAll = m_scale.startNs == before.startNs
                           && m_scale.nsPerPixel == before.nsPerPixel;
    updateScrollBar();
    if (m_following || showedAll || (m_store && m_scale.startNs == 0 && !m_hasFrame))
        fitAll();
    else
        moved();
}

void TimelineView::scrollContentsBy(int, int)
{
    moved();
}

void TimelineView::wheelEvent(QWheelEvent *event)
{
    const QPoint delta = event->angleDelta();
    const double x = event->position().x() - TitleWidth;
    if (event->modifiers() & Qt::ControlModifier) {
        zoom(std::pow(0.8, delta.y() / 120.0), std::max(x, 0.0));
        event->accept();
    } else if (event->modifiers() & Qt::ShiftModifier) {
        pan(-(delta.y() ? delta.y() : delta.x()));
        event->accept();
    } else if (std::abs(delta.x()) > std::abs(delta.y())) {
        pan(-delta.x());
        event->accept();
    } else {
        QAbstractScrollArea::wheelEvent(event);
    }
}

void TimelineView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_dragOrigin = m_dragLast = event->pos();
    m_dragged = false;
    m_drag = event->modifiers() & Qt::ShiftModifier ? Drag::Measure : Drag::Pan;
}

void TimelineView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_drag == Drag::None)
        return;
    if ((event->pos() - m_dragOrigin).manhattanLength() >= 4)
        m_dragged = true;
    if (!m_dragged)
        return;
    if (m_drag == Drag::Pan) {
        const QPoint step = event->pos() - m_dragLast;
        if (step.x() != 0)
            pan(-step.x());
        verticalScrollBar()->setValue(verticalScrollBar()->value() - step.y());
        viewport()->setCursor(Qt::ClosedHandCursor);
    } else {
        const double a = m_scale.ns(m_dragOrigin.x() - TitleWidth);
        const double b = m_scale.ns(event->pos().x() - TitleWidth);
        TimelineSelection range;
        range.kind = TimelineSelection::Kind::Range;
        range.startNs = static_cast<std::int64_t>(std::max(0.0, std::min(a, b)));
        range.endNs = static_cast<std::int64_t>(std::max(0.0, std::max(a, b)));
        select(range);
    }
    m_dragLast = event->pos();
}

void TimelineView::mouseReleaseEvent(QMouseEvent *event)
{
    viewport()->unsetCursor();
    if (event->button() != Qt::LeftButton || m_drag == Drag::None)
        return;
    m_drag = Drag::None;
    if (m_dragged)
        return;
    const int y = event->pos().y() - TimelinePainter::RulerHeight + scrollOffset();
    const TimelineLane *lane = m_layout.laneAt(y);
    if (lane && lane->kind == TimelineLane::Kind::Group) {
        if (!m_collapsed.remove(lane->title))
            m_collapsed.insert(lane->title);
        m_layoutRevision = ~std::uint64_t{0};
        const bool following = m_following;
        m_following = false;
        refresh();
        m_following = following;
        return;
    }
    select(hit(event->pos()));
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent *event)
{
    select(hit(event->pos()));
    if (m_selection.kind != TimelineSelection::Kind::Nothing)
        fitSelection();
}

TimelineSelection TimelineView::hit(const QPoint &position) const
{
    if (!m_store || position.y() < TimelinePainter::RulerHeight || position.x() < TitleWidth)
        return {};
    return selectionAt(*m_store, m_layout, m_scale, position.x() - TitleWidth,
                       position.y() - TimelinePainter::RulerHeight + scrollOffset());
}

bool TimelineView::viewportEvent(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && m_store) {
        const auto *help = static_cast<QHelpEvent *>(event);
        const QString text = tooltipText(*m_store, hit(help->pos()));
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, viewport());
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TimelineView::keyPressEvent(QKeyEvent *event)
{
    const double page = lanesWidth();
    switch (event->key()) {
    case Qt::Key_W:
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoom(0.7);
        break;
    case Qt::Key_S:
    case Qt::Key_Minus:
        zoom(1 / 0.7);
        break;
    case Qt::Key_A:
    case Qt::Key_Left:
        pan(-page * 0.15);
        break;
    case Qt::Key_D:
    case Qt::Key_Right:
        pan(page * 0.15);
        break;
    case Qt::Key_F:
        fitSelection();
        break;
    case Qt::Key_Home:
        setStart(0);
        moved();
        break;
    case Qt::Key_End:
        if (m_store && !m_store->isComplete()) {
            setFollowing(true);
        } else if (m_store) {
            setStart(static_cast<double>(m_store->endNs()) - page * m_scale.nsPerPixel);
            moved();
        }
        break;
    case Qt::Key_Comma:
        selectNeighbour(false);
        break;
    case Qt::Key_Period:
        selectNeighbour(true);
        break;
    case Qt::Key_Up:
        selectRow(false);
        break;
    case Qt::Key_Down:
        selectRow(true);
        break;
    case Qt::Key_Escape:
        select({});
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

} // namespace heddle::studio
