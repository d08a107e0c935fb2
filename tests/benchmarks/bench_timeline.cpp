// SPDX-License-Identifier: Apache-2.0
// The timeline's store and its file: cost per slice appended, drawn, written and read.
#include <heddle/formats/traceformat.h>

#include <QBuffer>

#include <benchmark/benchmark.h>

#include <bit>
#include <random>

using namespace heddle;

namespace {

constexpr std::int64_t Million = 1'000'000;

// Slices of 0.1 to 10 µs with gaps between them.
std::vector<std::pair<std::int64_t, std::int64_t>> slices(std::int64_t count)
{
    std::mt19937_64 random(1);
    std::vector<std::pair<std::int64_t, std::int64_t>> result;
    std::int64_t now = 0;
    for (std::int64_t k = 0; k < count; ++k) {
        const auto duration = static_cast<std::int64_t>(100 + random() % 9900);
        result.emplace_back(now, duration);
        now += duration + static_cast<std::int64_t>(random() % 2000);
    }
    return result;
}

const IntervalTrack &millionSlices()
{
    static const IntervalTrack &track = []() -> const IntervalTrack & {
        static IntervalTrack made;
        for (const auto &[start, duration] : slices(Million))
            made.append(start, duration, static_cast<std::uint32_t>(start & 15));
        return made;
    }();
    return track;
}

void fill(TraceStore &store, std::int64_t count)
{
    TraceStore::Writer writer(store);
    writer.setStart(Million, Million);
    const std::size_t process = writer.addProcess(1, QStringLiteral("program"));
    constexpr std::size_t threads = 8;
    for (std::size_t k = 0; k < threads; ++k)
        (void)writer.addThread(process, static_cast<std::int64_t>(k + 1),
                               QStringLiteral("worker %1").arg(k), 0);
    const std::uint32_t outer = writer.intern(u"outer");
    const std::uint32_t inner = writer.intern(u"inner");
    for (std::int64_t k = 0; k < count / 2; ++k) {
        const auto thread = static_cast<std::size_t>(k) % threads;
        const std::int64_t now = k * 1000;
        writer.beginSlice(thread, now, outer);
        writer.beginSlice(thread, now + 100, inner);
        writer.endSlice(thread, now + 600);
        writer.endSlice(thread, now + 900);
    }
    writer.complete();
}

void appendSlice(benchmark::State &state)
{
    const auto source = slices(Million);
    std::size_t bytes = 0;
    for (auto _ : state) {
        IntervalTrack track;
        for (const auto &[start, duration] : source) {
            track.begin(start, 1);
            track.end(start + duration);
        }
        bytes = track.memoryBytes();
    }
    state.SetItemsProcessed(state.iterations() * Million);
    state.counters["bytes/slice"] = static_cast<double>(bytes) / Million;
}
BENCHMARK(appendSlice)->Unit(benchmark::kMillisecond);

void storeSlice(benchmark::State &state)
{
    for (auto _ : state) {
        TraceStore store;
        fill(store, Million);
        benchmark::DoNotOptimize(store.counts());
    }
    state.SetItemsProcessed(state.iterations() * Million);
}
BENCHMARK(storeSlice)->Unit(benchmark::kMillisecond);

// What a view of 1920 pixels asks of a track of a million slices. The argument: the share of the
// trace in view, one in so many.
void collectOfAMillion(benchmark::State &state)
{
    const IntervalTrack &track = millionSlices();
    const Interval last = track.at(track.size() - 1);
    const std::int64_t end = last.startNs + last.durationNs;
    const std::int64_t span = end / state.range(0);
    const std::int64_t resolution = static_cast<std::int64_t>(
            std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(span / 1920, 1))));
    std::vector<IntervalRun> runs;
    std::int64_t start = 0;
    for (auto _ : state) {
        track.collect({start, start + span, resolution}, end, runs);
        benchmark::DoNotOptimize(runs.data());
        start = (start + span / 3 + 1) % std::max<std::int64_t>(end - span, 1);
    }
    state.counters["runs"] = static_cast<double>(runs.size());
}
BENCHMARK(collectOfAMillion)
        ->Arg(1)
        ->Arg(10)
        ->Arg(100)
        ->Arg(1000)
        ->Arg(100'000)
        ->Unit(benchmark::kMicrosecond);

void writePerfetto(benchmark::State &state)
{
    TraceStore store;
    fill(store, Million);
    qint64 bytes = 0;
    for (auto _ : state) {
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        traceWriters().front()->write(store, buffer, {}, {});
        bytes = buffer.size();
    }
    state.SetItemsProcessed(state.iterations() * Million);
    state.counters["bytes/slice"] = static_cast<double>(bytes) / Million;
}
BENCHMARK(writePerfetto)->Unit(benchmark::kMillisecond);

void readPerfetto(benchmark::State &state)
{
    TraceStore store;
    fill(store, Million);
    QBuffer written;
    written.open(QIODevice::WriteOnly);
    traceWriters().front()->write(store, written, {}, {});
    for (auto _ : state) {
        QByteArray bytes = written.data();
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::ReadOnly);
        TraceStore copy;
        traceReaders().front()->read(buffer, copy, {}, {});
        benchmark::DoNotOptimize(copy.counts());
    }
    state.SetItemsProcessed(state.iterations() * Million);
    state.SetBytesProcessed(state.iterations() * written.size());
}
BENCHMARK(readPerfetto)->Unit(benchmark::kMillisecond);

} // namespace
