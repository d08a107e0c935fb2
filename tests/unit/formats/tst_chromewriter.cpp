// SPDX-License-Identifier: Apache-2.0
#include "randomtrace.h"

#include <nlohmann/json.hpp>

#include <QTest>

#include <cmath>
#include <map>

using namespace heddle;
using nlohmann::json;

class TestChromeWriter : public QObject
{
    Q_OBJECT

    static std::int64_t nanoseconds(const json &value)
    {
        return std::llround(value.get<double>() * 1000);
    }
    static json parsed(const TraceStore &store)
    {
        return json::parse(written(store, "chrome").toStdString());
    }
    static std::map<std::string, std::size_t> countByPhase(const json &document)
    {
        std::map<std::string, std::size_t> counts;
        for (const json &event : document["traceEvents"])
            ++counts[event["ph"].get<std::string>()];
        return counts;
    }

private Q_SLOTS:
    void everyEventOfTheStoreIsWritten()
    {
        TraceStore store;
        fillRandomly(store, 5000, 21);
        const json document = parsed(store);
        auto counts = countByPhase(document);
        const TraceCounts expected = store.counts();
        std::size_t points = 0;
        std::size_t finishedWaits = 0;
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
            points += store.flowPoints(thread).size();
            for (std::size_t k = 0; k < store.waits(thread).size(); ++k)
                finishedWaits += store.wait(thread, k).durationNs != Interval::Unfinished;
        }
        QCOMPARE(counts["X"] + counts["B"], std::size_t{expected.slices});
        QVERIFY(counts["B"] > 0);
        std::size_t states = 0;
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread)
            states += store.taskStates(thread).size();
        QVERIFY(states > 0);
        QCOMPARE(counts["i"], std::size_t{expected.instants} + states);
        QCOMPARE(counts["C"], std::size_t{expected.counters});
        QCOMPARE(counts["s"] + counts["t"] + counts["f"], points);
        QCOMPARE(counts["T"], std::size_t{expected.scheduling});
        std::size_t begun = store.coroutineCount(); // the whole of each
        std::size_t ended = 0;
        for (std::size_t k = 0; k < store.coroutineCount(); ++k) {
            for (std::size_t s = 0; s < store.coroutine(k).size(); ++s) {
                const CoroutineStretch stretch = store.coroutine(k).at(s);
                begun += !isFinal(stretch.state);
                ended += stretch.endNs != Interval::Unfinished;
            }
        }
        QVERIFY(begun > 0);
        QCOMPARE(counts["b"], std::size_t{expected.waits} + begun);
        QCOMPARE(counts["e"], finishedWaits + ended);
        QCOMPARE(document["displayTimeUnit"].get<std::string>(), std::string("ns"));
        QCOMPARE(document["otherData"]["pattern"].get<std::string>(),
                 std::string("producer-consumer"));
        QCOMPARE(document["otherData"]["lost_records"].get<int>(), 17);
    }

    void slicesKeepNamesTimesAndArguments()
    {
        TraceStore store;
        fillRandomly(store, 3000, 22);
        const json document = parsed(store);
        // The slices of a thread, in the order in which they are written.
        std::vector<json> written;
        for (const json &event : document["traceEvents"]) {
            if (event["ph"] == "X" || event["ph"] == "B")
                written.push_back(event);
        }
        std::size_t next = 0;
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                for (std::size_t k = 0; k < store.slices(thread, depth).size(); ++k) {
                    const Interval slice = store.slices(thread, depth).at(k);
                    const json &event = written.at(next++);
                    QCOMPARE(event["name"].get<std::string>(),
                             store.name(slice.value).toStdString());
                    QCOMPARE(nanoseconds(event["ts"]), slice.startNs);
                    QCOMPARE(event["pid"].get<int>(), 4000);
                    if (slice.durationNs == Interval::Unfinished)
                        QVERIFY(!event.contains("dur"));
                    else
                        QCOMPARE(nanoseconds(event["dur"]), slice.durationNs);
                    for (const SliceArgument &argument : store.arguments({thread, depth, k})) {
                        const json &value = event["args"][argument.key.toStdString()];
                        if (argument.key == QLatin1String("text"))
                            QCOMPARE(value.get<std::string>(),
                                     argument.value.toString().toStdString());
                        if (argument.key == QLatin1String("int"))
                            QCOMPARE(value.get<std::int64_t>(),
                                     std::int64_t{argument.value.toLongLong()});
                        if (argument.key == QLatin1String("double"))
                            QCOMPARE(value.get<double>(), argument.value.toDouble());
                        if (argument.key == QLatin1String("bool"))
                            QCOMPARE(value.get<bool>(), argument.value.toBool());
                    }
                }
            }
        }
        QCOMPARE(next, written.size());
    }

    void aCoroutineIsATrackOfItsOwn()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t process = writer.addProcess(1, QStringLiteral("p"));
        const std::size_t loop = writer.addThread(process, 2, QStringLiteral("loop"), 0);
        const std::size_t other = writer.addThread(process, 3, QStringLiteral("other"), 0);
        ObjectInfo event;
        event.name = QStringLiteral("go");
        const std::size_t object = writer.addObject(event);
        writer.createTask(loop, 1000, 7, TaskKind::Coroutine, writer.intern(u"fetch"), {});
        writer.taskState(loop, 2000, 7, TaskState::Running);
        writer.taskState(loop, 3000, 7, TaskState::Waiting, object, WaitReason::Event);
        writer.taskState(other, 4000, 7, TaskState::Ready);
        writer.taskState(loop, 5000, 7, TaskState::Running);
        writer.taskState(loop, 6000, 7, TaskState::Finished);
        const json document = parsed(store);
        std::vector<std::pair<std::string, std::string>> found;
        for (const json &entry : document["traceEvents"]) {
            if (entry.contains("cat") && entry["cat"] == "coroutine") {
                QCOMPARE(entry["id"].get<std::string>(), std::string("coroutine-0"));
                found.emplace_back(entry["ph"].get<std::string>(),
                                   entry["name"].get<std::string>());
                if (entry["name"] == "go: event" && entry["ph"] == "b")
                    QCOMPARE(entry["args"]["waker"].get<std::string>(), std::string("other"));
            }
        }
        const std::vector<std::pair<std::string, std::string>> expected{
                {"b", "fetch"},   {"b", "created"},   {"e", "created"},   {"b", "running"},
                {"e", "running"}, {"b", "go: event"}, {"e", "go: event"}, {"b", "ready"},
                {"e", "ready"},   {"b", "running"},   {"e", "running"},   {"e", "fetch"}};
        QCOMPARE(found, expected);
    }

    void timesHaveThreeDecimals()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = writer.addThread(writer.addProcess(1, QStringLiteral("p")), 2,
                                                    QStringLiteral("t"), 0);
        writer.beginSlice(thread, 1'234'567, writer.intern(u"a"));
        writer.endSlice(thread, 1'234'568);
        const QByteArray text = written(store, "chrome");
        QVERIFY(text.contains("\"ts\":1234.567"));
        QVERIFY(text.contains("\"dur\":0.001"));
    }

    void threadsThatShareANumberStayApart()
    {
        TraceStore store;
        fillRandomly(store, 100, 23);
        std::map<std::int64_t, std::string> names;
        const json document = parsed(store);
        for (const json &event : document["traceEvents"]) {
            if (event["ph"] == "M" && event["name"] == "thread_name")
                QVERIFY(names.emplace(event["tid"].get<std::int64_t>(), event["args"]["name"])
                                .second);
        }
        QCOMPARE(names.size(), store.threadCount());
    }

    void flowsEndInTheirEnclosingSlice()
    {
        TraceStore store;
        fillRandomly(store, 2000, 24);
        const json document = parsed(store);
        int ends = 0;
        for (const json &event : document["traceEvents"]) {
            if (event["ph"] != "f")
                continue;
            QCOMPARE(event["bp"].get<std::string>(), std::string("e"));
            ++ends;
        }
        QVERIFY(ends > 0);
    }

    void aCancelledExportIsStillValid()
    {
        TraceStore store;
        fillRandomly(store, 30'000, 25);
        const std::size_t all = parsed(store)["traceEvents"].size();
        std::stop_source source;
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        QVERIFY_EXCEPTION_THROWN(writerCalled(QStringLiteral("chrome"))
                                         ->write(
                                                 store, buffer,
                                                 [&](double) { source.request_stop(); },
                                                 source.get_token()),
                                 Stopped);
        const json document = json::parse(buffer.data().toStdString());
        QVERIFY(!document["traceEvents"].empty());
        QVERIFY(document["traceEvents"].size() < all);
    }
};

QTEST_APPLESS_MAIN(TestChromeWriter)
#include "tst_chromewriter.moc"
