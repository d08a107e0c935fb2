// SPDX-License-Identifier: Apache-2.0
#include "mainwindow.h"

#include <heddle/formats/traceformat.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFile>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

#include <set>

using namespace heddle;
using namespace heddle::studio;

// The studio's own window, driven as a user drives it.
class TestStudio : public QObject
{
    Q_OBJECT

    static std::unique_ptr<MainWindow> makeWindow()
    {
        QSettings().clear();
        auto window = std::make_unique<MainWindow>();
        window->resize(1400, 900);
        window->show();
        return window;
    }
    static const TimelineLane *lane(const TimelineView &view, TimelineLane::Kind kind,
                                    const QString &title)
    {
        for (const TimelineLane &candidate : view.layout().lanes) {
            if (candidate.kind == kind && candidate.title == title)
                return &candidate;
        }
        return nullptr;
    }
    static QString faultyPlugin(const QString &id)
    {
        return QStringLiteral(FAULT_PATTERNS "/%1/%1.so").arg(id);
    }
    static QJsonObject quick() { return {{"items", 40}, {"produce", 0}, {"consume", 0}}; }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("heddle-test");
        QCoreApplication::setApplicationName("tst_studio");
        Appearance::apply(Appearance::Mode::Light);
    }

    void theFormIsBuiltFromTheSchema()
    {
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        ParameterForm *form = window->runForm()->parameters();
        auto *producers = qobject_cast<QSpinBox *>(form->editor("producers"));
        QVERIFY(producers);
        QCOMPARE(producers->minimum(), 1);
        QCOMPARE(producers->maximum(), 32);
        QCOMPARE(producers->value(), 1);
        QVERIFY(qobject_cast<QDoubleSpinBox *>(form->editor("consume")));
        auto *stop = qobject_cast<QComboBox *>(form->editor("stop"));
        QVERIFY(stop);
        QCOMPARE(stop->currentData().toString(), "perConsumer");
        producers->setValue(5);
        stop->setCurrentIndex(stop->findData("close"));
        QCOMPARE(form->values()["producers"].toInt(), 5);
        QCOMPARE(form->values()["stop"].toString(), "close");
        window->runForm()->applyPreset("back-pressure");
        QCOMPARE(form->values()["capacity"].toInt(), 8);
        QCOMPARE(form->values()["producers"].toInt(), 1); // the rest is as by default
        auto *fault = window->runForm()->findChild<QCheckBox *>("fault-lost-sentinel");
        QVERIFY(fault);
        fault->setChecked(true);
        QCOMPARE(window->runForm()->request().faults, QStringList{"lost-sentinel"});
    }

    void theSearchFieldFiltersThePatterns()
    {
        const auto window = makeWindow();
        QAbstractItemModel *model = window->patternList()->model();
        window->patternList()->searchField()->setText("sentinel");
        QCOMPARE(model->rowCount(), 1);
        QCOMPARE(model->rowCount(model->index(0, 0)), 1);
        window->patternList()->searchField()->setText("no such thing");
        QCOMPARE(model->rowCount(), 0);
    }

    void f5RunsThePatternAndItsLanesAppear()
    {
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        window->runForm()->parameters()->setValues(quick());
        QVERIFY(QTest::qWaitForWindowExposed(window.get()));
        window->activateWindow();
        QTest::keyClick(window.get(), Qt::Key_F5);
        TraceTab *tab = window->currentTab();
        QVERIFY(tab && tab->run());
        QTRY_VERIFY_WITH_TIMEOUT(!tab->run()->isActive(), 30'000);
        QCOMPARE(tab->run()->report().state, RunState::Finished);
        TimelineView &view = *tab->timeline();
        QTRY_VERIFY(view.isUpToDate());
        QVERIFY(lane(view, TimelineLane::Kind::Thread, "producer 1"));
        QVERIFY(lane(view, TimelineLane::Kind::Thread, "consumer 1"));
        QVERIFY(lane(view, TimelineLane::Kind::Counter, "items"));

        // A click selects a slice, and the panel tells what it was.
        const TimelineLane *producer = lane(view, TimelineLane::Kind::Thread, "producer 1");
        std::size_t index = 0;
        const IntervalTrack &track = tab->store()->slices(producer->handle, 0);
        while (tab->store()->name(track.at(index).value) != "put")
            ++index;
        view.select(TimelineSelection::ofSlice({producer->handle, 0, index}));
        QTest::keyClick(&view, Qt::Key_F);
        const QRect place = view.rectOf({producer->handle, 0, index});
        QVERIFY(place.width() > 100);
        view.select({});
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, place.center());
        QCOMPARE(view.selection(), TimelineSelection::ofSlice({producer->handle, 0, index}));
        const QString told = window->selectionPanel()->toPlainText();
        QVERIFY2(told.contains("put") && told.contains("producer 1") && told.contains("consumer 1"),
                 qPrintable(told));
        if (told.contains("On a processor")) // the kernel's word may be missing
            QVERIFY2(told.contains(" %)"), qPrintable(told));

        // The whole trace stays in sight when the window gets narrower.
        view.fitAll();
        window->resize(1100, 900);
        QTRY_VERIFY(view.viewport()->width() < 800);
        QVERIFY(view.visibleEndNs() >= tab->store()->endNs());
        view.select(TimelineSelection::ofSlice({producer->handle, 0, index}));

        // Keys move the view; the full stop goes to the next of the same name.
        const double before = view.scale().nsPerPixel;
        QTest::keyClick(&view, Qt::Key_W);
        QVERIFY(view.scale().nsPerPixel < before);
        QTest::keyClick(&view, Qt::Key_S);
        const double start = view.scale().startNs;
        QTest::keyClick(&view, Qt::Key_D);
        QVERIFY(view.scale().startNs > start);
        QTest::keyClick(&view, Qt::Key_Period);
        QVERIFY(view.selection().slice.index > index);

        // What is exported is what was shown.
        QTemporaryDir folder;
        const QString path = folder.filePath("run.pftrace");
        QSignalSpy exported(tab, &TraceTab::exported);
        tab->exportTo(path, "perfetto");
        QVERIFY(exported.wait(20'000));
        TraceStore read;
        importTrace(path, read);
        QCOMPARE(read.counts().slices, tab->store()->counts().slices);
        QCOMPARE(read.counts().flows, tab->store()->counts().flows);
    }

    void shiftF5StopsALongRun()
    {
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        window->runForm()->parameters()->setValues({{"items", 100000}, {"consume", 5}});
        window->startRun();
        TraceTab *tab = window->currentTab();
        QTRY_VERIFY_WITH_TIMEOUT(tab->store()->counts().slices > 10, 20'000); // grows while it runs
        window->stopRun();
        QTRY_VERIFY_WITH_TIMEOUT(!tab->run()->isActive(), 20'000);
        QCOMPARE(tab->run()->report().state, RunState::Cancelled);
        QVERIFY(!tab->bannerText().isEmpty());
    }

    void aPluginThatIsDroppedIntoTheUsersFolderAppearsAndCanBeRun()
    {
        QDir(Catalog::userFolder()).removeRecursively();
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        auto *producers = qobject_cast<QSpinBox *>(
                window->runForm()->parameters()->editor("producers"));
        producers->setValue(7);
        QVERIFY(!window->patternList()->selectPattern("throws"));
        QFile plugin(faultyPlugin("throws"));
        const QString target = Catalog::userFolder() + "/libpattern-throws.so";
        {
            // As a slow copy does: first a part, which is no plugin yet, then the rest.
            QVERIFY2(plugin.open(QIODevice::ReadOnly), qPrintable(plugin.fileName()));
            QFile copy(target);
            QVERIFY(copy.open(QIODevice::WriteOnly));
            copy.write(plugin.read(1000));
            copy.flush();
            QTRY_COMPARE(window->patternList()->catalog().problems().size(), 1);
            copy.write(plugin.readAll());
        }
        QTRY_VERIFY(window->patternList()->catalog().find("throws"));
        QVERIFY(window->patternList()->catalog().problems().isEmpty());
        // The form that the user was filling in is as it was.
        producers = qobject_cast<QSpinBox *>(window->runForm()->parameters()->editor("producers"));
        QCOMPARE(producers->value(), 7);
        QVERIFY(window->patternList()->selectPattern("throws"));
        window->startRun();
        TraceTab *tab = window->currentTab();
        QTRY_VERIFY_WITH_TIMEOUT(!tab->run()->isActive(), 20'000);
        QVERIFY2(tab->bannerText().contains("this pattern has failed"),
                 qPrintable(tab->bannerText()));
        QVERIFY(QFile::remove(target));
        QTRY_VERIFY(!window->patternList()->catalog().find("throws"));
    }

    void theStudioSurvivesFaultyPluginsAndShowsTheirTrace_data()
    {
        QTest::addColumn<QString>("told");
        QTest::newRow("null-dereference") << "SIGSEGV";
        QTest::newRow("abort") << "SIGABRT";
        QTest::newRow("never-returns") << "did not react";
        QTest::newRow("exits") << "exit(0)";
    }
    void theStudioSurvivesFaultyPluginsAndShowsTheirTrace()
    {
        QFETCH(QString, told);
        const QString id = QTest::currentDataTag();
        QDir().mkpath(Catalog::userFolder());
        const QString target = Catalog::userFolder() + "/libpattern-fault.so";
        QFile::remove(target);
        QVERIFY(QFile::copy(faultyPlugin(id), target));
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern(id));
        window->runForm()->parameters()->setValues({{"runCap", 1}});
        window->startRun();
        TraceTab *tab = window->currentTab();
        QTRY_VERIFY_WITH_TIMEOUT(!tab->run()->isActive(), 20'000);
        QVERIFY2(tab->bannerText().contains(told), qPrintable(tab->bannerText()));
        QVERIFY(tab->store()->counts().slices > 0);
        QVERIFY(window->isVisible());
        QVERIFY(QFile::remove(target));
    }

    void aFileThatCannotBeReadIsExplainedInTheTab()
    {
        const auto window = makeWindow();
        window->openFile("/nonexistent/trace.pftrace");
        TraceTab *tab = window->currentTab();
        QTRY_VERIFY(!tab->isBusy());
        QVERIFY2(tab->bannerText().contains("/nonexistent/trace.pftrace"),
                 qPrintable(tab->bannerText()));
        QVERIFY(!tab->timeline()->trace()); // nothing that looks as if it were being read
        QVERIFY(!tab->canExport());
        QVERIFY(!QSettings().contains("recentFiles"));
    }

    void anOpenedTraceTellsHowItsRunWent()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("run.pftrace");
        {
            TraceStore store;
            TraceStore::Writer writer(store);
            const std::size_t thread = writer.addThread(writer.addProcess(7, "program"), 8,
                                                        "worker", 0);
            writer.beginSlice(thread, 10, writer.intern(u"work"), {});
            writer.endSlice(thread, 20);
            writer.setAttribute("pattern", "producer-consumer");
            writer.setAttribute("message", "It took too long.");
            writer.setAttribute("results", R"({"items": 12345})");
            writer.setAttribute(
                    "invariants",
                    R"([{"id": "each-once", "holds": false, "evidence": "2 missing"}])");
            writer.complete();
            exportTrace(store, path);
        }
        const auto window = makeWindow();
        window->openFile(path);
        TraceTab *tab = window->currentTab();
        QTRY_VERIFY(!tab->isBusy());
        QVERIFY2(tab->bannerText().contains("It took too long."), qPrintable(tab->bannerText()));
        auto *results = window->findChild<ResultsPanel *>();
        QTRY_COMPARE(results->topLevelItemCount(), 2);
        QVERIFY(results->topLevelItem(0)->text(1).contains("12,345"));
        QVERIFY(results->topLevelItem(1)->text(1).contains("2 missing"));
        bool counted = false;
        for (const QLabel *label : window->statusBar()->findChildren<QLabel *>())
            counted = counted || label->text().contains("1 slices");
        QVERIFY(counted);
        QCOMPARE(QSettings().value("recentFiles").toStringList(), QStringList{path});
    }

    void theWheelScrollsTheFormAndChangesNothingInPassing()
    {
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        QVERIFY(QTest::qWaitForWindowExposed(window.get()));
        ParameterForm *form = window->runForm()->parameters();
        const QJsonObject before = form->values();
        for (const char *name : {"producers", "consume", "source"}) {
            QWidget *editor = form->editor(name);
            const QPoint middle = editor->rect().center();
            QWheelEvent wheel(middle, editor->mapToGlobal(middle), {}, {0, -120}, Qt::NoButton,
                              Qt::NoModifier, Qt::NoScrollPhase, false);
            QApplication::sendEvent(editor, &wheel);
        }
        QCOMPARE(form->values(), before);
    }

    void thePresetIsNamedAsLongAsTheFormShowsIt()
    {
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        const auto *presets = window->runForm()->findChild<QComboBox *>("presets");
        window->runForm()->applyPreset("back-pressure");
        QCOMPARE(presets->currentData().toString(), "back-pressure");
        auto *producers = qobject_cast<QSpinBox *>(
                window->runForm()->parameters()->editor("producers"));
        producers->setValue(producers->value() + 1);
        QCOMPARE(presets->currentIndex(), -1);
        producers->setValue(producers->value() - 1);
        QCOMPARE(presets->currentData().toString(), "back-pressure");
    }

    void theSearchFieldChoosesByKeyboard()
    {
        const auto window = makeWindow();
        QVERIFY(QTest::qWaitForWindowExposed(window.get()));
        QLineEdit *search = window->patternList()->searchField();
        QTest::keyClicks(search, "map");
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(window->runForm()->pattern().id, "map-reduce");
    }

    void everythingCanBeSelectedByKeyboard()
    {
        const auto window = makeWindow();
        QVERIFY(window->patternList()->selectPattern("producer-consumer"));
        window->runForm()->parameters()->setValues(quick());
        window->startRun();
        TraceTab *tab = window->currentTab();
        QTRY_VERIFY_WITH_TIMEOUT(!tab->run()->isActive(), 30'000);
        TimelineView &view = *tab->timeline();
        QTRY_VERIFY(view.isUpToDate());
        std::set<std::size_t> threads;
        bool sawWait = false;
        TimelineSelection last;
        for (int step = 0; step < 100; ++step) {
            QTest::keyClick(&view, Qt::Key_Down);
            if (view.selection() == last)
                break; // the lowest row
            last = view.selection();
            sawWait = sawWait || last.kind == TimelineSelection::Kind::Wait;
            if (last.kind == TimelineSelection::Kind::Slice)
                threads.insert(last.slice.thread);
        }
        QVERIFY(sawWait);
        QVERIFY(threads.count(lane(view, TimelineLane::Kind::Thread, "producer 1")->handle));
        QVERIFY(threads.count(lane(view, TimelineLane::Kind::Thread, "consumer 1")->handle));
        QTest::keyClick(&view, Qt::Key_Up);
        QVERIFY(!(view.selection() == last));
    }
};

QTEST_MAIN(TestStudio)
#include "tst_studio.moc"
