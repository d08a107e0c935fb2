// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/timelinepainter.h>

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace heddle {

namespace {

constexpr int LabelWidth = 28; // narrower boxes have no room for a word
constexpr int CpuStrip = 5;

// The distance between ticks: 1, 2 or 5 times a power of ten, at least \a pixels apart; but no more
// than fits into a number of nanoseconds.
std::int64_t tickNs(double nsPerPixel, double pixels)
{
    const double wanted = std::clamp(nsPerPixel * pixels, 1.0, 1e18);
    const double power = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
        if (factor * power >= wanted)
            return static_cast<std::int64_t>(factor * power);
    }
    return static_cast<std::int64_t>(10 * power);
}

} // namespace

TimelinePainter::TimelinePainter(QPainter &painter, const TimelineTheme &theme,
                                 const TimelineScale &scale, int width)
    : m_painter(painter)
    , m_theme(theme)
    , m_scale(scale)
    , m_width(width)
{}

QRectF TimelinePainter::box(const IntervalRun &run, int top, int height) const
{
    const double left = std::max(m_scale.x(run.startNs), -8.0);
    const double right = std::min(m_scale.x(run.endNs), m_width + 8.0);
    // What is too narrow to be seen is still there.
    return QRectF(left, top, std::max(right - left, 1.0), height);
}

void TimelinePainter::paintLabel(const QRectF &box, const QString &text, const QColor &background)
{
    // A long box keeps its label in sight.
    const QRectF visible =
            box.intersected(QRectF(0, box.top(), m_width, box.height())).adjusted(4, 0, -4, 0);
    if (visible.width() < LabelWidth - 8)
        return;
    const QFontMetricsF metrics(m_painter.font());
    m_painter.setPen(TimelineTheme::textOn(background));
    m_painter.drawText(visible, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                       metrics.elidedText(text, Qt::ElideRight, visible.width()));
}

void TimelinePainter::paintRuler(const QRect &area)
{
    m_painter.fillRect(area, m_theme.background);
    const std::int64_t tick = tickNs(m_scale.nsPerPixel, 110);
    const std::int64_t minor = std::max<std::int64_t>(tick / 5, 1);
    const auto first = static_cast<std::int64_t>(
            std::floor(m_scale.startNs / static_cast<double>(minor)));
    const auto last = static_cast<std::int64_t>(
            std::ceil(m_scale.ns(m_width) / static_cast<double>(minor)));
    for (std::int64_t k = first; k <= last; ++k) {
        const std::int64_t ns = k * minor;
        const double x = std::round(m_scale.x(ns)) + 0.5;
        const bool isMajor = ns % tick == 0;
        m_painter.setPen(isMajor ? m_theme.faintText : m_theme.grid);
        m_painter.drawLine(QPointF(area.left() + x, area.bottom() - (isMajor ? 9 : 4)),
                           QPointF(area.left() + x, area.bottom()));
        if (isMajor && ns >= 0) {
            m_painter.setPen(m_theme.faintText);
            m_painter.drawText(QPointF(area.left() + x + 4, area.bottom() - 10),
                               timeText(ns, tick));
        }
    }
    m_painter.setPen(m_theme.grid);
    m_painter.drawLine(area.bottomLeft(), area.bottomRight());
}

void TimelinePainter::paintGrid(int top, int bottom)
{
    const std::int64_t tick = tickNs(m_scale.nsPerPixel, 110);
    const auto first = static_cast<std::int64_t>(
            std::floor(m_scale.startNs / static_cast<double>(tick)));
    m_painter.setPen(m_theme.grid);
    for (std::int64_t k = first; m_scale.x(k * tick) <= m_width; ++k) {
        const double x = std::round(m_scale.x(k * tick)) + 0.5;
        m_painter.drawLine(QPointF(x, top), QPointF(x, bottom));
    }
}

void TimelinePainter::paintLanes(const TimelineFrame &frame, int scroll)
{
    for (const LaneFrame &lane : frame.lanes) {
        const int top = lane.lane.top - scroll;
        switch (lane.lane.kind) {
        case TimelineLane::Kind::Group:
            m_painter.fillRect(QRect(0, top, m_width, lane.lane.height - 2),
                               m_theme.groupBackground);
            break;
        case TimelineLane::Kind::Cpu:
            paintCpu(frame, lane, top);
            break;
        case TimelineLane::Kind::Thread:
            paintThread(frame, lane, top);
            break;
        case TimelineLane::Kind::Coroutine:
            paintCoroutine(frame, lane, top);
            break;
        case TimelineLane::Kind::Counter:
            if (lane.lane.handle < frame.objects.size()
                && frame.objects[lane.lane.handle].kind == ObjectKind::Mutex) {
                paintHolders(frame, lane, top);
            } else {
                paintCounter(lane, top);
            }
            break;
        }
    }
    // Beyond the end there is nothing yet.
    const double end = m_scale.x(frame.traceEndNs);
    if (end < m_width) {
        QColor shade = m_theme.groupBackground;
        shade.setAlpha(110);
        m_painter.fillRect(QRectF(std::max(end, 0.0), 0, m_width - std::max(end, 0.0),
                                  frame.layout.height - scroll),
                           shade);
    }
}

void TimelinePainter::paintSlices(const TimelineFrame &frame, const std::vector<IntervalRun> &runs,
                                  int top, int height)
{
    for (const IntervalRun &run : runs) {
        const QString name = frame.store->name(run.value);
        QColor colour = m_theme.slice(name);
        const QRectF area = box(run, top, height - 2);
        if (run.count > 1)
            colour.setAlpha(150); // several, told apart by zooming in
        m_painter.fillRect(area, colour);
        if (area.width() > 4) {
            m_painter.setPen(m_theme.isDark ? colour.lighter(125) : colour.darker(120));
            m_painter.drawLine(area.topLeft(), QPointF(area.left(), area.bottom() - 1));
        }
        if (run.unfinished) {
            m_painter.setPen(QPen(m_theme.lost, 2, Qt::DotLine));
            m_painter.drawLine(QPointF(area.right() - 1, area.top()),
                               QPointF(area.right() - 1, area.bottom()));
        }
        if (area.width() > LabelWidth) {
            paintLabel(area,
                       run.count > 1 ? QStringLiteral("%1 × %2").arg(name).arg(run.count) : name,
                       colour);
        }
    }
}

void TimelinePainter::paintThread(const TimelineFrame &frame, const LaneFrame &lane, int top)
{
    // Above: what the processor says. Below it: what the thread waits for.
    const int waitTop = top + CpuStrip + 1;
    const int waitHeight = TimelineLayout::StateHeight - CpuStrip - 3;
    for (const IntervalRun &run : lane.scheduling) {
        const SchedulingValue value = SchedulingValue::unpack(run.value);
        const QColor colour = value.state == trace::SchedulingState::Running     ? m_theme.running
                              : value.state == trace::SchedulingState::Preempted ? m_theme.ready
                                                                                 : m_theme.off;
        m_painter.fillRect(box(run, top, CpuStrip), colour);
    }
    QFont font = m_painter.font();
    const QFont before = font;
    font.setPixelSize(10);
    m_painter.setFont(font);
    for (const IntervalRun &run : lane.waits) {
        const auto reason = static_cast<WaitReason>(run.value);
        QColor colour = m_theme.wait(reason);
        if (run.count > 1)
            colour.setAlpha(150);
        const QRectF area = box(run, waitTop, waitHeight);
        m_painter.fillRect(area, colour);
        if (area.width() > 2 * LabelWidth) {
            const WaitInfo wait = frame.store->wait(lane.lane.handle, run.index);
            QString text = waitReasonText(reason);
            if (wait.object && *wait.object < frame.objects.size())
                text = frame.objects[*wait.object].name + QStringLiteral(": ") + text;
            paintLabel(area, text, colour);
        }
    }
    m_painter.setFont(before);
    for (std::size_t depth = 0; depth < lane.slices.size(); ++depth)
        paintSlices(frame, lane.slices[depth],
                    TimelineLayout::sliceTop(lane.lane, depth) - lane.lane.top + top,
                    TimelineLayout::SliceHeight);
    m_painter.setPen(Qt::NoPen);
    m_painter.setBrush(m_theme.text);
    for (const InstantInfo &instant : lane.instants) {
        const double x = m_scale.x(instant.ns);
        const double y = top + TimelineLayout::StateHeight - 1;
        const QPointF diamond[] = {{x, y}, {x + 4, y + 4}, {x, y + 8}, {x - 4, y + 4}};
        m_painter.drawConvexPolygon(diamond, 4);
    }
    m_painter.setBrush(Qt::NoBrush);
}

void TimelinePainter::paintCpu(const TimelineFrame &frame, const LaneFrame &lane, int top)
{
    for (const IntervalRun &run : lane.slices[0]) {
        const QString name = run.value < frame.threads.size() ? frame.threads[run.value].name
                                                              : QString();
        QColor colour = m_theme.slice(name);
        if (run.count > 1)
            colour.setAlpha(150);
        const QRectF area = box(run, top, TimelineLayout::CpuHeight - 2);
        m_painter.fillRect(area, colour);
        if (area.width() > LabelWidth)
            paintLabel(area, name, colour);
    }
}

void TimelinePainter::paintCounter(const LaneFrame &lane, int top)
{
    const double height = TimelineLayout::CounterHeight - 6;
    const double bottom = top + TimelineLayout::CounterHeight - 2;
    const auto y = [&](std::int64_t value) {
        return bottom
               - height * static_cast<double>(value) / static_cast<double>(lane.counterMaximum);
    };
    QColor fill = m_theme.counter;
    fill.setAlpha(70);
    QColor range = m_theme.counter;
    range.setAlpha(150);
    for (const CounterRun &run : lane.counter) {
        const double left = std::max(m_scale.x(run.startNs), 0.0);
        const double right = std::min(std::max(m_scale.x(run.endNs), left + 1),
                                      static_cast<double>(m_width));
        if (right <= left)
            continue;
        m_painter.fillRect(QRectF(left, y(run.last), right - left, bottom - y(run.last)), fill);
        if (run.maximum > run.minimum)
            m_painter.fillRect(QRectF(left, y(run.maximum), 1.2, y(run.minimum) - y(run.maximum)),
                               range);
        m_painter.fillRect(QRectF(left, y(run.last) - 0.75, right - left, 1.5), m_theme.counter);
    }
    const QString maximum = QString::number(lane.counterMaximum);
    const QRect label(0, top - 2, QFontMetrics(m_painter.font()).horizontalAdvance(maximum) + 8,
                      16);
    QColor veil = m_theme.background; // the curve may run behind it
    veil.setAlpha(210);
    m_painter.fillRect(label, veil);
    m_painter.setPen(m_theme.faintText);
    m_painter.drawText(label, Qt::AlignCenter, maximum);
}

void TimelinePainter::paintTitles(const TimelineFrame &frame, int scroll, int width)
{
    const QFontMetricsF metrics(m_painter.font());
    QFont bold = m_painter.font();
    const QFont normal = bold;
    bold.setWeight(QFont::DemiBold);
    for (const LaneFrame &entry : frame.lanes) {
        const TimelineLane &lane = entry.lane;
        const int top = lane.top - scroll;
        if (lane.kind == TimelineLane::Kind::Group) {
            m_painter.fillRect(QRect(0, top, width, lane.height - 2), m_theme.groupBackground);
            m_painter.setFont(bold);
            m_painter.setPen(m_theme.text);
            const QRectF area(22, top, width - 26, lane.height - 2);
            m_painter.drawText(
                    area, Qt::AlignVCenter | Qt::TextSingleLine,
                    QFontMetricsF(bold).elidedText(lane.title, Qt::ElideRight, area.width()));
            m_painter.setFont(normal);
            // A triangle that points down while the group is open.
            const double x = 12;
            const double y = top + (lane.height - 2) / 2.0;
            const QPointF open[] = {{x - 4, y - 2}, {x + 4, y - 2}, {x, y + 4}};
            const QPointF closed[] = {{x - 2, y - 4}, {x + 4, y}, {x - 2, y + 4}};
            m_painter.setPen(Qt::NoPen);
            m_painter.setBrush(m_theme.faintText);
            m_painter.setRenderHint(QPainter::Antialiasing);
            m_painter.drawConvexPolygon(lane.isCollapsed ? closed : open, 3);
            m_painter.setRenderHint(QPainter::Antialiasing, false);
            m_painter.setBrush(Qt::NoBrush);
            continue;
        }
        const double detailWidth = lane.detail.isEmpty()
                                           ? 0
                                           : metrics.horizontalAdvance(lane.detail) + 8;
        const QRectF line(22, top, width - 30, 17);
        m_painter.setPen(m_theme.text);
        m_painter.drawText(
                line, Qt::AlignVCenter | Qt::TextSingleLine,
                metrics.elidedText(lane.title, Qt::ElideRight, line.width() - detailWidth));
        m_painter.setPen(m_theme.faintText);
        m_painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight | Qt::TextSingleLine,
                           lane.detail);
    }
}

void TimelinePainter::paintArrows(const std::vector<TimelineArrow> &arrows, int scroll)
{
    m_painter.save();
    m_painter.setRenderHint(QPainter::Antialiasing);
    for (const TimelineArrow &arrow : arrows) {
        const QPointF from(m_scale.x(arrow.fromNs), arrow.fromY - scroll);
        const QPointF to(m_scale.x(arrow.toNs), arrow.toY - scroll);
        const double reach = std::clamp((to.x() - from.x()) / 2, 12.0, 120.0);
        QPainterPath path(from);
        path.cubicTo(from + QPointF(reach, 0), to - QPointF(reach, 0), to - QPointF(6, 0));
        m_painter.setPen(QPen(m_theme.background, 4));
        m_painter.drawPath(path);
        m_painter.setPen(QPen(m_theme.accent, 2));
        m_painter.drawPath(path);
        m_painter.setBrush(m_theme.accent);
        m_painter.setPen(Qt::NoPen);
        m_painter.drawEllipse(from, 3, 3);
        const QPointF head[] = {to, to + QPointF(-9, -4.5), to + QPointF(-9, 4.5)};
        m_painter.drawConvexPolygon(head, 3);
        m_painter.setBrush(Qt::NoBrush);
    }
    m_painter.restore();
}

} // namespace heddle
