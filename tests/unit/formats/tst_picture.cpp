// SPDX-License-Identifier: Apache-2.0
#include "randomtrace.h"

#include <heddle/formats/timelineframe.h>
#include <heddle/formats/timelinelayout.h>
#include <heddle/formats/timelinelegend.h>
#include <heddle/formats/timelinepainter.h>
#include <heddle/formats/timelinetheme.h>

#include <QGuiApplication>
#include <QImage>
#include <QPainter>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

using namespace heddle;

namespace {

using Kind = TimelineLane::Kind;

constexpr std::int64_t LongestNs = (std::int64_t{1} << 61) - 1; // of a trace that a file can hold

// Two processors, three threads of which one holds nothing, two objects of which one has a value.
void fillSmall(TraceStore &store)
{
    TraceStore::Writer writer(store);
    const std::size_t process = writer.addProcess(42, QStringLiteral("program"));
    const std::size_t second = writer.addThread(process, 101, QStringLiteral("worker 10"), 0);
    const std::size_t first = writer.addThread(process, 102, QStringLiteral("worker 2"), 0);
    const std::size_t main = writer.addThread(process, 42, QStringLiteral("main"), 0);
    (void)writer.addThread(process, 103, QStringLiteral("idle"), 0);
    ObjectInfo queue;
    queue.kind = ObjectKind::Queue;
    queue.name = QStringLiteral("items");
    queue.capacity = 8;
    const std::size_t items = writer.addObject(queue);
    queue.name = QStringLiteral("unused");
    (void)writer.addObject(queue);
    const std::uint32_t work = writer.intern(u"work");
    writer.beginSlice(main, 1000, work);
    writer.beginSlice(main, 2000, writer.intern(u"inner"));
    writer.endSlice(main, 3000);
    writer.endSlice(main, 9000);
    writer.beginSlice(first, 5000, work);
    writer.endSlice(first, 6000);
    writer.beginWait(second, 100, items, WaitReason::QueueEmpty);
    writer.endWait(second, 8000);
    writer.instant(second, 8500, work);
    writer.count(items, 1500, 3);
    writer.count(items, 4000, 5);
    writer.scheduled(main, 500, 1, trace::SchedulingState::Running);
    writer.scheduled(main, 9500, 1, trace::SchedulingState::Blocked);
    writer.advance(10'000);
    writer.complete();
}

std::shared_ptr<TraceStore> smallTrace()
{
    auto store = std::make_shared<TraceStore>();
    fillSmall(*store);
    return store;
}

QStringList titlesOf(const TimelineLayout &layout)
{
    QStringList titles;
    for (const TimelineLane &lane : layout.lanes)
        titles << lane.title;
    return titles;
}

// The frame of the whole height, 100 pixels wide.
TimelineFrame frameOf(const std::shared_ptr<TraceStore> &store, double startNs, double nsPerPixel)
{
    const TimelineLayout layout = TimelineLayout::of(*store);
    return TimelineFrame::compute(store, layout, startNs, nsPerPixel, 100, 0, layout.height);
}

const LaneFrame &laneOf(const TimelineFrame &frame, const char *title)
{
    for (const LaneFrame &lane : frame.lanes) {
        if (lane.lane.title == QLatin1String(title))
            return lane;
    }
    qFatal("no lane %s", title);
}

// Paints as the studio does.
QImage painted(const TimelineFrame &frame, double startNs, double nsPerPixel)
{
    QImage image(100, TimelinePainter::RulerHeight + frame.layout.height + 1, QImage::Format_RGB32);
    image.fill(Qt::magenta);
    const TimelineTheme theme = TimelineTheme::dark();
    QPainter painter(&image);
    TimelinePainter timeline(painter, theme, {startNs, nsPerPixel}, image.width());
    timeline.paintRuler(QRect(0, 0, image.width(), TimelinePainter::RulerHeight));
    painter.translate(0, TimelinePainter::RulerHeight);
    timeline.paintGrid(0, frame.layout.height);
    timeline.paintLanes(frame, 0);
    return image;
}

std::size_t coloursIn(const QImage &image)
{
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            colours.insert(image.pixel(x, y));
    }
    return static_cast<std::size_t>(colours.size());
}

QSize sizeOf(const QByteArray &png)
{
    return QImage::fromData(png, "PNG").size();
}

} // namespace

class TestPicture : public QObject
{
    Q_OBJECT

    static void pictures()
    {
        QTest::addColumn<QByteArray>("format");
        for (const char *format : {"png", "svg", "pdf"})
            QTest::newRow(format) << QByteArray(format);
    }

private Q_SLOTS:
    void lanesAreProcessorsThenThreadsThenObjects()
    {
        // Threads: main first, the others by name, in which numbers count as such.
        QCOMPARE(titlesOf(TimelineLayout::of(*smallTrace())),
                 (QStringList{"Processors", "CPU 0", "CPU 1", "program", "main", "worker 2",
                              "worker 10", "Objects", "items"}));
    }

    void aLaneKnowsWhatItShows()
    {
        const TimelineLayout layout = TimelineLayout::of(*smallTrace());
        QCOMPARE(layout.lanes.at(2).kind, Kind::Cpu);
        QCOMPARE(layout.lanes.at(2).handle, std::size_t{1});
        QCOMPARE(layout.lanes.at(3).kind, Kind::Group);
        QCOMPARE(layout.lanes.at(4).kind, Kind::Thread);
        QCOMPARE(layout.lanes.at(4).handle, std::size_t{2});
        QCOMPARE(layout.lanes.at(4).depths, std::size_t{2});
        QCOMPARE(layout.lanes.at(8).kind, Kind::Counter);
        QCOMPARE(layout.lanes.at(8).handle, std::size_t{0});
    }

    void lanesDoNotOverlapAndFillTheHeight()
    {
        const TimelineLayout layout = TimelineLayout::of(*smallTrace());
        int bottom = 0;
        for (const TimelineLane &lane : layout.lanes) {
            QVERIFY(lane.top >= bottom);
            QVERIFY(lane.height > 0);
            bottom = lane.top + lane.height;
        }
        QVERIFY(layout.height >= bottom);
        QVERIFY(layout.height <= bottom + TimelineLayout::Gap);
    }

    void theSlicesOfAThreadFitIntoItsLane()
    {
        const TimelineLayout layout = TimelineLayout::of(*smallTrace());
        const TimelineLane *main = layout.thread(2);
        QVERIFY(main);
        QVERIFY(TimelineLayout::sliceTop(*main, 0) >= main->top + TimelineLayout::StateHeight);
        QCOMPARE(TimelineLayout::sliceTop(*main, 1) - TimelineLayout::sliceTop(*main, 0),
                 TimelineLayout::SliceHeight);
        QVERIFY(TimelineLayout::sliceTop(*main, 1) + TimelineLayout::SliceHeight
                <= main->top + main->height);
    }

    void everyPixelOfALaneFindsIt()
    {
        const TimelineLayout layout = TimelineLayout::of(*smallTrace());
        for (const TimelineLane &lane : layout.lanes) {
            QCOMPARE(layout.laneAt(lane.top), &lane);
            QCOMPARE(layout.laneAt(lane.top + lane.height - 1), &lane);
        }
        QCOMPARE(layout.laneAt(-1), nullptr);
        QCOMPARE(layout.laneAt(layout.height), nullptr);
    }

    void aThreadThatHoldsNothingHasNoLane()
    {
        QCOMPARE(TimelineLayout::of(*smallTrace()).thread(3), nullptr);
    }

    void aCollapsedGroupKeepsOnlyItsHead()
    {
        const auto store = smallTrace();
        const TimelineLayout layout = TimelineLayout::of(*store, {QStringLiteral("program")});
        QCOMPARE(titlesOf(layout),
                 (QStringList{"Processors", "CPU 0", "CPU 1", "program", "Objects", "items"}));
        QVERIFY(layout.lanes.at(3).isCollapsed);
        QVERIFY(layout.height < TimelineLayout::of(*store).height);
    }

    void aFrameOfTheWholeTraceHoldsAllOfIt()
    {
        const TimelineFrame frame = frameOf(smallTrace(), 0, 100);
        QCOMPARE(frame.traceEndNs, std::int64_t{10'000});
        QCOMPARE(frame.lanes.size(), frame.layout.lanes.size());
        const LaneFrame &main = laneOf(frame, "main");
        QCOMPARE(main.slices.size(), std::size_t{2});
        QCOMPARE(main.slices[0].size(), std::size_t{1});
        QCOMPARE(main.slices[0][0].startNs, std::int64_t{1000});
        QCOMPARE(main.slices[0][0].endNs, std::int64_t{9000});
        QCOMPARE(main.slices[1].size(), std::size_t{1});
        QVERIFY(!main.scheduling.empty());
        QCOMPARE(laneOf(frame, "worker 10").waits.size(), std::size_t{1});
        QCOMPARE(laneOf(frame, "worker 10").instants.size(), std::size_t{1});
        QCOMPARE(laneOf(frame, "CPU 1").slices.at(0).size(), std::size_t{1});
        QCOMPARE(laneOf(frame, "items").counter.back().last, std::int64_t{5});
        QCOMPARE(laneOf(frame, "items").counterMaximum, std::int64_t{5});
    }

    void aFrameLeavesOutWhatIsBeforeAndBehindIt()
    {
        const TimelineFrame frame = frameOf(smallTrace(), 3500, 10);          // to 4500
        QCOMPARE(laneOf(frame, "main").slices[0].size(), std::size_t{1});     // reaches over it
        QCOMPARE(laneOf(frame, "main").slices[1].size(), std::size_t{0});     // has ended
        QCOMPARE(laneOf(frame, "worker 2").slices[0].size(), std::size_t{0}); // begins later
        QCOMPARE(laneOf(frame, "worker 10").waits.size(), std::size_t{1});
        QCOMPARE(laneOf(frame, "worker 10").instants.size(), std::size_t{0});
        QCOMPARE(laneOf(frame, "items").counter.front().last, std::int64_t{3}); // still in force
    }

    void aFrameHoldsTheLanesThatItsHeightTouches()
    {
        const auto store = smallTrace();
        const TimelineLayout layout = TimelineLayout::of(*store);
        const TimelineLane &main = layout.lanes.at(4);
        const TimelineFrame frame = TimelineFrame::compute(store, layout, 0, 100, 100, main.top + 1,
                                                           main.top + 2);
        QCOMPARE(frame.lanes.size(), std::size_t{1});
        QCOMPARE(frame.lanes[0].lane.title, QStringLiteral("main"));
        QCOMPARE(frame.layout.lanes.size(), layout.lanes.size());
    }

    void aFrameCostsItsPixelsNotItsEvents()
    {
        auto store = std::make_shared<TraceStore>();
        TraceStore::Writer writer(*store);
        const std::size_t process = writer.addProcess(1, QStringLiteral("program"));
        const std::size_t thread = writer.addThread(process, 1, QStringLiteral("busy"), 0);
        const std::uint32_t name = writer.intern(u"work");
        constexpr std::int64_t events = 100'000;
        for (std::int64_t k = 0; k < events; ++k) {
            writer.beginSlice(thread, 10 * k, name);
            writer.endSlice(thread, 10 * k + 5);
            writer.instant(thread, 10 * k + 7, name);
        }
        writer.complete();
        const TimelineFrame frame = frameOf(store, 0, 10.0 * events / 100);
        const LaneFrame &lane = laneOf(frame, "busy");
        std::uint64_t merged = 0;
        for (const IntervalRun &run : lane.slices[0])
            merged += run.count;
        QCOMPARE(merged, static_cast<std::uint64_t>(events)); // none is forgotten
        // A step of the resolution is more than half a pixel, and holds at most two runs.
        QVERIFY2(lane.slices[0].size() <= 404, qPrintable(QString::number(lane.slices[0].size())));
        QVERIFY2(lane.instants.size() <= 202, qPrintable(QString::number(lane.instants.size())));
    }

    void theResolutionIsThePowerOfTwoBelow()
    {
        QCOMPARE(timelineResolution(0.001), std::int64_t{1});
        QCOMPARE(timelineResolution(1), std::int64_t{1});
        QCOMPARE(timelineResolution(2), std::int64_t{2});
        QCOMPARE(timelineResolution(1000), std::int64_t{512});
        QCOMPARE(timelineResolution(1024), std::int64_t{1024});
    }

    void aPictureIsAsHighAsItsLanesNeed()
    {
        TraceStore empty;
        TraceStore::Writer(empty).complete();
        const auto store = smallTrace();
        const QSize small = sizeOf(written(*store, "png"));
        const QSize none = sizeOf(written(empty, "png"));
        QCOMPARE(small.width(), none.width());
        QCOMPARE(small.height() - none.height(), TimelineLayout::of(*store).height);
    }

    void aPngShowsTheColoursOfWhatIsInTheTrace()
    {
        const auto store = smallTrace();
        const QImage image = QImage::fromData(written(*store, "png"), "PNG");
        QVERIFY(!image.isNull());
        const TimelineTheme theme = TimelineTheme::light();
        const auto has = [&image](const QColor &colour) {
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    if (image.pixel(x, y) == colour.rgb())
                        return true;
                }
            }
            return false;
        };
        QVERIFY(has(theme.slice(QStringLiteral("work"))));
        QVERIFY(has(theme.slice(QStringLiteral("inner"))));
        QVERIFY(has(theme.wait(WaitReason::QueueEmpty)));
        QVERIFY(has(theme.running));
        QVERIFY(has(theme.counter));
        QVERIFY(!has(theme.wait(WaitReason::Lock))); // there is none
    }

    void anSvgIsWellFormedAndAsLargeAsThePng()
    {
        const auto store = smallTrace();
        const QByteArray svg = written(*store, "svg");
        QXmlStreamReader xml(svg);
        QVERIFY(xml.readNextStartElement());
        QCOMPARE(xml.name().toString(), QStringLiteral("svg"));
        const QStringList box =
                xml.attributes().value(QLatin1String("viewBox")).toString().split(QLatin1Char(' '));
        const QSize size = sizeOf(written(*store, "png"));
        QCOMPARE(box, (QStringList{"0", "0", QString::number(size.width()),
                                   QString::number(size.height())}));
        QString text;
        while (!xml.atEnd()) {
            if (xml.readNext() == QXmlStreamReader::Characters)
                text += xml.text();
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        for (const char *word : {"worker 10", "items", "work", "inner"})
            QVERIFY2(text.contains(QLatin1String(word)), word);
    }

    void aPdfIsOnePageAsLargeAsThePng()
    {
        const auto store = smallTrace();
        const QByteArray pdf = written(*store, "pdf");
        QVERIFY(pdf.startsWith("%PDF-1."));
        QVERIFY(pdf.trimmed().endsWith("%%EOF"));
        const QString text = QString::fromLatin1(pdf);
        QCOMPARE(text.count(QRegularExpression(QStringLiteral("/Type */Page\\b"))), 1);
        const auto box = QRegularExpression(
                                 QStringLiteral("/MediaBox *\\[ *0 0 ([0-9.]+) ([0-9.]+) *\\]"))
                                 .match(text);
        QVERIFY(box.hasMatch());
        const QSizeF points = QSizeF(sizeOf(written(*store, "png"))) * 72 / 96;
        QVERIFY(std::abs(box.captured(1).toDouble() - points.width()) <= 1);
        QVERIFY(std::abs(box.captured(2).toDouble() - points.height()) <= 1);
        // The table of contents is where the end of the file says.
        const auto start = QRegularExpression(QStringLiteral("startxref\\s+(\\d+)")).match(text);
        QVERIFY(start.hasMatch());
        QVERIFY(pdf.mid(start.captured(1).toInt()).startsWith("xref"));
    }

    void thePictureOfMoreIsLarger_data() { pictures(); }
    void thePictureOfMoreIsLarger()
    {
        QFETCH(QByteArray, format);
        TraceStore empty;
        TraceStore::Writer(empty).complete();
        TraceStore large;
        fillRandomly(large, 3000, 1);
        const auto none = written(empty, format.constData()).size();
        const auto small = written(*smallTrace(), format.constData()).size();
        QVERIFY(small > none);
        QVERIFY(written(large, format.constData()).size() > small);
    }

    void anEmptyTraceIsAPictureToo_data() { pictures(); }
    void anEmptyTraceIsAPictureToo()
    {
        QFETCH(QByteArray, format);
        TraceStore empty;
        TraceStore::Writer(empty).complete();
        const QByteArray bytes = written(empty, format.constData());
        QVERIFY(!bytes.isEmpty());
        if (format == "png")
            QVERIFY(coloursIn(QImage::fromData(bytes, "PNG")) > 1); // a title and a ruler
    }

    void aTraceOfSeventyYearsIsAPictureToo_data() { pictures(); }
    void aTraceOfSeventyYearsIsAPictureToo()
    {
        QFETCH(QByteArray, format);
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t process = writer.addProcess(1, QStringLiteral("program"));
        const std::size_t thread = writer.addThread(process, 1, QStringLiteral("old"), 0);
        writer.beginSlice(thread, 10, writer.intern(u"ever"));
        writer.endSlice(thread, LongestNs);
        writer.complete();
        QVERIFY(!written(store, format.constData()).isEmpty());
    }

    void noZoomIsTooMuch_data()
    {
        QTest::addColumn<double>("startNs");
        QTest::addColumn<double>("nsPerPixel");
        QTest::newRow("deep in the middle") << 2500.0 << 1e-6;
        QTest::newRow("at the start") << 0.0 << 1e-12;
        QTest::newRow("before the start") << -1e6 << 1.0;
        QTest::newRow("behind the end") << 1e12 << 1.0;
        QTest::newRow("from far away") << -5e15 << 1e14;
        QTest::newRow("as far as the studio goes for seventy years")
                << -0.5 * double(LongestNs) << 0.02 * double(LongestNs);
    }
    void noZoomIsTooMuch()
    {
        QFETCH(double, startNs);
        QFETCH(double, nsPerPixel);
        const TimelineFrame frame = frameOf(smallTrace(), startNs, nsPerPixel);
        QCOMPARE(frame.lanes.size(), frame.layout.lanes.size());
        const QImage image = painted(frame, startNs, nsPerPixel);
        QVERIFY(coloursIn(image) > 1);
    }

    void whatIsTooNarrowToBeSeenIsStillThere()
    {
        const auto store = std::make_shared<TraceStore>();
        TraceStore::Writer writer(*store);
        const std::size_t process = writer.addProcess(1, QStringLiteral("program"));
        const std::size_t thread = writer.addThread(process, 1, QStringLiteral("main"), 0);
        writer.beginSlice(thread, 5'000'000'000, writer.intern(u"work"));
        writer.endSlice(thread, 5'000'000'001);
        writer.advance(10'000'000'000);
        writer.complete();
        const TimelineFrame frame = frameOf(store, 0, 1e8);
        const TimelineLane *main = frame.layout.thread(thread);
        const QImage image = painted(frame, 0, 1e8);
        const int y = TimelinePainter::RulerHeight + TimelineLayout::sliceTop(*main, 0) + 5;
        const QRgb slice = TimelineTheme::dark().slice(QStringLiteral("work")).rgb();
        int found = 0;
        for (int x = 0; x < image.width(); ++x)
            found += image.pixel(x, y) == slice;
        QCOMPARE(found, 1);
    }

    void aFrameOfAnEmptyStoreIsEmpty()
    {
        const auto store = std::make_shared<TraceStore>();
        const TimelineFrame frame = frameOf(store, 0, 1);
        QVERIFY(frame.lanes.empty());
        QCOMPARE(frame.layout.height, 0);
        QVERIFY(timelineLegend(frame, TimelineTheme::light()).empty());
    }

    void everyReasonToWaitHasAColourOfItsOwn()
    {
        for (const TimelineTheme &theme : {TimelineTheme::light(), TimelineTheme::dark()}) {
            QMap<QString, WaitReason> reasons;
            for (int k = 1; k <= static_cast<int>(WaitReason::Condition); ++k) {
                const auto reason = static_cast<WaitReason>(k);
                if (reason == WaitReason::PoolIdle || reason == WaitReason::Sleep
                    || reason == WaitReason::EventLoopIdle)
                    continue; // by design: all in grey
                const QString colour = theme.wait(reason).name();
                QVERIFY2(!reasons.contains(colour), qPrintable(waitReasonText(reason)));
                reasons.insert(colour, reason);
            }
        }
    }

    void aLegendThatIsTooLongGoesOnInAnotherLine()
    {
        const TimelineTheme theme = TimelineTheme::light();
        const std::vector<TimelineLegendEntry> entries(6, {QColor(Qt::red), "waits: queue full"});
        const QFont font;
        const int one = legendHeight(font, entries, 10'000);
        const int many = legendHeight(font, entries, 200);
        QVERIFY(many > one);
        QImage image(200, many, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        painter.setFont(font);
        paintLegend(painter, theme, entries, {}, 200);
        painter.end();
        int squares = 0;
        for (int y = 0; y + 1 < image.height(); ++y)
            squares += image.pixelColor(3, y) != QColor(Qt::red)
                       && image.pixelColor(3, y + 1) == QColor(Qt::red);
        QVERIFY(squares > 1);
    }

    void theLegendExplainsTheWaitsThatAreShown()
    {
        const TimelineTheme theme = TimelineTheme::light();
        bool hasWait = false;
        for (const TimelineLegendEntry &entry :
             timelineLegend(frameOf(smallTrace(), 0, 100), theme)) {
            hasWait |= entry.colour == theme.wait(WaitReason::QueueEmpty)
                       && entry.text.contains(waitReasonText(WaitReason::QueueEmpty));
            QVERIFY(!entry.text.contains(waitReasonText(WaitReason::Barrier)));
        }
        QVERIFY(hasWait);
    }

    void aDurationHasThreeSignificantDigits_data()
    {
        QTest::addColumn<qint64>("ns");
        QTest::addColumn<QString>("text");
        QTest::newRow("none") << qint64{0} << QStringLiteral("0 ns");
        QTest::newRow("ns") << qint64{999} << QStringLiteral("999 ns");
        QTest::newRow("µs") << qint64{1000} << QStringLiteral("1.00 µs");
        QTest::newRow("ms") << qint64{1'250'000} << QStringLiteral("1.25 ms");
        QTest::newRow("tens") << qint64{12'340'000} << QStringLiteral("12.3 ms");
        QTest::newRow("hundreds") << qint64{123'400'000} << QStringLiteral("123 ms");
        QTest::newRow("s") << qint64{1'500'000'000} << QStringLiteral("1.50 s");
        QTest::newRow("backwards") << qint64{-1'250'000} << QStringLiteral("-1.25 ms");
        QTest::newRow("up to ten") << qint64{9'999} << QStringLiteral("10.0 µs");
        QTest::newRow("up to a hundred") << qint64{99'960} << QStringLiteral("100 µs");
        QTest::newRow("up to the next unit") << qint64{999'700} << QStringLiteral("1.00 ms");
        QTest::newRow("up to a second") << qint64{999'999'999} << QStringLiteral("1.00 s");
    }
    void aDurationHasThreeSignificantDigits()
    {
        QFETCH(qint64, ns);
        QTEST(durationText(ns), "text");
    }

    void twoInstantsThatCanBeToldApartHaveTwoTexts()
    {
        for (std::int64_t unit = 1; unit <= 1'000'000'000; unit *= 10) {
            for (const std::int64_t factor : {1, 2, 5}) {
                const std::int64_t resolution = factor * unit;
                QSet<QString> texts;
                for (std::int64_t k = 0; k < 1500; ++k)
                    texts.insert(timeText(k * resolution, resolution));
                QVERIFY2(texts.size() == 1500, qPrintable(QString::number(resolution)));
            }
        }
    }

    void anInstantIsNoMorePreciseThanAskedFor()
    {
        QCOMPARE(timeText(1'234'567'891, 1'000'000'000), QStringLiteral("1 s"));
        QCOMPARE(timeText(1'200'000'000, 100'000'000), QStringLiteral("1.2 s"));
        QCOMPARE(timeText(1'230'000, 10'000), QStringLiteral("1.23 ms"));
        QCOMPARE(timeText(1'200, 100), QStringLiteral("1.2 µs"));
        QCOMPARE(timeText(-500'000, 100'000), QStringLiteral("-0.5 ms"));
    }
};

QTEST_MAIN(TestPicture)
#include "tst_picture.moc"
