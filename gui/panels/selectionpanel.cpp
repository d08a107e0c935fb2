// SPDX-License-Identifier: GPL-3.0-or-later
#include "selectionpanel.h"

#include "timeline/coroutinetext.h"

#include <heddle/formats/timelinetheme.h>
#include <heddle/timeline/traceinfo.h>

namespace heddle::studio {

namespace {

QString row(const QString &key, const QString &value)
{
    return QStringLiteral("<tr><td style='padding:2px 18px 2px 0'><i>%1</i></td><td "
                          "style='padding:2px 0'>%2</td></tr>")
            .arg(key.toHtmlEscaped(), value);
}

QString page(const QString &title, const QString &rows)
{
    return QStringLiteral("<h3 style='margin:0 0 6px 0'>%1</h3><table cellspacing='0'>%2</table>")
            .arg(title.toHtmlEscaped(), rows);
}

QString threadName(const TraceStore &store, std::size_t thread)
{
    const std::vector<ThreadInfo> threads = store.threads();
    return thread < threads.size() ? threads[thread].name : QString();
}

} // namespace

SelectionPanel::SelectionPanel(QWidget *parent)
    : QTextBrowser(parent)
{
    setOpenLinks(false);
    document()->setDocumentMargin(10);
    setAccessibleName(tr("Selection"));
    connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl &url) {
        const auto index = static_cast<std::size_t>(url.toString().mid(1).toULongLong());
        if (index < m_targets.size())
            Q_EMIT selectRequested(m_targets[index]);
    });
    show(nullptr, {});
}

QString SelectionPanel::link(const TraceStore &store, std::size_t thread, std::int64_t ns,
                             const QString &text)
{
    const auto slice = store.sliceAt(thread, ns);
    if (!slice)
        return text.toHtmlEscaped();
    m_targets.push_back(TimelineSelection::ofSlice(*slice));
    return QStringLiteral("<a href='#%1'>%2</a>")
            .arg(m_targets.size() - 1)
            .arg(text.toHtmlEscaped());
}

QString SelectionPanel::flowRows(const TraceStore &store, SliceRef slice)
{
    constexpr std::size_t mostRows = 12;
    QString rows;
    const std::vector<FlowPoint> points = store.flowsOf(slice, mostRows + 1);
    for (std::size_t k = 0; k < std::min(points.size(), mostRows); ++k) {
        QString kind = flowKindId(points[k].kind);
        kind.replace(QLatin1Char('_'), QLatin1Char(' '));
        for (const FlowPoint &other : store.flow(points[k].flow, mostRows)) {
            if (other.ns == points[k].ns && other.thread == points[k].thread)
                continue;
            const bool outward = other.ns > points[k].ns;
            const auto at = store.sliceAt(other.thread, other.ns);
            const QString where = at ? store.name(
                                          store.slices(at->thread, at->depth).at(at->index).value)
                                     : QString();
            rows += row(outward ? tr("%1 goes to").arg(kind) : tr("%1 comes from").arg(kind),
                        link(store, other.thread, other.ns,
                             QStringLiteral("%1 · %2").arg(threadName(store, other.thread), where))
                                + QStringLiteral(" ")
                                + (outward ? tr("after %1") : tr("%1 before"))
                                          .arg(durationText(std::abs(other.ns - points[k].ns))));
        }
    }
    if (points.size() > mostRows) // or some flow has more points: these are the first
        rows += row(QString(), tr("and more"));
    return rows;
}

QString SelectionPanel::sliceText(const TraceStore &store, const TimelineSelection &selection)
{
    const SliceRef ref = selection.slice;
    const Interval slice = store.slices(ref.thread, ref.depth).at(ref.index);
    const bool unfinished = slice.durationNs == Interval::Unfinished;
    const auto [start, end] = selection.span(store);
    QString rows = row(tr("Thread"), threadName(store, ref.thread).toHtmlEscaped());
    rows += row(tr("Duration"), unfinished ? tr("%1, not ended").arg(durationText(end - start))
                                           : durationText(end - start));
    if (const auto onCpu = cpuTime(store, ref.thread, start, end)) {
        const double share = end > start ? 100.0 * static_cast<double>(*onCpu)
                                                   / static_cast<double>(end - start)
                                         : 0;
        const QString percent = *onCpu > 0 && share < 1 ? QStringLiteral("&lt; 1")
                                                        : QString::number(share, 'f', 0);
        rows += row(tr("On a processor"), tr("%1 (%2 %)").arg(durationText(*onCpu), percent));
    }
    rows += row(tr("Start"), timeText(start, 1000));
    for (const SliceArgument &argument : store.arguments(ref))
        rows += row(argument.key, argument.value.toString().toHtmlEscaped());
    rows += flowRows(store, ref);
    return page(store.name(slice.value), rows);
}

QString SelectionPanel::waitText(const TraceStore &store, const TimelineSelection &selection)
{
    const WaitInfo wait = store.wait(selection.handle, selection.index);
    const auto [start, end] = selection.span(store);
    QString rows = row(tr("Thread"), threadName(store, selection.handle).toHtmlEscaped());
    if (wait.object)
        rows += row(tr("Waits for"), store.objects()[*wait.object].name.toHtmlEscaped());
    rows += row(tr("Because"), waitReasonText(wait.reason));
    rows += row(tr("Duration"), durationText(end - start));
    rows += row(tr("Start"), timeText(start, 1000));
    if (wait.durationNs == Interval::Unfinished) {
        rows += row(tr("Ended by"), tr("nobody: it still waits"));
    } else if (wait.waker) {
        const QString waker = link(store, *wait.waker, end, threadName(store, *wait.waker));
        rows += row(tr("Ended by"), wait.outcome == WaitOutcome::Stopped
                                            ? tr("a request to stop, from %1").arg(waker)
                                    : wait.outcome == WaitOutcome::ShutDown
                                            ? tr("a shut-down, by %1").arg(waker)
                                            : waker);
    } else if (wait.outcome == WaitOutcome::Stopped) {
        rows += row(tr("Ended by"), tr("a request to stop"));
    } else if (wait.outcome == WaitOutcome::TimedOut) {
        rows += row(tr("Ended by"), tr("its time limit"));
    }
    return page(tr("Waiting: %1").arg(waitReasonText(wait.reason)), rows);
}

QString SelectionPanel::coroutineText(const TraceStore &store, const TimelineSelection &selection)
{
    const CoroutineTrack &track = store.coroutine(selection.handle);
    const CoroutineStretch stretch = track.at(selection.index);
    const TaskInfo task = store.task(store.taskOfCoroutine(selection.handle));
    const auto [start, end] = selection.span(store);
    QString rows = row(tr("State"), coroutineStretchText(store, stretch).toHtmlEscaped());
    if (stretch.state == TaskState::Running && stretch.thread)
        rows += row(tr("Thread"),
                    link(store, *stretch.thread, start, threadName(store, *stretch.thread)));
    if (stretch.state == TaskState::Waiting) {
        if (stretch.object && *stretch.object < store.objectCount())
            rows += row(tr("Waits for"), store.objects()[*stretch.object].name.toHtmlEscaped());
        if (const auto waker = track.wakerOf(selection.index))
            rows += row(tr("Ended by"), link(store, *waker, end, threadName(store, *waker)));
        else if (stretch.endNs == Interval::Unfinished)
            rows += row(tr("Ended by"), tr("nobody: it still waits"));
    }
    if (stretch.state == TaskState::Ready && stretch.thread)
        rows += row(tr("Made ready by"),
                    link(store, *stretch.thread, start, threadName(store, *stretch.thread)));
    rows += row(tr("Duration"), stretch.endNs == Interval::Unfinished
                                        ? tr("%1, not ended").arg(durationText(end - start))
                                        : durationText(end - start));
    rows += row(tr("Start"), timeText(start, 1000));
    rows += row(tr("Created"), timeText(task.createdNs, 1000) + QStringLiteral(" · ")
                                       + link(store, task.creator, task.createdNs,
                                              threadName(store, task.creator)));
    if (task.endedNs != Interval::Unfinished)
        rows += row(tr("Ended"), timeText(task.endedNs, 1000));
    if (task.executor && *task.executor < store.objectCount())
        rows += row(tr("Loop"), store.objects()[*task.executor].name.toHtmlEscaped());
    return page(tr("Coroutine: %1").arg(store.name(task.name)), rows);
}

void SelectionPanel::show(const TraceStore *store, const TimelineSelection &selection)
{
    m_targets.clear();
    m_isUnfinished = store && selection.isUnfinished(*store);
    if (!store || selection.kind == TimelineSelection::Kind::Nothing) {
        setHtml(QStringLiteral("<p style='color:gray'>%1</p>")
                        .arg(tr("Click a slice, a wait or a counter in the timeline to see what "
                                "it was. Shift+drag measures a stretch of time.")));
        return;
    }
    const auto [start, end] = selection.span(*store);
    switch (selection.kind) {
    case TimelineSelection::Kind::Slice:
        setHtml(sliceText(*store, selection));
        break;
    case TimelineSelection::Kind::Wait:
        setHtml(waitText(*store, selection));
        break;
    case TimelineSelection::Kind::Scheduling: {
        const SchedulingValue value = SchedulingValue::unpack(
                store->scheduling(selection.handle).at(selection.index).value);
        const QString what = value.state == trace::SchedulingState::Running
                                     ? tr("On CPU %1").arg(value.cpu)
                             : value.state == trace::SchedulingState::Preempted
                                     ? tr("Ready, but no processor was free")
                                     : tr("Off the processor");
        setHtml(page(what, row(tr("Thread"), threadName(*store, selection.handle).toHtmlEscaped())
                                   + row(tr("Duration"), durationText(end - start))
                                   + row(tr("Start"), timeText(start, 1000))));
        break;
    }
    case TimelineSelection::Kind::Cpu: {
        const std::uint32_t thread = store->cpu(selection.handle).at(selection.index).value;
        setHtml(page(tr("CPU %1").arg(selection.handle),
                     row(tr("Thread"), link(*store, thread, start, threadName(*store, thread)))
                             + row(tr("Duration"), durationText(end - start))
                             + row(tr("Start"), timeText(start, 1000))));
        break;
    }
    case TimelineSelection::Kind::Coroutine:
        setHtml(coroutineText(*store, selection));
        break;
    case TimelineSelection::Kind::Counter: {
        const CounterTrack &counter = store->counter(selection.handle);
        const ObjectInfo object = store->objects()[selection.handle];
        if (object.kind == ObjectKind::Mutex) {
            const QString holder = holderName(*store, selection.handle, selection.startNs);
            setHtml(page(object.name,
                         row(tr("Kind"), objectKindId(object.kind))
                                 + row(tr("At"), timeText(selection.startNs, 1000))
                                 + row(tr("Held by"),
                                       holder.isEmpty() ? tr("nobody") : holder.toHtmlEscaped())));
            break;
        }
        setHtml(page(object.name,
                     row(tr("Kind"), objectKindId(object.kind))
                             + (object.capacity > 0
                                        ? row(tr("Capacity"), QString::number(object.capacity))
                                        : QString())
                             + row(tr("At"), timeText(selection.startNs, 1000))
                             + row(tr("Value"), QString::number(counter.valueAt(selection.startNs)))
                             + row(tr("Greatest"), QString::number(counter.maximum()))));
        break;
    }
    case TimelineSelection::Kind::Range:
        setHtml(page(tr("Measured: %1").arg(durationText(end - start)),
                     row(tr("From"), timeText(start, 1000)) + row(tr("To"), timeText(end, 1000))));
        break;
    case TimelineSelection::Kind::Nothing:
        break;
    }
}

} // namespace heddle::studio
