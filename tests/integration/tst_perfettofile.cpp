// SPDX-License-Identifier: Apache-2.0
#include "perfetto_minimal.pb.h"

#include <heddle/catalog/catalog.h>
#include <heddle/formats/traceformat.h>
#include <heddle/runs/run.h>
#include <heddle/timeline/traceinfo.h>

#include <QBuffer>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>

using namespace heddle;

// A real run, exported and decoded by code that shares nothing with our writer.
class TestPerfettoFile : public QObject
{
    Q_OBJECT

    // A slice, or a wait with its annotations. Times as in the file; -1 if it never ended.
    struct Stretch
    {
        std::int64_t beginNs = 0;
        std::int64_t endNs = -1;
        std::string name;
        std::map<std::string, std::string> annotations;
        friend bool operator==(const Stretch &, const Stretch &) = default;
        friend auto operator<=>(const Stretch &, const Stretch &) = default;
    };
    struct Decoded
    {
        std::map<std::uint64_t, std::string> threads;
        std::map<std::uint64_t, std::string> counters;
        std::map<std::uint64_t, std::string> names;
        std::map<std::uint64_t, std::string> categories;
        std::map<std::uint64_t, std::string> annotationNames;
        std::map<std::uint64_t, std::uint64_t> parents;
        std::map<std::uint64_t, std::vector<Stretch>> slices; // by track
        std::map<std::uint64_t, std::vector<Stretch>> waits;  // by the thread's track
        std::map<std::uint64_t, int> samples;
        std::map<std::uint64_t, std::pair<std::int64_t, std::int64_t>> flows; // begin, end
        std::map<std::string, std::string> attributes;
        int scheduling = 0;
        std::size_t threadEnds = 0;
        int badNesting = 0;
    };

    static std::string valueOf(const minimal::Annotation &annotation)
    {
        return annotation.has_string_value() ? annotation.string_value()
               : annotation.has_int_value()  ? std::to_string(annotation.int_value())
                                             : "neither a text nor a number";
    }

    static void decodeBegin(const minimal::TrackEvent &event, std::int64_t time, Decoded &decoded,
                            std::map<std::uint64_t, std::vector<Stretch *>> &open,
                            std::deque<std::pair<std::uint64_t, Stretch>> &stretches)
    {
        Stretch stretch;
        stretch.beginNs = time;
        stretch.name = event.has_name() ? event.name() : decoded.names[event.name_iid()];
        for (const minimal::Annotation &annotation : event.annotations())
            stretch.annotations[decoded.annotationNames[annotation.name_iid()]] = valueOf(
                    annotation);
        stretches.emplace_back(event.track_uuid(), stretch);
        open[event.track_uuid()].push_back(&stretches.back().second);
    }

    static Decoded decode(const QByteArray &bytes)
    {
        minimal::Trace trace;
        if (!trace.ParseFromArray(bytes.constData(), static_cast<int>(bytes.size())))
            qFatal("protoc's decoder rejects the file");
        Decoded decoded;
        std::map<std::uint64_t, std::vector<Stretch *>> open;
        std::deque<std::pair<std::uint64_t, Stretch>> stretches; // with the track
        std::set<std::uint64_t> waitTracks;
        for (const minimal::Packet &packet : trace.packet()) {
            for (const minimal::Interned &name : packet.interned_data().names())
                decoded.names[name.iid()] = name.name();
            for (const minimal::Interned &name : packet.interned_data().categories())
                decoded.categories[name.iid()] = name.name();
            for (const minimal::Interned &name : packet.interned_data().annotation_names())
                decoded.annotationNames[name.iid()] = name.name();
            for (const minimal::Attribute &attribute : packet.attributes().attribute())
                decoded.attributes[attribute.key()] = attribute.string_value();
            if (packet.has_track_descriptor()) {
                const minimal::TrackDescriptor &track = packet.track_descriptor();
                decoded.parents[track.uuid()] = track.parent_uuid();
                if (track.has_thread())
                    decoded.threads[track.uuid()] = track.thread().name();
                else if (track.has_counter())
                    decoded.counters[track.uuid()] = track.name();
            }
            if (packet.has_task_state()) {
                constexpr int dead = 7;
                const bool ends = packet.task_state().state() == dead;
                decoded.scheduling += !ends;
                decoded.threadEnds += ends;
            }
            if (!packet.has_track_event())
                continue;
            const minimal::TrackEvent &event = packet.track_event();
            const auto time = static_cast<std::int64_t>(packet.timestamp());
            for (const std::uint64_t flow : event.flow_ids())
                decoded.flows[flow].first = time;
            for (const std::uint64_t flow : event.terminating_flow_ids())
                decoded.flows[flow].second = time;
            if (event.type() == 1) {
                decodeBegin(event, time, decoded, open, stretches);
                for (const std::uint64_t category : event.category_iids()) {
                    if (decoded.categories[category] == "heddle.wait")
                        waitTracks.insert(event.track_uuid());
                }
            } else if (event.type() == 2) {
                auto &stack = open[event.track_uuid()];
                if (stack.empty() || stack.back()->beginNs > time) {
                    ++decoded.badNesting;
                } else {
                    stack.back()->endNs = time;
                    stack.pop_back();
                }
            } else if (event.type() == 4) {
                ++decoded.samples[event.track_uuid()];
            }
        }
        for (const auto &[track, stack] : open)
            decoded.badNesting += !stack.empty();
        for (const auto &[track, stretch] : stretches) {
            if (waitTracks.count(track))
                decoded.waits[decoded.parents[track]].push_back(stretch);
            else
                decoded.slices[track].push_back(stretch);
        }
        return decoded;
    }

    // Where the file has the thread \a name, and there only once.
    std::uint64_t trackOf(const QString &name) const
    {
        std::vector<std::uint64_t> tracks;
        for (const auto &[track, title] : m_file.threads) {
            if (title == name.toStdString())
                tracks.push_back(track);
        }
        return tracks.size() == 1 ? tracks[0] : 0;
    }
    static std::vector<Stretch> on(std::uint64_t track,
                                   const std::map<std::uint64_t, std::vector<Stretch>> &found)
    {
        const auto known = found.find(track);
        return known != found.end() ? known->second : std::vector<Stretch>();
    }
    // Packets need not be in order of time.
    static bool areEqual(std::vector<Stretch> found, std::vector<Stretch> expected)
    {
        std::sort(found.begin(), found.end());
        std::sort(expected.begin(), expected.end());
        return found == expected;
    }
    Stretch stretch(std::int64_t startNs, std::int64_t durationNs, const QString &name) const
    {
        const std::int64_t begin = m_run->trace()->startMonotonicNs() + startNs;
        return {begin,
                durationNs == Interval::Unfinished ? -1 : begin + durationNs,
                name.toStdString(),
                {}};
    }

    std::unique_ptr<Run> m_run;
    Decoded m_file;

private Q_SLOTS:
    void initTestCase()
    {
        RunRequest request;
        request.pattern = *Catalog().find("producer-consumer");
        request.parameters = {
                {"producers", 2}, {"consumers", 2}, {"items", 500}, {"produce", 0}, {"consume", 0}};
        m_run = std::make_unique<Run>(request);
        QSignalSpy finished(m_run.get(), &Run::finished);
        m_run->start();
        QVERIFY(finished.wait(60'000));
        QCOMPARE(m_run->report().state, RunState::Finished);
        QBuffer buffer;
        QVERIFY(buffer.open(QIODevice::WriteOnly));
        traceWriters().front()->write(*m_run->trace(), buffer, {}, {});
        m_file = decode(buffer.data());
    }
    void cleanupTestCase() { m_run.reset(); }

    void everyThreadIsThere()
    {
        QCOMPARE(m_file.threads.size(), m_run->trace()->threadCount());
        for (const ThreadInfo &thread : m_run->trace()->threads())
            QVERIFY2(trackOf(thread.name), qPrintable(thread.name));
    }

    void everyBeginHasItsEnd() { QCOMPARE(m_file.badNesting, 0); }

    void everySliceHasItsNameAndItsTimes()
    {
        const TraceStore &store = *m_run->trace();
        const std::vector<ThreadInfo> threads = store.threads();
        std::size_t compared = 0;
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            std::vector<Stretch> expected;
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                for (std::size_t k = 0; k < store.slices(thread, depth).size(); ++k) {
                    const Interval slice = store.slices(thread, depth).at(k);
                    expected.push_back(
                            stretch(slice.startNs, slice.durationNs, store.name(slice.value)));
                }
            }
            std::vector<Stretch> found = on(trackOf(threads[thread].name), m_file.slices);
            for (Stretch &slice : found)
                slice.annotations.clear(); // its arguments: not compared here
            QVERIFY2(areEqual(found, expected), qPrintable(threads[thread].name));
            compared += found.size();
        }
        QVERIFY(compared >= 1000); // each item is produced and consumed
    }

    void everyWaitHasItsTimesItsReasonAndWhoEndedIt()
    {
        const TraceStore &store = *m_run->trace();
        const std::vector<ThreadInfo> threads = store.threads();
        const std::vector<ObjectInfo> objects = store.objects();
        std::size_t compared = 0;
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            std::vector<Stretch> expected;
            for (std::size_t k = 0; k < store.waits(thread).size(); ++k) {
                const WaitInfo wait = store.wait(thread, k);
                const QString reason = waitReasonId(wait.reason);
                Stretch &entry = expected.emplace_back(stretch(
                        wait.startNs, wait.durationNs,
                        wait.object ? objects[*wait.object].name + QStringLiteral(": ") + reason
                                    : reason));
                entry.annotations["reason"] = reason.toStdString();
                if (wait.object)
                    entry.annotations["object"] = std::to_string(*wait.object);
                if (wait.durationNs != Interval::Unfinished)
                    entry.annotations["outcome"] = waitOutcomeId(wait.outcome).toStdString();
                if (wait.waker) {
                    const ThreadInfo &waker = threads[*wait.waker];
                    entry.annotations["waker"] = std::to_string(*wait.waker);
                    entry.annotations["waker_tid"] = std::to_string(waker.tid);
                    entry.annotations["waker_name"] = waker.name.toStdString();
                }
            }
            const std::vector<Stretch> found = on(trackOf(threads[thread].name), m_file.waits);
            QVERIFY2(areEqual(found, expected), qPrintable(threads[thread].name));
            compared += found.size();
        }
        QCOMPARE(compared, static_cast<std::size_t>(store.counts().waits));
        QVERIFY(compared > 0);
    }

    void everyItemFlowsOnceAndIsNotGotBeforeItIsPut()
    {
        QCOMPARE(m_file.flows.size(), std::size_t{500});
        for (const auto &[flow, times] : m_file.flows) {
            QVERIFY(times.first > 0);
            QVERIFY(times.second >= times.first);
        }
    }

    void theQueuesCounterHasASampleForEachPutAndGet()
    {
        QCOMPARE(m_file.counters.size(), std::size_t{1});
        QCOMPARE(m_file.counters.begin()->second, std::string("items"));
        QCOMPARE(m_file.samples.begin()->second, 1004); // of an item or a sentinel
    }

    void theFileTellsHowItWasMade()
    {
        QCOMPARE(m_file.attributes.at("pattern"), std::string("producer-consumer"));
    }

    void everyChangeOfTheProcessorIsThere()
    {
        const TraceStore &store = *m_run->trace();
        QCOMPARE(static_cast<std::uint64_t>(m_file.scheduling), store.counts().scheduling);
        std::size_t ended = 0;
        for (std::size_t thread = 0; thread < store.threadCount(); ++thread) {
            const IntervalTrack &track = store.scheduling(thread);
            ended += track.size() > 0
                     && track.at(track.size() - 1).durationNs != Interval::Unfinished;
        }
        QCOMPARE(m_file.threadEnds, ended);
        QVERIFY(ended > 0);
    }
};

QTEST_GUILESS_MAIN(TestPerfettoFile)
#include "tst_perfettofile.moc"
