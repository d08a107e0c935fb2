// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/timelinelayout.h>

#include <heddle/timeline/traceinfo.h>

#include <QCollator>
#include <QCoreApplication>

#include <algorithm>

namespace heddle {

namespace {

// Adds lanes from top to bottom.
class LayoutBuilder
{
public:
    LayoutBuilder(TimelineLayout &layout, const QSet<QString> &collapsed)
        : m_layout(layout)
        , m_collapsed(collapsed)
    {}

    void group(const QString &title, const QString &detail = {})
    {
        m_hidden = m_collapsed.contains(title);
        place({TimelineLane::Kind::Group, m_groups++, 0, title, detail, 0,
               TimelineLayout::GroupHeight, m_hidden},
              0);
    }
    void lane(TimelineLane::Kind kind, std::size_t handle, std::size_t depths, const QString &title,
              const QString &detail, int height)
    {
        if (!m_hidden)
            place({kind, handle, depths, title, detail, 0, height, false}, TimelineLayout::Gap);
    }

private:
    void place(TimelineLane lane, int gap)
    {
        lane.top = m_layout.height;
        m_layout.height += lane.height + gap;
        m_layout.lanes.push_back(std::move(lane));
    }
    TimelineLayout &m_layout;
    const QSet<QString> &m_collapsed;
    std::size_t m_groups = 0;
    bool m_hidden = false;
};

int rank(const ThreadInfo &thread)
{
    return thread.name == QLatin1String("main")      ? 0
           : thread.name == QLatin1String("pattern") ? 1
                                                     : 2;
}

// The coroutines that threads of \a process have created, oldest first.
void addCoroutines(LayoutBuilder &builder, const TraceStore &store,
                   const std::vector<ThreadInfo> &threads, std::size_t process)
{
    const std::size_t count = store.coroutineCount();
    std::size_t shown = 0;
    for (std::size_t k = 0; k < count && shown < TimelineLayout::MostCoroutines; ++k) {
        const TaskInfo task = store.task(store.taskOfCoroutine(k));
        if (task.creator >= threads.size() || threads[task.creator].process != process)
            continue;
        if (shown++ == 0) {
            builder.group(QCoreApplication::translate("heddle::TimelineLayout", "Coroutines"),
                          count > TimelineLayout::MostCoroutines
                                  ? QCoreApplication::translate("heddle::TimelineLayout",
                                                                "first %1 of %2")
                                            .arg(TimelineLayout::MostCoroutines)
                                            .arg(count)
                                  : QString());
        }
        builder.lane(TimelineLane::Kind::Coroutine, k, 0, store.name(task.name), {},
                     TimelineLayout::CoroutineHeight);
    }
}

} // namespace

TimelineLayout TimelineLayout::of(const TraceStore &store, const QSet<QString> &collapsed)
{
    TimelineLayout layout;
    LayoutBuilder builder(layout, collapsed);
    if (const std::size_t cpus = store.cpuCount(); cpus > 0) {
        builder.group(QCoreApplication::translate("heddle::TimelineLayout", "Processors"));
        for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
            builder.lane(TimelineLane::Kind::Cpu, cpu, 0,
                         QCoreApplication::translate("heddle::TimelineLayout", "CPU %1").arg(cpu),
                         {}, CpuHeight);
        }
    }

    const std::vector<ThreadInfo> threads = store.threads();
    const std::vector<ProcessInfo> processes = store.processes();
    // The locale "C" knows no numeric order.
    const QLocale locale;
    QCollator byName(locale.language() == QLocale::C ? QLocale(QLocale::English) : locale);
    byName.setNumericMode(true);
    for (std::size_t process = 0; process < processes.size(); ++process) {
        std::vector<std::size_t> shown;
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            const bool holdsSomething = store.depthCount(thread) > 0
                                        || store.waits(thread).size() > 0
                                        || store.scheduling(thread).size() > 0
                                        || store.instants(thread).size() > 0;
            if (threads[thread].process == process && holdsSomething)
                shown.push_back(thread);
        }
        if (shown.empty()) {
            addCoroutines(builder, store, threads, process);
            continue;
        }
        std::stable_sort(shown.begin(), shown.end(), [&](std::size_t a, std::size_t b) {
            const int ranks[] = {rank(threads[a]), rank(threads[b])};
            return ranks[0] != ranks[1] ? ranks[0] < ranks[1]
                                        : byName.compare(threads[a].name, threads[b].name) < 0;
        });
        builder.group(processes[process].name,
                      QCoreApplication::translate("heddle::TimelineLayout", "process %1")
                              .arg(processes[process].pid));
        for (const std::size_t thread : shown) {
            const std::size_t depths = store.depthCount(thread);
            builder.lane(TimelineLane::Kind::Thread, thread, depths, threads[thread].name,
                         threads[thread].tid > 0 ? QString::number(threads[thread].tid) : QString(),
                         StateHeight + 2 + static_cast<int>(depths) * SliceHeight);
        }
        addCoroutines(builder, store, threads, process);
    }

    const std::vector<ObjectInfo> objects = store.objects();
    bool hasGroup = false;
    for (std::size_t object = 0; object < objects.size(); ++object) {
        if (store.counter(object).size() == 0)
            continue;
        if (!hasGroup)
            builder.group(QCoreApplication::translate("heddle::TimelineLayout", "Objects"));
        hasGroup = true;
        builder.lane(TimelineLane::Kind::Counter, object, 0, objects[object].name,
                     objects[object].capacity > 0 ? QStringLiteral("%1 / %2")
                                                            .arg(objectKindId(objects[object].kind))
                                                            .arg(objects[object].capacity)
                                                  : objectKindId(objects[object].kind),
                     objects[object].kind == ObjectKind::Mutex ? HolderHeight : CounterHeight);
    }
    return layout;
}

const TimelineLane *TimelineLayout::laneAt(int y) const
{
    const auto next = std::upper_bound(
            lanes.begin(), lanes.end(), y,
            [](int at, const TimelineLane &lane) { return at < lane.top; });
    if (next == lanes.begin())
        return nullptr;
    const TimelineLane &lane = *(next - 1);
    return y < lane.top + lane.height ? &lane : nullptr;
}

const TimelineLane *TimelineLayout::thread(std::size_t handle) const
{
    return find(TimelineLane::Kind::Thread, handle);
}

const TimelineLane *TimelineLayout::coroutine(std::size_t handle) const
{
    return find(TimelineLane::Kind::Coroutine, handle);
}

const TimelineLane *TimelineLayout::find(TimelineLane::Kind kind, std::size_t handle) const
{
    for (const TimelineLane &lane : lanes) {
        if (lane.kind == kind && lane.handle == handle)
            return &lane;
    }
    return nullptr;
}

} // namespace heddle
