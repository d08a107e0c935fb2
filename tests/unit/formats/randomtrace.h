// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/traceformat.h>
#include <heddle/timeline/traceinfo.h>

#include <QBuffer>

#include <random>

/// Fills \a store with everything that a trace can hold, \a events times by chance.
inline void fillRandomly(heddle::TraceStore &store, int events, unsigned seed)
{
    using namespace heddle;
    std::mt19937_64 random(seed);
    const auto below = [&random](std::uint64_t limit) { return random() % limit; };
    TraceStore::Writer writer(store);
    writer.setStart(5'000'000'000, 1'700'000'000'000'000'000);
    writer.setAttribute(QStringLiteral("pattern"), QStringLiteral("producer-consumer"));
    writer.setAttribute(QStringLiteral("parameters"), QStringLiteral("{\"items\": \"ä ö\"}"));
    const std::size_t process = writer.addProcess(4000, QStringLiteral("heddle"));
    constexpr std::size_t threads = 5;
    constexpr std::size_t objects = 4;
    for (std::size_t k = 0; k < threads; ++k) {
        // Two threads have the same number, one after the other; one has none.
        const std::int64_t tid = k == 4 ? 4001 : k == 3 ? 0 : 4000 + static_cast<std::int64_t>(k);
        (void)writer.addThread(process, tid, QStringLiteral("worker \"%1\"").arg(k),
                               static_cast<std::int64_t>(k));
    }
    for (std::size_t k = 0; k < objects; ++k) {
        ObjectInfo info;
        info.process = process;
        info.kind = static_cast<ObjectKind>(1 + k);
        info.name = k < 2 ? QStringLiteral("items") : QStringLiteral("Schloß %1").arg(k);
        info.capacity = static_cast<std::int64_t>(k * 8);
        info.createdNs = static_cast<std::int64_t>(k);
        (void)writer.addObject(info);
    }
    std::vector<int> open(threads, 0);
    std::vector<bool> waits(threads, false);
    std::int64_t now = 10;
    for (int k = 0; k < events; ++k) {
        now += 1 + static_cast<std::int64_t>(below(2000));
        const std::size_t thread = below(threads);
        const std::size_t object = below(objects);
        const std::uint32_t name = writer.intern(QStringLiteral("name \\ %1").arg(below(20)));
        std::vector<SliceArgument> arguments;
        if (below(3) == 0) {
            arguments.push_back({QStringLiteral("int"),
                                 QVariant::fromValue(-static_cast<qint64>(below(1000)))});
            arguments.push_back(
                    {QStringLiteral("uint"), QVariant::fromValue(~quint64{0} - below(5))});
            arguments.push_back({QStringLiteral("double"), static_cast<double>(below(1000)) / 8});
            arguments.push_back({QStringLiteral("bool"), below(2) == 1});
            arguments.push_back(
                    {QStringLiteral("text"), QStringLiteral("line\n\t\"quoted\" \u4e2d")});
        }
        switch (below(11)) {
        case 0:
        case 1:
            if (open[thread] < 6) {
                writer.beginSlice(thread, now, name, arguments);
                ++open[thread];
            }
            break;
        case 2:
        case 3:
            if (open[thread] > 0) {
                writer.endSlice(thread, now);
                --open[thread];
            }
            break;
        case 4: // of no length
            writer.beginSlice(thread, now, name);
            writer.endSlice(thread, now);
            break;
        case 5:
            writer.instant(thread, now, name, arguments);
            break;
        case 6:
            if (waits[thread]) {
                writer.endWait(thread, now);
                const bool isKnown = below(2) == 0;
                writer.describeWait(thread, store.waits(thread).size() - 1,
                                    isKnown ? std::optional<std::size_t>(below(threads))
                                            : std::nullopt,
                                    static_cast<WaitOutcome>(below(4)));
            } else {
                writer.beginWait(thread, now,
                                 below(4) ? std::optional<std::size_t>(object) : std::nullopt,
                                 static_cast<WaitReason>(below(16)));
            }
            waits[thread] = !waits[thread];
            break;
        case 7: {
            const std::uint64_t flow = (std::uint64_t{9} << 36)
                                       | (1 + below(static_cast<std::uint64_t>(events) / 10 + 1));
            const std::size_t points = store.flow(flow).size();
            const FlowPhase phase = points == 0 ? FlowPhase::Begin
                                    : below(2)  ? FlowPhase::Step
                                                : FlowPhase::End;
            writer.flowPoint(thread, now, flow, static_cast<FlowKind>(flow % 7), phase);
            break;
        }
        case 8:
            writer.count(object, now, static_cast<std::int64_t>(below(100)) - 50);
            break;
        case 9:
            writer.scheduled(thread, now, static_cast<std::uint32_t>(below(4)),
                             static_cast<trace::SchedulingState>(below(3)));
            break;
        case 10: {
            const std::uint64_t task = 1 + below(static_cast<std::uint64_t>(events) / 20 + 1);
            const auto state = static_cast<TaskState>(below(7));
            if (below(3) == 0) {
                writer.createTask(thread, now, task, static_cast<TaskKind>(below(3)), name,
                                  below(3) ? std::optional<std::size_t>(object) : std::nullopt);
            } else if (state == TaskState::Waiting) {
                writer.taskState(thread, now, task, state,
                                 below(3) ? std::optional<std::size_t>(object) : std::nullopt,
                                 static_cast<WaitReason>(below(16)));
            } else if (!isFinal(state) || below(4) == 0) {
                writer.taskState(thread, now, task, state);
            }
            break;
        }
        }
        if (k == events / 2) {
            writer.lost(thread, now, 17, static_cast<std::size_t>(open[thread]));
        }
    }
    writer.destroyObject(1, now);
    writer.endThread(2, now + 5);
    writer.advance(now + 1000);
    writer.complete();
}

/// Everything that \a store holds, as lines that can be compared.
inline QStringList linesOf(const heddle::TraceStore &store)
{
    using namespace heddle;
    QStringList lines;
    const auto add = [&lines](const char *what, auto... values) {
        QString line = QLatin1String(what);
        ((line += QLatin1Char(' ') + QVariant::fromValue(values).toString()), ...);
        lines << line;
    };
    const auto addArguments = [&add](const std::vector<SliceArgument> &arguments) {
        for (const SliceArgument &argument : arguments) {
            add("  argument", argument.key, QString::fromLatin1(argument.value.typeName()),
                argument.value.toString());
        }
    };
    const auto position = [](const std::optional<std::size_t> &at) {
        return at ? static_cast<qlonglong>(*at) : qlonglong{-1};
    };
    add("start", qlonglong{store.startMonotonicNs()}, qlonglong{store.startRealtimeNs()});
    add("end", qlonglong{store.endNs()}, store.isComplete());
    const QMap<QString, QString> attributes = store.attributes();
    for (auto entry = attributes.begin(); entry != attributes.end(); ++entry)
        add("attribute", entry.key(), entry.value());
    for (const ProcessInfo &process : store.processes())
        add("process", qlonglong{process.pid}, process.name);
    for (const ObjectInfo &object : store.objects()) {
        add("object", qulonglong{object.process}, objectKindId(object.kind), object.name,
            qlonglong{object.capacity}, qlonglong{object.createdNs}, qlonglong{object.destroyedNs});
    }
    for (std::size_t k = 0; k < store.objectCount(); ++k) {
        for (std::size_t s = 0; s < store.counter(k).size(); ++s) {
            const CounterTrack::Sample sample = store.counter(k).at(s);
            add("sample", qulonglong{k}, qlonglong{sample.ns}, qlonglong{sample.value});
        }
    }
    const std::vector<ThreadInfo> threads = store.threads();
    for (std::size_t k = 0; k < threads.size(); ++k) {
        const ThreadInfo &info = threads[k];
        add("thread", qulonglong{info.process}, qlonglong{info.tid}, info.name,
            qlonglong{info.startNs}, qlonglong{info.endNs}, qulonglong{info.lost});
        for (std::size_t depth = 0; depth < store.depthCount(k); ++depth) {
            for (std::size_t s = 0; s < store.slices(k, depth).size(); ++s) {
                const Interval slice = store.slices(k, depth).at(s);
                add(" slice", qulonglong{depth}, qlonglong{slice.startNs},
                    qlonglong{slice.durationNs}, store.name(slice.value));
                addArguments(store.arguments({k, depth, s}));
            }
        }
        for (std::size_t s = 0; s < store.instants(k).size(); ++s) {
            add(" instant", qlonglong{store.instants(k).at(s).ns},
                store.name(store.instants(k).at(s).name));
            addArguments(store.instantArguments(k, s));
        }
        for (std::size_t s = 0; s < store.waits(k).size(); ++s) {
            const WaitInfo wait = store.wait(k, s);
            add(" wait", qlonglong{wait.startNs}, qlonglong{wait.durationNs}, position(wait.object),
                waitReasonId(wait.reason), position(wait.waker), waitOutcomeId(wait.outcome));
        }
        for (std::size_t s = 0; s < store.flowPoints(k).size(); ++s) {
            const FlowPoint &point = store.flowPoints(k).at(s);
            add(" flow", qulonglong{point.flow}, qlonglong{point.ns}, flowKindId(point.kind),
                static_cast<int>(point.phase));
        }
        for (std::size_t s = 0; s < store.taskStates(k).size(); ++s) {
            const TaskStateChange &change = store.taskStates(k).at(s);
            add(" task", qulonglong{change.flow}, qlonglong{change.ns}, taskStateId(change.state),
                change.isCreation, change.object, waitReasonId(change.reason));
        }
        for (std::size_t s = 0; s < store.scheduling(k).size(); ++s) {
            const Interval interval = store.scheduling(k).at(s);
            add(" scheduled", qlonglong{interval.startNs}, qlonglong{interval.durationNs},
                interval.value);
        }
    }
    for (std::size_t cpu = 0; cpu < store.cpuCount(); ++cpu) {
        for (std::size_t s = 0; s < store.cpu(cpu).size(); ++s) {
            const Interval interval = store.cpu(cpu).at(s);
            add("cpu", qulonglong{cpu}, qlonglong{interval.startNs}, qlonglong{interval.durationNs},
                interval.value);
        }
    }
    for (std::size_t k = 0; k < store.taskCount(); ++k) {
        const TaskInfo task = store.task(k);
        add("task", qulonglong{task.id}, store.name(task.name), taskKindId(task.kind),
            taskStateId(task.state), position(task.executor), qulonglong{task.creator},
            position(task.thread), position(task.coroutine), qlonglong{task.createdNs},
            qlonglong{task.readyNs}, qlonglong{task.runningNs}, qlonglong{task.endedNs});
    }
    for (std::size_t k = 0; k < store.coroutineCount(); ++k) {
        add("coroutine", qulonglong{store.taskOfCoroutine(k)});
        for (std::size_t s = 0; s < store.coroutine(k).size(); ++s) {
            const CoroutineStretch stretch = store.coroutine(k).at(s);
            add(" stretch", qlonglong{stretch.startNs}, qlonglong{stretch.endNs},
                taskStateId(stretch.state), position(stretch.thread), position(stretch.object),
                waitReasonId(stretch.reason));
        }
    }
    const TraceCounts counts = store.counts();
    add("tasks", qulonglong{counts.tasks}, qulonglong{counts.coroutines});
    add("counts", qulonglong{counts.slices}, qulonglong{counts.waits}, qulonglong{counts.instants},
        qulonglong{counts.counters}, qulonglong{counts.flows}, qulonglong{counts.completeFlows},
        qulonglong{counts.scheduling}, qulonglong{counts.lost});
    return lines;
}

/// The reader with the identifier \a id.
inline const heddle::TraceReader &readerNamed(const char *id)
{
    for (const auto &reader : heddle::traceReaders()) {
        if (reader->id() == QLatin1String(id))
            return *reader;
    }
    qFatal("no reader %s", id);
}

inline QByteArray written(const heddle::TraceStore &store, const char *format)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    heddle::writerCalled(QLatin1String(format))->write(store, buffer, {}, {});
    return buffer.data();
}
inline void readInto(heddle::TraceStore &store, QByteArray bytes)
{
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    readerNamed("perfetto").read(buffer, store, {}, {});
}
