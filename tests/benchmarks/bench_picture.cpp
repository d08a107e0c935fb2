// SPDX-License-Identifier: Apache-2.0
// A trace of a million slices opened from a file and painted at 1920×1080: time per frame.
#include <heddle/formats/timelinepainter.h>
#include <heddle/formats/traceformat.h>

#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QTemporaryDir>

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

using namespace heddle;

namespace {

constexpr std::int64_t Million = 1'000'000;
constexpr int Width = 1920;
constexpr int Height = 1080;

// Eight threads that work in slices within slices and wait in between.
void fill(TraceStore &store)
{
    std::mt19937_64 random(1);
    TraceStore::Writer writer(store);
    writer.setStart(Million, Million);
    const std::size_t process = writer.addProcess(1, QStringLiteral("program"));
    std::vector<std::uint32_t> names;
    for (const char16_t *name : {u"decode", u"hash", u"compress", u"send", u"parse", u"reduce"})
        names.push_back(writer.intern(name));
    const std::uint32_t outer = writer.intern(u"work");
    constexpr std::size_t threads = 8;
    for (std::size_t k = 0; k < threads; ++k) {
        const std::size_t thread = writer.addThread(process, static_cast<std::int64_t>(k + 1),
                                                    QStringLiteral("worker %1").arg(k), 0);
        std::int64_t now = 0;
        for (std::int64_t slices = 0; slices < Million / static_cast<std::int64_t>(threads);) {
            writer.beginSlice(thread, now, outer);
            ++slices;
            for (int inner = 0; inner < 4; ++inner, ++slices) {
                now += 100;
                writer.beginSlice(thread, now, names[random() % names.size()]);
                now += static_cast<std::int64_t>(200 + random() % 8000);
                writer.endSlice(thread, now);
            }
            now += 100;
            writer.endSlice(thread, now);
            now += static_cast<std::int64_t>(random() % 3000);
        }
    }
    writer.complete();
}

const QString &tracePath()
{
    static const QTemporaryDir folder;
    static const QString path = [] {
        const QString file = folder.filePath(QStringLiteral("million.pftrace"));
        TraceStore store;
        fill(store);
        exportTrace(store, file);
        return file;
    }();
    return path;
}

std::shared_ptr<const TraceStore> openTrace()
{
    auto store = std::make_shared<TraceStore>();
    importTrace(tracePath(), *store);
    return store;
}

void openAMillion(benchmark::State &state)
{
    static_cast<void>(tracePath());
    for (auto _ : state)
        benchmark::DoNotOptimize(openTrace());
    state.SetItemsProcessed(state.iterations() * Million);
}
BENCHMARK(openAMillion)->Unit(benchmark::kMillisecond);

// The argument: the share of the trace in view, one in so many. A frame is computed from the store
// and painted, as the studio does at every step of zooming and panning (there, the computing is
// left to a worker).
void frameOfAMillion(benchmark::State &state, bool isPainted)
{
    static const std::shared_ptr<const TraceStore> store = openTrace();
    static const TimelineLayout layout = TimelineLayout::of(*store);
    const TimelineTheme theme = TimelineTheme::dark();
    QImage image(Width, Height, QImage::Format_ARGB32_Premultiplied);
    const double end = static_cast<double>(store->endNs());
    const double span = end / static_cast<double>(state.range(0));
    double start = 0;
    for (auto _ : state) {
        const TimelineScale scale{start, span / Width};
        const TimelineFrame frame = TimelineFrame::compute(store, layout, start, scale.nsPerPixel,
                                                           Width, 0, Height);
        benchmark::DoNotOptimize(frame.lanes.data());
        if (isPainted) {
            image.fill(theme.background);
            QPainter painter(&image);
            TimelinePainter timeline(painter, theme, scale, Width);
            timeline.paintRuler(QRect(0, 0, Width, TimelinePainter::RulerHeight));
            painter.translate(0, TimelinePainter::RulerHeight);
            timeline.paintGrid(0, Height);
            timeline.paintLanes(frame, 0);
        }
        start = std::fmod(start + span / 3, std::max(end - span, 1.0));
    }
}
BENCHMARK_CAPTURE(frameOfAMillion, computed, false)
        ->RangeMultiplier(10)
        ->Range(1, 100'000)
        ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(frameOfAMillion, computed_and_painted, true)
        ->RangeMultiplier(10)
        ->Range(1, 100'000)
        ->Unit(benchmark::kMillisecond);

} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QGuiApplication application(argc, argv); // fonts need one
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
