// SPDX-License-Identifier: GPL-3.0-or-later
#include "timelinetooltip.h"

#include "coroutinetext.h"

#include <heddle/formats/timelinetheme.h>
#include <heddle/timeline/traceinfo.h>

#include <QCoreApplication>

namespace heddle::studio {

namespace {
struct Tooltip
{
    Q_DECLARE_TR_FUNCTIONS(heddle::studio::Tooltip)
};
} // namespace

QString tooltipText(const TraceStore &store, const TimelineSelection &selection)
{
    if (selection.kind == TimelineSelection::Kind::Nothing)
        return {};
    const auto [start, end] = selection.span(store);
    const QString length = durationText(end - start);
    const std::vector<ThreadInfo> threads = store.threads();
    switch (selection.kind) {
    case TimelineSelection::Kind::Slice:
        return store.name(store.slices(selection.slice.thread, selection.slice.depth)
                                  .at(selection.slice.index)
                                  .value)
               + QStringLiteral("\n") + length;
    case TimelineSelection::Kind::Wait: {
        const WaitInfo wait = store.wait(selection.handle, selection.index);
        QString text = Tooltip::tr("waits: %1, %2").arg(waitReasonText(wait.reason), length);
        if (wait.object)
            text.prepend(store.objects()[*wait.object].name + QStringLiteral("\n"));
        if (wait.waker)
            text += QStringLiteral("\n")
                    + Tooltip::tr("ended by %1").arg(threads[*wait.waker].name);
        return text;
    }
    case TimelineSelection::Kind::Scheduling: {
        const SchedulingValue value = SchedulingValue::unpack(
                store.scheduling(selection.handle).at(selection.index).value);
        return value.state == trace::SchedulingState::Running
                       ? Tooltip::tr("on CPU %1, %2").arg(value.cpu).arg(length)
               : value.state == trace::SchedulingState::Preempted
                       ? Tooltip::tr("ready, but no processor was free, %1").arg(length)
                       : Tooltip::tr("off the processor, %1").arg(length);
    }
    case TimelineSelection::Kind::Cpu: {
        const std::uint32_t thread = store.cpu(selection.handle).at(selection.index).value;
        return (thread < threads.size() ? threads[thread].name : QString()) + QStringLiteral("\n")
               + length;
    }
    case TimelineSelection::Kind::Coroutine: {
        const CoroutineTrack &track = store.coroutine(selection.handle);
        const CoroutineStretch stretch = track.at(selection.index);
        QString text = store.name(store.task(store.taskOfCoroutine(selection.handle)).name)
                       + QStringLiteral("\n") + coroutineStretchText(store, stretch)
                       + QStringLiteral(", ") + length;
        if (stretch.object && *stretch.object < store.objectCount())
            text += QStringLiteral("\n") + store.objects()[*stretch.object].name;
        if (const auto waker = track.wakerOf(selection.index); waker && *waker < threads.size())
            text += QStringLiteral("\n") + Tooltip::tr("ended by %1").arg(threads[*waker].name);
        return text;
    }
    case TimelineSelection::Kind::Counter:
        if (store.objects()[selection.handle].kind == ObjectKind::Mutex) {
            const QString holder = holderName(store, selection.handle, selection.startNs);
            return store.objects()[selection.handle].name + QStringLiteral("\n")
                   + (holder.isEmpty() ? Tooltip::tr("free")
                                       : Tooltip::tr("held by %1").arg(holder));
        }
        return Tooltip::tr("%1: %2")
                .arg(store.objects()[selection.handle].name)
                .arg(store.counter(selection.handle).valueAt(selection.startNs));
    default:
        return {};
    }
}

} // namespace heddle::studio
