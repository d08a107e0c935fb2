// SPDX-License-Identifier: Apache-2.0
#include "perfetto_minimal.pb.h"

#include <heddle/catalog/catalog.h>
#include <heddle/formats/traceformat.h>
#include <heddle/runs/run.h>

#include <QBuffer>
#include <QSignalSpy>
#include <QTest>

#include <map>
#include <set>

using namespace heddle;

// A real run, exported and decoded by code that shares nothing with our writer.
class TestPerfettoFile : public QObject
{
    Q_OBJECT

    struct Decoded
    {
        std::map<std::uint64_t, std::string> threads;
        std::map<std::uint64_t, std::string> counters;
        std::map<std::uint64_t, std::string> names;
        std::map<std::uint64_t, std::string> categories;
        std::map<std::uint64_t, int> begins;
        std::map<std::uint64_t, std::map<std::string, int>> slices; // by track and name
        std::map<std::uint64_t, int> samples;
        std::map<std::uint64_t, std::pair<std::int64_t, std::int64_t>> flows; // begin, end
        std::map<std::string, std::string> attributes;
        int scheduling = 0;
        int badNesting = 0;
    };

    static Decoded decode(const QByteArray &bytes)
    {
        minimal::Trace trace;
        if (!trace.ParseFromArray(bytes.constData(), static_cast<int>(bytes.size())))
            qFatal("protoc's decoder rejects the file");
        Decoded decoded;
        std::map<std::uint64_t, std::vector<std::uint64_t>> open;
        for (const minimal::Packet &packet : trace.packet()) {
            for (const minimal::Interned &name : packet.interned_data().names())
                decoded.names[name.iid()] = name.name();
            for (const minimal::Interned &name : packet.interned_data().categories())
                decoded.categories[name.iid()] = name.name();
            for (const minimal::Attribute &attribute : packet.attributes().attribute())
                decoded.attributes[attribute.key()] = attribute.string_value();
            if (packet.has_track_descriptor()) {
                const minimal::TrackDescriptor &track = packet.track_descriptor();
                if (track.has_thread())
                    decoded.threads[track.uuid()] = track.thread().name();
                else if (track.has_counter())
                    decoded.counters[track.uuid()] = track.name();
            }
            decoded.scheduling += packet.has_task_state();
            if (!packet.has_track_event())
                continue;
            const minimal::TrackEvent &event = packet.track_event();
            const auto time = static_cast<std::int64_t>(packet.timestamp());
            for (const std::uint64_t flow : event.flow_ids())
                decoded.flows[flow].first = time;
            for (const std::uint64_t flow : event.terminating_flow_ids())
                decoded.flows[flow].second = time;
            if (event.type() == 1) {
                ++decoded.begins[event.track_uuid()];
                open[event.track_uuid()].push_back(packet.timestamp());
                ++decoded.slices[event.track_uuid()]
                                [event.has_name() ? event.name() : decoded.names[event.name_iid()]];
            } else if (event.type() == 2) {
                auto &stack = open[event.track_uuid()];
                if (stack.empty() || stack.back() > packet.timestamp())
                    ++decoded.badNesting;
                else
                    stack.pop_back();
            } else if (event.type() == 4) {
                ++decoded.samples[event.track_uuid()];
            }
        }
        for (const auto &[track, stack] : open)
            decoded.badNesting += !stack.empty();
        return decoded;
    }

private Q_SLOTS:
    void anIndependentDecoderFindsWhatTheStoreHolds()
    {
        RunRequest request;
        request.pattern = *Catalog().find("producer-consumer");
        request.parameters = {
                {"producers", 2}, {"consumers", 2}, {"items", 500}, {"produce", 0}, {"consume", 0}};
        Run run(request);
        QSignalSpy finished(&run, &Run::finished);
        run.start();
        QVERIFY(finished.wait(60'000));
        QCOMPARE(run.report().state, RunState::Finished);
        const TraceStore &store = *run.trace();

        QBuffer buffer;
        QVERIFY(buffer.open(QIODevice::WriteOnly));
        traceWriters().front()->write(store, buffer, {}, {});
        const Decoded decoded = decode(buffer.data());

        QCOMPARE(decoded.badNesting, 0);
        QCOMPARE(decoded.threads.size(), store.threadCount());
        std::map<std::string, std::uint64_t> trackOf;
        for (const auto &[track, name] : decoded.threads)
            trackOf[name] = track;
        const std::vector<ThreadInfo> threads = store.threads();
        for (std::size_t thread = 0; thread < threads.size(); ++thread) {
            QVERIFY(trackOf.count(threads[thread].name.toStdString()));
            const std::uint64_t track = trackOf[threads[thread].name.toStdString()];
            std::map<std::string, int> expected;
            for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
                for (std::size_t k = 0; k < store.slices(thread, depth).size(); ++k)
                    ++expected[store.name(store.slices(thread, depth).at(k).value).toStdString()];
            }
            const auto found = decoded.slices.find(track);
            QVERIFY((found == decoded.slices.end() ? std::map<std::string, int>() : found->second)
                    == expected);
        }
        // Every item once, and no item got before it was put.
        QCOMPARE(decoded.flows.size(), std::size_t{500});
        for (const auto &[flow, times] : decoded.flows) {
            QVERIFY(times.first > 0);
            QVERIFY(times.second >= times.first);
        }
        QCOMPARE(decoded.counters.size(), std::size_t{1});
        QCOMPARE(decoded.counters.begin()->second, std::string("items"));
        QCOMPARE(decoded.samples.begin()->second,
                 1004); // each put and get of an item or a sentinel
        QCOMPARE(decoded.attributes.at("pattern"), std::string("producer-consumer"));
        QCOMPARE(static_cast<std::uint64_t>(decoded.scheduling), store.counts().scheduling);
    }
};

QTEST_GUILESS_MAIN(TestPerfettoFile)
#include "tst_perfettofile.moc"
