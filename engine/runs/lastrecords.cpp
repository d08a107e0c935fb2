// SPDX-License-Identifier: Apache-2.0
#include "lastrecords_p.h"

#include <heddle/timeline/traceinfo.h>

#include <algorithm>
#include <optional>

namespace heddle {

namespace {

// Shorter waits come and go in every program that works.
constexpr std::int64_t LongWaitNs = 100'000'000;
constexpr qsizetype MostLines = 32;
constexpr qsizetype MostNamed = 4;

// What a thread is in the middle of. The order is that of interest.
enum class Concern { Crashed, Blocked, Working, WaitingForThread, Idle, Nothing };

struct Activity
{
    std::size_t thread = 0;
    Concern concern = Concern::Nothing;
    std::optional<WaitInfo> wait;
    QString slices; // "in "outer", in "inner"", outermost first
};

bool isIdle(WaitReason reason)
{
    return reason == WaitReason::PoolIdle || reason == WaitReason::Sleep
           || reason == WaitReason::EventLoopIdle;
}

// Waiting for other threads to be done: they are the ones to look at.
bool isConsequence(WaitReason reason)
{
    return reason == WaitReason::ThreadEnd || reason == WaitReason::QueueJoin;
}

Activity activityOf(const TraceStore &store, std::size_t thread)
{
    Activity activity;
    activity.thread = thread;
    QStringList open;
    for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
        const IntervalTrack &track = store.slices(thread, depth);
        const std::size_t count = track.size();
        if (count == 0 || track.at(count - 1).durationNs != Interval::Unfinished)
            break;
        open << QStringLiteral("in \"%1\"").arg(store.name(track.at(count - 1).value));
    }
    activity.slices = open.join(QStringLiteral(", "));
    if (!open.isEmpty())
        activity.concern = Concern::Working;
    if (const std::size_t count = store.waits(thread).size(); count > 0) {
        const WaitInfo wait = store.wait(thread, count - 1);
        if (wait.durationNs == Interval::Unfinished) {
            activity.wait = wait;
            activity.concern = isIdle(wait.reason)          ? Concern::Idle
                               : isConsequence(wait.reason) ? Concern::WaitingForThread
                                                            : Concern::Blocked;
        }
    }
    return activity;
}

QString durationText(std::int64_t ns)
{
    const double seconds = static_cast<double>(std::max<std::int64_t>(ns, 0)) / 1e9;
    return seconds < 1 ? QStringLiteral("%1 ms").arg(seconds * 1e3, 0, 'f', seconds < 0.01 ? 2 : 0)
                       : QStringLiteral("%1 s").arg(seconds, 0, 'f', 1);
}

// "waits for queue "items" (queue empty), for 29.8 s"
QString waitText(const WaitInfo &wait, const std::vector<ObjectInfo> &objects, std::int64_t nowNs)
{
    const QString reason = waitReasonId(wait.reason).replace(QLatin1Char('_'), QLatin1Char(' '));
    const QString duration = durationText(nowNs - wait.startNs);
    if (!wait.object || *wait.object >= objects.size())
        return QStringLiteral("waits (%1), for %2").arg(reason, duration);
    const ObjectInfo &object = objects[*wait.object];
    QString what = QStringLiteral("\"%1\"").arg(object.name);
    const QString kind = object.kind == ObjectKind::Unknown ? QString() : objectKindId(object.kind);
    if (!kind.isEmpty())
        what.prepend(kind + QLatin1Char(' '));
    if (reason != kind)
        what += QStringLiteral(" (%1)").arg(reason);
    return QStringLiteral("waits for %1, for %2").arg(what, duration);
}

// As many as a message may name, and how many \a more there are.
QString firstOf(QStringList all, const QString &more)
{
    if (const qsizetype left = all.size() - MostNamed; left > 0) {
        all.resize(MostNamed);
        all << more.arg(left);
    }
    return all.join(QStringLiteral("; "));
}

// What ended last in a thread: the slice, whatever its depth.
QString lastSlice(const TraceStore &store, std::size_t thread, std::int64_t nowNs)
{
    std::optional<Interval> last;
    for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
        const IntervalTrack &track = store.slices(thread, depth);
        const std::size_t count = track.size();
        if (count == 0)
            continue;
        const Interval slice = track.at(count - 1);
        if (slice.durationNs != Interval::Unfinished
            && (!last || slice.startNs + slice.durationNs > last->startNs + last->durationNs)) {
            last = slice;
        }
    }
    if (!last)
        return {};
    return QStringLiteral("was last in \"%1\", %2 before")
            .arg(store.name(last->value), durationText(nowNs - last->startNs - last->durationNs));
}

} // namespace

QString nameOfThread(const TraceStore &store, std::int64_t tid)
{
    // The number of a thread that has ended may have been given to another: the youngest counts.
    const std::vector<ThreadInfo> threads = store.threads();
    const auto found = std::find_if(
            threads.rbegin(), threads.rend(),
            [tid](const ThreadInfo &info) { return tid != 0 && info.tid == tid; });
    return found == threads.rend() ? QString() : found->name;
}

LastRecords lastRecordsOf(const TraceStore &store, std::int64_t nowNs, std::int64_t crashed)
{
    const std::vector<ThreadInfo> threads = store.threads();
    std::vector<Activity> activities;
    for (std::size_t thread = 0; thread < threads.size(); ++thread) {
        activities.push_back(activityOf(store, thread));
        if (crashed != 0 && threads[thread].tid == crashed
            && threads[thread].endNs == Interval::Unfinished) {
            activities.back().concern = Concern::Crashed;
        }
    }
    // After the waits, so that it has every object they name.
    const std::vector<ObjectInfo> objects = store.objects();
    std::stable_sort(activities.begin(), activities.end(),
                     [](const Activity &a, const Activity &b) {
                         if (a.concern != b.concern)
                             return a.concern < b.concern;
                         return a.wait && b.wait && a.wait->startNs < b.wait->startNs;
                     });
    const bool allAtRest = std::all_of(
            activities.begin(), activities.end(),
            [](const Activity &activity) { return !activity.wait && activity.slices.isEmpty(); });

    LastRecords result;
    QStringList blocked;
    QStringList working;
    for (const Activity &activity : activities) {
        const QString &name = threads[activity.thread].name;
        QStringList doing;
        if (activity.wait) {
            doing << waitText(*activity.wait, objects, nowNs);
            if (activity.concern == Concern::Blocked
                && nowNs - activity.wait->startNs >= LongWaitNs) {
                blocked << name + QLatin1Char(' ') + doing.back();
            }
        }
        if (!activity.slices.isEmpty())
            doing << activity.slices;
        if (activity.concern == Concern::Working)
            working << name + QStringLiteral(" is ") + activity.slices;
        if (doing.isEmpty() && (allAtRest || activity.concern == Concern::Crashed))
            doing << lastSlice(store, activity.thread, nowNs);
        const QString text = doing.join(QStringLiteral("; "));
        if (!text.isEmpty())
            result.lines << name + QStringLiteral(": ") + text;
    }
    if (const qsizetype more = result.lines.size() - MostLines; more > 0) {
        result.lines.resize(MostLines);
        result.lines << QStringLiteral("… and %1 more").arg(more);
    }
    result.blocked = firstOf(blocked, QStringLiteral("%1 more wait as well"));
    result.working = firstOf(working, QStringLiteral("%1 more are at work"));
    return result;
}

} // namespace heddle
