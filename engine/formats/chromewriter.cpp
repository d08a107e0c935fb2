// SPDX-License-Identifier: Apache-2.0
#include "chromewriter_p.h"

#include "coroutinetext_p.h"
#include "threadnumbers_p.h"

#include <heddle/timeline/traceinfo.h>

#include <QIODevice>
#include <QJsonDocument>
#include <QJsonObject>

#include <cinttypes>
#include <cstdio>

namespace heddle {

namespace {

constexpr qsizetype FlushBytes = 1 << 18;

// One event after the other; the document is valid JSON once end() has been called, which it is
// also when writing was cancelled.
class EventStream
{
public:
    EventStream(QIODevice &device, const FormatProgress &progress, const std::stop_token &stop,
                double total)
        : m_device(device)
        , m_progress(progress)
        , m_stop(stop)
        , m_total(total)
    {
        m_out = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
    }

    void event(const char *phase, std::int64_t pid, std::int64_t tid, std::int64_t ns,
               const QByteArray &fields)
    {
        if (m_isCancelled)
            return;
        m_out += m_isFirst ? "\n" : ",\n";
        m_isFirst = false;
        char head[160];
        std::snprintf(head, sizeof(head),
                      "{\"ph\":\"%s\",\"pid\":%" PRId64 ",\"tid\":%" PRId64 ",\"ts\":", phase, pid,
                      tid);
        m_out += head;
        m_out += microseconds(ns);
        m_out += fields;
        m_out += '}';
        ++m_done;
        if (m_out.size() >= FlushBytes)
            flush();
    }
    void end(const QByteArray &otherData)
    {
        m_out += "\n],\"otherData\":";
        m_out += otherData;
        m_out += "}\n";
        flush();
    }

    // Three decimals hold a nanosecond exactly.
    static QByteArray microseconds(std::int64_t ns)
    {
        char text[48];
        std::snprintf(text, sizeof(text), "%s%" PRId64 ".%03d", ns < 0 ? "-" : "",
                      std::abs(ns) / 1000, static_cast<int>(std::abs(ns) % 1000));
        return text;
    }
    static QByteArray object(const QJsonObject &object)
    {
        return QJsonDocument(object).toJson(QJsonDocument::Compact);
    }
    static QByteArray quoted(const QString &text)
    {
        // The JSON library knows what has to be escaped.
        const QByteArray wrapped = object({{QStringLiteral("k"), text}});
        return wrapped.sliced(5, wrapped.size() - 6);
    }

private:
    void flush()
    {
        if (m_device.write(m_out) != m_out.size()) {
            throw Error(
                    QStringLiteral("The trace cannot be written: %1").arg(m_device.errorString()),
                    QStringLiteral("Chrome JSON export"),
                    QStringLiteral("Free some disk space and try again"));
        }
        m_out.clear();
        m_isCancelled = m_stop.stop_requested();
        if (m_progress)
            m_progress(std::min(1.0, static_cast<double>(m_done) / m_total));
    }

    QIODevice &m_device;
    const FormatProgress &m_progress;
    const std::stop_token &m_stop;
    double m_total;
    std::uint64_t m_done = 0;
    bool m_isFirst = true;
    bool m_isCancelled = false;
    QByteArray m_out;
};

class ChromeExport
{
public:
    ChromeExport(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                 const std::stop_token &stop)
        : m_store(store)
        , m_stop(stop)
        , m_threads(store.threads())
        , m_tids(uniqueThreadNumbers(m_threads))
        , m_objects(store.objects())
        , m_processes(store.processes())
        , m_events(device, progress, stop,
                   static_cast<double>(store.counts().slices + store.counts().waits
                                       + store.counts().counters + 2 * store.counts().flows
                                       + store.counts().scheduling + 3 * store.counts().tasks
                                       + 20 * store.counts().coroutines + 1))
    {}

    void write()
    {
        writeNames();
        for (std::size_t thread = 0; thread < m_threads.size() && !m_stop.stop_requested();
             ++thread) {
            writeSlices(thread);
            writeInstants(thread);
            writeWaits(thread);
            writeFlows(thread);
            writeTasks(thread);
            writeScheduling(thread);
        }
        for (std::size_t coroutine = 0, count = m_store.coroutineCount();
             coroutine < count && !m_stop.stop_requested(); ++coroutine)
            writeCoroutine(coroutine);
        if (!m_stop.stop_requested())
            writeCounters();
        QJsonObject attributes;
        const QMap<QString, QString> all = m_store.attributes();
        for (auto entry = all.begin(); entry != all.end(); ++entry)
            attributes.insert(entry.key(), entry.value());
        attributes.insert(QStringLiteral("lost_records"),
                          static_cast<qint64>(m_store.counts().lost));
        m_events.end(EventStream::object(attributes));
        if (m_stop.stop_requested())
            throw Stopped(QStringLiteral("The export was cancelled"),
                          QStringLiteral("Chrome JSON export"));
    }

private:
    std::int64_t pid(std::size_t process) const
    {
        return process < m_processes.size() ? m_processes[process].pid : 0;
    }
    void event(const char *phase, std::size_t thread, std::int64_t ns, const QByteArray &fields)
    {
        m_events.event(phase, pid(m_threads[thread].process), m_tids[thread], ns, fields);
    }
    static QByteArray nameField(const QString &name)
    {
        return ",\"name\":" + EventStream::quoted(name);
    }
    static QByteArray duration(std::int64_t ns)
    {
        return ",\"dur\":" + EventStream::microseconds(ns);
    }
    static QByteArray arguments(const std::vector<SliceArgument> &arguments)
    {
        if (arguments.empty())
            return {};
        QJsonObject object;
        for (const SliceArgument &argument : arguments)
            object.insert(argument.key, QJsonValue::fromVariant(argument.value));
        return ",\"args\":" + EventStream::object(object);
    }

    void writeNames()
    {
        for (std::size_t k = 0; k < m_processes.size(); ++k) {
            m_events.event("M", m_processes[k].pid, 0, 0,
                           ",\"name\":\"process_name\",\"args\":{\"name\":"
                                   + EventStream::quoted(m_processes[k].name) + '}');
        }
        for (std::size_t k = 0; k < m_threads.size(); ++k) {
            event("M", k, 0,
                  ",\"name\":\"thread_name\",\"args\":{\"name\":"
                          + EventStream::quoted(m_threads[k].name) + '}');
            event("M", k, 0,
                  ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":"
                          + QByteArray::number(static_cast<qulonglong>(k)) + '}');
        }
    }
    void writeSlices(std::size_t thread)
    {
        for (std::size_t depth = 0; depth < m_store.depthCount(thread); ++depth) {
            const IntervalTrack &track = m_store.slices(thread, depth);
            for (std::size_t k = 0, count = track.size(); k < count; ++k) {
                const Interval slice = track.at(k);
                const bool unfinished = slice.durationNs == Interval::Unfinished;
                event(unfinished ? "B" : "X", thread, slice.startNs,
                      (unfinished ? QByteArray() : duration(slice.durationNs))
                              + nameField(m_store.name(slice.value)) + ",\"cat\":\"slice\""
                              + arguments(m_store.arguments({thread, depth, k})));
            }
        }
    }
    void writeInstants(std::size_t thread)
    {
        const auto &instants = m_store.instants(thread);
        for (std::size_t k = 0, count = instants.size(); k < count; ++k) {
            event("i", thread, instants.at(k).ns,
                  nameField(m_store.name(instants.at(k).name)) + ",\"s\":\"t\""
                          + arguments(m_store.instantArguments(thread, k)));
        }
    }
    // Asynchronous events: a wait may reach over the edges of the slices around it.
    void writeWaits(std::size_t thread)
    {
        for (std::size_t k = 0, count = m_store.waits(thread).size(); k < count; ++k) {
            const WaitInfo wait = m_store.wait(thread, k);
            const QString reason = waitReasonId(wait.reason);
            const QString name = wait.object && *wait.object < m_objects.size()
                                         ? m_objects[*wait.object].name + QStringLiteral(": ")
                                                   + reason
                                         : reason;
            const QByteArray identity = nameField(name) + ",\"cat\":\"wait\",\"id\":\"wait-"
                                        + QByteArray::number(static_cast<qulonglong>(thread)) + '-'
                                        + QByteArray::number(static_cast<qulonglong>(k)) + '"';
            QJsonObject details{{QStringLiteral("reason"), reason}};
            if (wait.waker && *wait.waker < m_threads.size())
                details.insert(QStringLiteral("waker"), m_threads[*wait.waker].name);
            if (wait.durationNs != Interval::Unfinished)
                details.insert(QStringLiteral("outcome"), waitOutcomeId(wait.outcome));
            event("b", thread, wait.startNs,
                  identity + ",\"args\":" + EventStream::object(details));
            if (wait.durationNs != Interval::Unfinished)
                event("e", thread, wait.startNs + wait.durationNs, identity);
        }
    }
    void writeFlows(std::size_t thread)
    {
        const auto &points = m_store.flowPoints(thread);
        for (std::size_t k = 0, count = points.size(); k < count; ++k) {
            const FlowPoint &point = points.at(k);
            const bool ends = point.phase == FlowPhase::End;
            event(point.phase == FlowPhase::Begin ? "s"
                  : ends                          ? "f"
                                                  : "t",
                  thread, point.ns,
                  nameField(flowKindId(point.kind)) + ",\"cat\":\"flow\",\"id\":\"0x"
                          + QByteArray::number(static_cast<qulonglong>(point.flow), 16) + '"'
                          + (ends ? ",\"bp\":\"e\"" : ""));
        }
    }
    void writeTasks(std::size_t thread)
    {
        const auto &states = m_store.taskStates(thread);
        for (std::size_t k = 0, count = states.size(); k < count; ++k) {
            const TaskStateChange &change = states.at(k);
            const auto row = m_store.taskWithId(change.flow);
            QJsonObject details{
                    {QStringLiteral("task"),
                     QStringLiteral("0x%1").arg(static_cast<qulonglong>(change.flow), 0, 16)}};
            if (row)
                details.insert(QStringLiteral("name"), m_store.name(m_store.task(*row).name));
            if (change.reason != WaitReason::Unknown)
                details.insert(QStringLiteral("reason"), waitReasonId(change.reason));
            if (change.object < m_objects.size())
                details.insert(QStringLiteral("object"), m_objects[change.object].name);
            event("i", thread, change.ns,
                  nameField(taskStateId(change.state)) + ",\"cat\":\"task\",\"s\":\"t\",\"args\":"
                          + EventStream::object(details));
        }
    }
    // Asynchronous events with one number each: a coroutine is on no thread for long.
    void writeCoroutine(std::size_t coroutine)
    {
        const TaskInfo task = m_store.task(m_store.taskOfCoroutine(coroutine));
        const CoroutineTrack &track = m_store.coroutine(coroutine);
        if (task.creator >= m_threads.size() || track.size() == 0)
            return;
        const QByteArray identity = ",\"cat\":\"coroutine\",\"id\":\"coroutine-"
                                    + QByteArray::number(static_cast<qulonglong>(coroutine)) + '"';
        const QByteArray whole = nameField(m_store.name(task.name)) + identity;
        event("b", task.creator, track.at(0).startNs, whole);
        const std::size_t count = track.size();
        for (std::size_t k = 0; k < count; ++k) {
            const CoroutineStretch stretch = track.at(k);
            if (isFinal(stretch.state)) {
                event("e", task.creator, stretch.startNs,
                      whole + ",\"args\":{\"state\":"
                              + EventStream::quoted(taskStateId(stretch.state)) + '}');
                return;
            }
            const QByteArray own = nameField(stretchText(stretch, m_objects)) + identity;
            QJsonObject details;
            if (stretch.thread && *stretch.thread < m_threads.size())
                details.insert(QStringLiteral("thread"), m_threads[*stretch.thread].name);
            if (const auto waker = track.wakerOf(k); waker && *waker < m_threads.size())
                details.insert(QStringLiteral("waker"), m_threads[*waker].name);
            event("b", task.creator, stretch.startNs,
                  own + ",\"args\":" + EventStream::object(details));
            if (stretch.endNs != Interval::Unfinished)
                event("e", task.creator, stretch.endNs, own);
        }
    }
    void writeScheduling(std::size_t thread)
    {
        const IntervalTrack &track = m_store.scheduling(thread);
        for (std::size_t k = 0, count = track.size(); k < count; ++k) {
            const Interval interval = track.at(k);
            // What a thread does at the trace's end, it does until then.
            const std::int64_t durationNs = interval.durationNs == Interval::Unfinished
                                                    ? std::max<std::int64_t>(
                                                            m_store.endNs() - interval.startNs, 0)
                                                    : interval.durationNs;
            const SchedulingValue value = SchedulingValue::unpack(interval.value);
            const bool running = value.state == trace::SchedulingState::Running;
            const char *state = running                                            ? "Running"
                                : value.state == trace::SchedulingState::Preempted ? "R"
                                                                                   : "S";
            event("T", thread, interval.startNs,
                  duration(durationNs) + nameField(QLatin1String(state))
                          + (running ? ",\"args\":{\"cpu\":" + QByteArray::number(value.cpu) + '}'
                                     : QByteArray()));
        }
    }
    void writeCounters()
    {
        for (std::size_t object = 0; object < m_store.objectCount() && object < m_objects.size();
             ++object) {
            const CounterTrack &counter = m_store.counter(object);
            const QByteArray head = nameField(m_objects[object].name) + ",\"id\":"
                                    + QByteArray::number(static_cast<qulonglong>(object))
                                    + ",\"args\":{\"value\":";
            for (std::size_t k = 0, count = counter.size(); k < count; ++k) {
                const CounterTrack::Sample sample = counter.at(k);
                m_events.event("C", pid(m_objects[object].process), 0, sample.ns,
                               head + QByteArray::number(static_cast<qlonglong>(sample.value))
                                       + '}');
            }
        }
    }

    const TraceStore &m_store;
    const std::stop_token &m_stop;
    const std::vector<ThreadInfo> m_threads;
    const std::vector<std::int64_t> m_tids;
    const std::vector<ObjectInfo> m_objects;
    const std::vector<ProcessInfo> m_processes;
    EventStream m_events;
};

} // namespace

void ChromeWriter::write(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                         std::stop_token stop) const
{
    ChromeExport(store, device, progress, stop).write();
}

} // namespace heddle
