// SPDX-License-Identifier: Apache-2.0
#include "randomtrace.h"

#include <protozero/pbf_writer.hpp>

#include <QTest>

using namespace heddle;
using protozero::pbf_writer;

namespace {

// A trace as other programs write it. Numbers are those of Perfetto's own schema.
class ForeignTrace
{
public:
    template <typename Fill>
    ForeignTrace &packet(Fill fill)
    {
        std::string packet;
        {
            pbf_writer writer(packet);
            writer.add_uint32(10, 5); // trusted_packet_sequence_id
            fill(writer);
        }
        pbf_writer(m_bytes).add_message(1, packet);
        return *this;
    }
    ForeignTrace &thread(std::uint64_t uuid, int pid, int tid, const char *name)
    {
        return packet([=](pbf_writer &packet) {
            pbf_writer track(packet, 60);
            track.add_uint64(1, uuid);
            pbf_writer thread(track, 4);
            thread.add_int32(1, pid);
            thread.add_int64(2, tid);
            thread.add_string(5, name);
        });
    }
    ForeignTrace &track(std::uint64_t uuid, std::uint64_t parent, const char *name,
                        bool isCounter = false)
    {
        return packet([=](pbf_writer &packet) {
            pbf_writer track(packet, 60);
            track.add_uint64(1, uuid);
            track.add_uint64(5, parent);
            track.add_string(2, name);
            if (isCounter)
                pbf_writer(track, 8).add_enum(3, 2);
        });
    }
    ForeignTrace &event(std::int64_t time, int type, std::uint64_t track,
                        const char *name = nullptr, std::uint64_t flow = 0)
    {
        return packet([=](pbf_writer &packet) {
            packet.add_uint64(8, static_cast<std::uint64_t>(time));
            pbf_writer event(packet, 11);
            event.add_enum(9, type);
            event.add_uint64(11, track);
            if (name)
                event.add_string(23, name);
            if (flow)
                event.add_fixed64(47, flow);
        });
    }
    QByteArray bytes() const { return QByteArray::fromStdString(m_bytes); }

private:
    std::string m_bytes;
};

constexpr int Begin = 1;
constexpr int End = 2;
constexpr int Instant = 3;
constexpr int Counter = 4;

} // namespace

class TestPerfettoForeign : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void threadTracksBecomeThreads()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main")
                .event(5000, Begin, 100, "outer")
                .event(5100, Begin, 100, "inner")
                .event(5200, End, 100)
                .event(5250, Instant, 100, "here")
                .event(5300, End, 100)
                .event(5400, Begin, 100, "unfinished");
        TraceStore store;
        readInto(store, trace.bytes());
        QCOMPARE(store.threads().size(), std::size_t{1});
        QCOMPARE(store.threads()[0].name, QStringLiteral("main"));
        QCOMPARE(store.threads()[0].tid, std::int64_t{8});
        QCOMPARE(store.processes()[0].pid, std::int64_t{7});
        QCOMPARE(store.startMonotonicNs(), std::int64_t{5000}); // time begins with the first event
        QCOMPARE(store.slices(0, 0).at(0).startNs, std::int64_t{0});
        QCOMPARE(store.slices(0, 0).at(0).durationNs, std::int64_t{300});
        QCOMPARE(store.name(store.slices(0, 1).at(0).value), QStringLiteral("inner"));
        QCOMPARE(store.slices(0, 1).at(0).durationNs, std::int64_t{100});
        QCOMPARE(store.slices(0, 0).at(1).durationNs, Interval::Unfinished);
        QCOMPARE(store.instants(0).at(0).ns, std::int64_t{250});
        QVERIFY(store.isComplete());
    }

    void eventsOutOfOrderAreSorted()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main").event(5300, End, 100).event(5000, Begin, 100, "work");
        TraceStore store;
        readInto(store, trace.bytes());
        QCOMPARE(store.slices(0, 0).at(0).durationNs, std::int64_t{300});
    }

    void namesAreInternedUntilTheStateIsCleared()
    {
        const auto interned = [](pbf_writer &packet, int time, int type, std::uint64_t iid,
                                 const char *name, bool clears) {
            packet.add_uint64(8, static_cast<std::uint64_t>(time));
            if (clears)
                packet.add_uint32(13, 1);
            if (name) {
                pbf_writer data(packet, 12);
                pbf_writer entry(data, 2);
                entry.add_uint64(1, iid);
                entry.add_string(2, name);
            }
            pbf_writer event(packet, 11);
            event.add_enum(9, type);
            event.add_uint64(11, 100);
            if (type != End)
                event.add_uint64(10, iid);
        };
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main");
        trace.packet([&](pbf_writer &packet) { interned(packet, 10, Begin, 1, "first", false); });
        trace.packet([&](pbf_writer &packet) { interned(packet, 20, End, 0, nullptr, false); });
        trace.packet([&](pbf_writer &packet) { interned(packet, 30, Begin, 1, nullptr, false); });
        trace.packet([&](pbf_writer &packet) { interned(packet, 40, End, 0, nullptr, false); });
        trace.packet([&](pbf_writer &packet) { interned(packet, 50, Begin, 1, "second", true); });
        TraceStore store;
        readInto(store, trace.bytes());
        QStringList names;
        for (std::size_t k = 0; k < store.slices(0, 0).size(); ++k)
            names << store.name(store.slices(0, 0).at(k).value);
        QCOMPARE(names, QStringList({QStringLiteral("first"), QStringLiteral("first"),
                                     QStringLiteral("second")}));
    }

    void incrementalClocksAndDefaultTracksAreFollowed()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main");
        trace.packet([](pbf_writer &packet) {
            packet.add_uint32(13, 1);
            {
                pbf_writer defaults(packet, 59);
                defaults.add_uint32(58, 64);
                pbf_writer(defaults, 11).add_uint64(11, 100);
            }
            pbf_writer snapshot(packet, 6);
            {
                pbf_writer own(snapshot, 1);
                own.add_uint32(1, 64);
                own.add_uint64(2, 2);
                own.add_bool(3, true);
                own.add_uint64(4, 1000); // microseconds
            }
            pbf_writer boot(snapshot, 1);
            boot.add_uint32(1, 6);
            boot.add_uint64(2, 1'000'000);
        });
        for (const auto &[delta, type] :
             {std::pair{3, Begin}, std::pair{4, End}, std::pair{5, Begin}}) {
            trace.packet([delta = delta, type = type](pbf_writer &packet) {
                packet.add_uint64(8, static_cast<std::uint64_t>(delta));
                pbf_writer event(packet, 11);
                event.add_enum(9, type);
                event.add_string(23, "work");
            });
        }
        TraceStore store;
        readInto(store, trace.bytes());
        QCOMPARE(store.startMonotonicNs(), std::int64_t{1'003'000});
        QCOMPARE(store.slices(0, 0).at(0).durationNs, std::int64_t{4000});
        QCOMPARE(store.slices(0, 0).at(1).startNs, std::int64_t{9000});
    }

    void countersBecomeObjects()
    {
        ForeignTrace trace;
        trace.track(200, 0, "bytes", true);
        trace.packet([](pbf_writer &packet) {
            packet.add_uint64(8, 100);
            pbf_writer event(packet, 11);
            event.add_enum(9, Counter);
            event.add_uint64(11, 200);
            event.add_int64(30, -7);
        });
        trace.packet([](pbf_writer &packet) {
            packet.add_uint64(8, 200);
            pbf_writer event(packet, 11);
            event.add_enum(9, Counter);
            event.add_uint64(11, 200);
            event.add_double(44, 2.6);
        });
        TraceStore store;
        readInto(store, trace.bytes());
        QCOMPARE(store.objects()[0].name, QStringLiteral("bytes"));
        QCOMPARE(store.objects()[0].kind, ObjectKind::Counter);
        QCOMPARE(store.counter(0).at(0).value, std::int64_t{-7});
        QCOMPARE(store.counter(0).at(1).value, std::int64_t{3});
    }

    void aTrackThatIsNoThreadIsALaneOfItsProcess()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main")
                .track(300, 100, "requests")
                .event(10, Begin, 300, "GET")
                .event(30, End, 300);
        TraceStore store;
        readInto(store, trace.bytes());
        QCOMPARE(store.threads().size(), std::size_t{2});
        QCOMPARE(store.threads()[1].name, QStringLiteral("requests"));
        QCOMPARE(store.processes()[store.threads()[1].process].pid, std::int64_t{7});
        QCOMPARE(store.slices(1, 0).at(0).durationNs, std::int64_t{20});
    }

    void theFirstPointOfAFlowBeginsIt()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "a")
                .thread(101, 7, 9, "b")
                .event(20, Begin, 101, "later", 55)
                .event(10, Begin, 100, "earlier", 55);
        TraceStore store;
        readInto(store, trace.bytes());
        const auto points = store.flow(55);
        QCOMPARE(points.size(), std::size_t{2});
        QCOMPARE(points[0].phase, FlowPhase::Begin);
        QCOMPARE(points[0].thread, 0u);
        QCOMPARE(points[1].phase, FlowPhase::Step);
    }

    void unknownFieldsAreSkipped()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main");
        trace.packet([](pbf_writer &packet) {
            packet.add_string(500, "something new");
            packet.add_uint64(8, 10);
            packet.add_fixed32(501, 9);
            pbf_writer event(packet, 11);
            event.add_enum(9, Instant);
            event.add_uint64(11, 100);
            event.add_string(23, "here");
            event.add_string(600, "something newer");
        });
        TraceStore store;
        readInto(store, trace.bytes());
        QCOMPARE(store.counts().instants, std::uint64_t{1});
    }

    void slicesThatNeverEndDoNotTakeAllMemory()
    {
        ForeignTrace trace;
        trace.thread(100, 7, 8, "main");
        for (int k = 0; k < 6000; ++k)
            trace.event(k, Begin, 100);
        TraceStore store;
        readInto(store, trace.bytes());
        QVERIFY(store.depthCount(0) <= 4096);
        QCOMPARE(store.counts().slices + store.counts().lost, std::uint64_t{6000});
    }
};

QTEST_APPLESS_MAIN(TestPerfettoForeign)
#include "tst_perfettoforeign.moc"
