// SPDX-License-Identifier: Apache-2.0
#include "recordedtrace.h"

#include "appearance.h"
#include "panels/selectionpanel.h"
#include "timeline/timelinetooltip.h"
#include "timeline/timelineview.h"

#include <heddle/trace/object.h>
#include <heddle/trace/slice.h>
#include <heddle/trace/task.h>

#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace heddle;
using namespace heddle::studio;

// Coroutines and the holders of a mutex, as the studio shows them.
class TestCoroutineLanes : public QObject
{
    Q_OBJECT

    static constexpr int Coroutines = 6;

    // Two threads of a loop run coroutines by turns; a third one wakes them.
    static void record(RecordedTrace &recorded)
    {
        namespace trace = heddle::trace;
        const trace::Object loop(trace::ObjectKind::Executor, "loop");
        const trace::Object items(trace::ObjectKind::Queue, "items", 4);
        const trace::Object guard(trace::ObjectKind::Mutex, "guard");
        const trace::Name name("fetch page");
        std::vector<trace::Task> tasks;
        const auto spend = [] { // so that there is something to see
            const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(300);
            while (std::chrono::steady_clock::now() < end) {
            }
        };
        for (int k = 0; k < Coroutines; ++k) {
            tasks.push_back(trace::Task::coroutine(loop.id(), name));
            tasks.back().ready();
        }
        const auto runAll = [&](const char *thread, bool isLast) {
            std::thread([&] {
                trace::setThreadName(thread);
                for (const trace::Task &task : tasks) {
                    task.running();
                    guard.count(trace::currentThread());
                    spend();
                    guard.count(0);
                    if (isLast)
                        task.ended(trace::TaskState::Finished);
                    else
                        task.waits(items.id(), trace::WaitReason::QueueEmpty);
                }
            }).join();
        };
        runAll("loop 1", false);
        std::thread([&] {
            trace::setThreadName("producer");
            const trace::Name put("put");
            for (const trace::Task &task : tasks) {
                const trace::Slice slice(put);
                task.ready();
                spend();
            }
        }).join();
        runAll("loop 2", true);
        recorded.end();
    }
    static TimelineLane laneOf(const TimelineView &view, TimelineLane::Kind kind,
                               const QString &title)
    {
        for (const TimelineLane &lane : view.layout().lanes) {
            if (lane.kind == kind && lane.title == title)
                return lane;
        }
        return {};
    }

private Q_SLOTS:
    void initTestCase() { Appearance::apply(Appearance::Mode::Light); }

    void aCoroutineIsShownWithWhatItWaitedForAndWhoWokeIt()
    {
        RecordedTrace recorded;
        record(recorded);
        // The view shares what it shows.
        const std::shared_ptr<const TraceStore> store(&recorded.store, [](const TraceStore *) {});
        QCOMPARE(store->counts().coroutines, std::uint64_t{Coroutines});
        TimelineView view;
        view.resize(1300, 700);
        view.setVisible(true);
        view.setTrace(store);
        QTRY_VERIFY(view.isUpToDate());
        QVERIFY(laneOf(view, TimelineLane::Kind::Group, "Coroutines").height > 0);
        const TimelineLane lane = laneOf(view, TimelineLane::Kind::Coroutine, "fetch page");
        QVERIFY(lane.height > 0);

        const CoroutineTrack &track = store->coroutine(lane.handle);
        std::size_t waiting = 0;
        while (track.at(waiting).state != TaskState::Waiting)
            ++waiting;
        view.select(TimelineSelection::ofCoroutine(lane.handle, waiting));
        const QString tooltip = tooltipText(*store, view.selection());
        QVERIFY2(tooltip.contains("items") && tooltip.contains("queue empty")
                         && tooltip.contains("producer"),
                 qPrintable(tooltip));
        SelectionPanel panel;
        panel.show(store.get(), view.selection());
        const QString text = panel.toPlainText();
        QVERIFY2(text.contains("fetch page") && text.contains("items") && text.contains("producer")
                         && text.contains("loop"),
                 qPrintable(text));
        view.selectNeighbour(true);
        QCOMPARE(view.selection().index, waiting + 1);
        view.selectNeighbour(true);
        QVERIFY(tooltipText(*store, view.selection()).contains("loop 2"));
        view.selectRow(true);
        QCOMPARE(view.selection().kind, TimelineSelection::Kind::Coroutine);
        QVERIFY(view.selection().handle != lane.handle);

        // Clicked, the lane answers with what is there.
        view.select({});
        const CoroutineStretch stretch = track.at(waiting);
        const auto middle = view.scale().x((stretch.startNs + stretch.endNs) / 2);
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {},
                          QPoint(TimelineView::TitleWidth + static_cast<int>(middle),
                                 TimelinePainter::RulerHeight + lane.top + 6));
        QCOMPARE(view.selection(), TimelineSelection::ofCoroutine(lane.handle, waiting));
        if (const QByteArray file = qgetenv("HEDDLE_SCREENSHOT"); !file.isEmpty())
            QVERIFY(view.grab().save(QString::fromLocal8Bit(file)));
    }

    void aMutexShowsWhoHoldsIt()
    {
        RecordedTrace recorded;
        record(recorded);
        const TraceStore &store = recorded.store;
        const std::size_t guard = recorded.object("guard");
        const CounterTrack &counter = store.counter(guard);
        QCOMPARE(counter.size(), std::size_t{4 * Coroutines});
        TimelineSelection selection;
        selection.kind = TimelineSelection::Kind::Counter;
        selection.handle = guard;
        selection.startNs = selection.endNs = counter.at(0).ns + 1;
        QVERIFY(tooltipText(store, selection).contains("held by loop 1"));
        selection.startNs = selection.endNs = counter.at(1).ns;
        QVERIFY(tooltipText(store, selection).contains("free"));
        selection.startNs = selection.endNs = counter.at(counter.size() - 2).ns + 1;
        QVERIFY(tooltipText(store, selection).contains("held by loop 2"));
        SelectionPanel panel;
        panel.show(&store, selection);
        QVERIFY(panel.toPlainText().contains("loop 2"));
    }

    void ofVeryManyCoroutinesTheFirstAreShown()
    {
        TraceStore store;
        TraceStore::Writer writer(store);
        const std::size_t thread = writer.addThread(writer.addProcess(1, "p"), 2, "t", 0);
        const std::uint32_t name = writer.intern(u"c");
        constexpr std::size_t many = 100'000;
        for (std::size_t k = 0; k < many; ++k) {
            writer.createTask(thread, static_cast<std::int64_t>(k), k + 1, TaskKind::Coroutine,
                              name, {});
        }
        const TimelineLayout layout = TimelineLayout::of(store);
        std::size_t shown = 0;
        QString detail;
        for (const TimelineLane &lane : layout.lanes) {
            shown += lane.kind == TimelineLane::Kind::Coroutine;
            if (lane.kind == TimelineLane::Kind::Group && lane.title == "Coroutines")
                detail = lane.detail;
        }
        QCOMPARE(shown, TimelineLayout::MostCoroutines);
        QVERIFY(detail.contains("100000"));
    }
};

QTEST_MAIN(TestCoroutineLanes)
#include "tst_coroutinelanes.moc"
