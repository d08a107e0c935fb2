// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/timelinepainter.h>

#include <QCoreApplication>
#include <QPainter>

namespace heddle {

// The lanes that are one strip of states: a coroutine's life, a mutex's holders.

void TimelinePainter::paintStrip(const IntervalRun &run, int top, int height, QColor colour,
                                 const QString &text)
{
    if (run.count > 1)
        colour.setAlpha(150); // several, told apart by zooming in
    const QRectF area = box(run, top, height);
    m_painter.fillRect(area, colour);
    constexpr double roomForText = 56;
    if (area.width() > roomForText)
        paintLabel(area, text, colour);
}

void TimelinePainter::paintCoroutine(const TimelineFrame &frame, const LaneFrame &lane, int top)
{
    const QFont before = m_painter.font();
    QFont font = before;
    font.setPixelSize(10);
    m_painter.setFont(font);
    const CoroutineTrack &track = frame.store->coroutine(lane.lane.handle);
    for (const IntervalRun &run : lane.states) {
        const CoroutineStretch stretch = track.at(run.index);
        const QString thread = stretch.thread && *stretch.thread < frame.threads.size()
                                       ? frame.threads[*stretch.thread].name
                                       : QString();
        constexpr int height = TimelineLayout::CoroutineHeight - 4;
        switch (stretch.state) {
        case TaskState::Running:
            paintStrip(run, top, height, m_theme.running, thread);
            break;
        case TaskState::Ready:
            paintStrip(run, top + 4, height - 8, m_theme.ready, QString());
            break;
        case TaskState::Waiting: {
            QString text = waitReasonText(stretch.reason);
            if (stretch.object && *stretch.object < frame.objects.size())
                text = frame.objects[*stretch.object].name + QStringLiteral(": ") + text;
            paintStrip(run, top, height, m_theme.wait(stretch.reason), text);
            break;
        }
        default:
            paintStrip(run, top + 4, height - 8, m_theme.off, QString());
        }
    }
    m_painter.setFont(before);
}

void TimelinePainter::paintHolders(const TimelineFrame &frame, const LaneFrame &lane, int top)
{
    for (const CounterRun &run : lane.counter) {
        const auto holder = static_cast<std::size_t>(run.last > 0 ? run.last : run.maximum);
        if (run.maximum <= 0)
            continue;
        const QString name = holder <= frame.threads.size() ? frame.threads[holder - 1].name
                                                            : QString();
        IntervalRun strip;
        strip.startNs = run.startNs;
        strip.endNs = run.endNs;
        strip.count = run.minimum == run.maximum ? 1 : 2;
        paintStrip(strip, top, TimelineLayout::HolderHeight - 3, m_theme.slice(name),
                   QCoreApplication::translate("heddle::TimelinePainter", "held by %1").arg(name));
    }
}

} // namespace heddle
