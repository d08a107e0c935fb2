// SPDX-License-Identifier: GPL-3.0-or-later
#include "mainwindow.h"

#include "keyboardmap.h"
#include "language.h"
#include "recentfilesmenu.h"

#include <heddle/formats/traceformat.h>

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QScreen>
#include <QSettings>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>

namespace heddle::studio {

namespace {
constexpr int TickMilliseconds = 100;

QString stateText(RunState state)
{
    switch (state) {
    case RunState::Idle:
        return MainWindow::tr("Idle");
    case RunState::Starting:
        return MainWindow::tr("Starting");
    case RunState::Running:
        return MainWindow::tr("Running");
    case RunState::Stopping:
        return MainWindow::tr("Stopping");
    case RunState::Finished:
        return MainWindow::tr("Finished");
    case RunState::Failed:
        return MainWindow::tr("Failed");
    case RunState::Crashed:
        return MainWindow::tr("Crashed");
    case RunState::TimedOut:
        return MainWindow::tr("Timed out");
    case RunState::Cancelled:
        return MainWindow::tr("Stopped");
    }
    return {};
}

QWidget *makeWelcome()
{
    auto *page = new QWidget;
    auto *text = new QLabel(
            MainWindow::tr("<h2>See what threads really do</h2>"
                           "<p>Choose a pattern on the left and press <b>F5</b> to run it.<br>"
                           "Or open a trace with <b>Ctrl+O</b>, or drop one here.</p>"
                           "<p style='color:gray'>W S zoom · A D pan · F fit · click to inspect · "
                           "? for all keys</p>"));
    text->setAlignment(Qt::AlignCenter);
    auto *column = new QVBoxLayout(page);
    column->addWidget(text);
    return page;
}
} // namespace

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent)
    , m_tabs(new QTabWidget)
    , m_centre(new QStackedWidget)
    , m_patterns(new PatternList)
    , m_form(new RunForm)
    , m_lesson(new LessonPanel)
    , m_selection(new SelectionPanel)
    , m_results(new ResultsPanel)
    , m_log(new LogPanel)
    , m_state(new QLabel)
    , m_counts(new QLabel)
    , m_recent(new RecentFilesMenu(tr("Open &Recent"), this))
{
    setWindowTitle(tr("Heddle Studio"));
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    m_tabs->setDocumentMode(true);
    m_tabs->setTabsClosable(true);
    m_tabs->setMovable(true);
    m_centre->addWidget(makeWelcome());
    m_centre->addWidget(m_tabs);
    setCentralWidget(m_centre);
    makeDocks();
    makeActions();
    makeMenus();
    statusBar()->addWidget(m_state, 1);
    statusBar()->addPermanentWidget(m_counts);

    connect(m_tabs, &QTabWidget::currentChanged, this, &MainWindow::tabChanged);
    connect(m_tabs, &QTabWidget::tabCloseRequested, this, [this](int index) {
        delete m_tabs->widget(index); // ends its run, if it still goes on
        tabChanged();
    });
    connect(m_patterns, &PatternList::patternSelected, this, [this](const PatternInfo &info) {
        m_form->setPattern(info);
        m_lesson->show(info);
        updateRunState();
    });
    connect(m_patterns, &PatternList::runRequested, this, &MainWindow::startRun);
    connect(m_selection, &SelectionPanel::selectRequested, this,
            [this](const TimelineSelection &selection) {
                if (TraceTab *tab = currentTab()) {
                    tab->timeline()->select(selection);
                    tab->timeline()->setFocus(); // its keys go on where the link led
                }
            });
    m_resultsDue.setSingleShot(true);
    m_resultsDue.setInterval(TickMilliseconds);
    connect(&m_resultsDue, &QTimer::timeout, this, &MainWindow::updateResults);
    m_tick.setInterval(TickMilliseconds);
    connect(&m_tick, &QTimer::timeout, this, &MainWindow::updateRunState);
    restoreLayout();
    tabChanged();
}

MainWindow::~MainWindow()
{
    // The tabs' signals must not reach a half-destroyed window.
    m_tabs->disconnect(this);
    while (m_tabs->count() > 0)
        delete m_tabs->widget(0);
}

QDockWidget *MainWindow::addDock(const QString &id, const QString &title, QWidget *content,
                                 Qt::DockWidgetArea area)
{
    auto *dock = new QDockWidget(title, this);
    dock->setObjectName(id);
    dock->setWidget(content);
    addDockWidget(area, dock);
    m_docks << dock;
    return dock;
}

void MainWindow::makeDocks()
{
    setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    addDock(QStringLiteral("patterns"), tr("Patterns"), m_patterns, Qt::LeftDockWidgetArea);
    QDockWidget *form = addDock(QStringLiteral("configure"), tr("Configure"), m_form,
                                Qt::RightDockWidgetArea);
    QDockWidget *lesson = addDock(QStringLiteral("lesson"), tr("Lesson"), m_lesson,
                                  Qt::RightDockWidgetArea);
    tabifyDockWidget(form, lesson);
    form->raise();
    QDockWidget *selection = addDock(QStringLiteral("selection"), tr("Selection"), m_selection,
                                     Qt::BottomDockWidgetArea);
    QDockWidget *results = addDock(QStringLiteral("results"), tr("Results"), m_results,
                                   Qt::BottomDockWidgetArea);
    QDockWidget *log = addDock(QStringLiteral("log"), tr("Log"), m_log, Qt::BottomDockWidgetArea);
    splitDockWidget(selection, results, Qt::Horizontal);
    tabifyDockWidget(results, log);
    results->raise();
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    m_patterns->setMinimumWidth(220);
    m_form->setMinimumWidth(330);
    m_selection->setMinimumHeight(120);
}

// Sizes of docks hold only once the window has its own.
void MainWindow::showEvent(QShowEvent *event)
{
    QMainWindow::showEvent(event);
    if (!m_wantsDefaultSizes)
        return;
    m_wantsDefaultSizes = false;
    QTimer::singleShot(0, this, [this] {
        resizeDocks({m_docks[3]}, {230}, Qt::Vertical);
        resizeDocks({m_docks[0], m_docks[1]}, {220, 340}, Qt::Horizontal);
    });
}

void MainWindow::makeActions()
{
    const auto action = [this](const QString &text, const QKeySequence &key, auto slot) {
        auto *made = new QAction(text, this);
        made->setShortcut(key);
        connect(made, &QAction::triggered, this, slot);
        return made;
    };
    m_run = action(tr("&Run"), Qt::Key_F5, [this] { startRun(); });
    m_stop = action(tr("&Stop"), Qt::SHIFT | Qt::Key_F5, [this] { stopRun(); });
    m_kill = action(tr("&End by Force"), Qt::CTRL | Qt::SHIFT | Qt::Key_F5, [this] {
        if (currentTab() && currentTab()->run())
            currentTab()->run()->kill();
    });
    m_open = action(tr("&Open Trace…"), QKeySequence::Open, [this] { chooseFile(); });
    m_zoomIn = action(tr("Zoom &In"), QKeySequence::ZoomIn, [this] {
        if (currentTab())
            currentTab()->timeline()->zoom(0.6);
    });
    m_zoomOut = action(tr("Zoom &Out"), QKeySequence::ZoomOut, [this] {
        if (currentTab())
            currentTab()->timeline()->zoom(1 / 0.6);
    });
    m_fit = action(tr("&Fit Whole Trace"), Qt::CTRL | Qt::Key_0, [this] {
        if (currentTab()) {
            currentTab()->timeline()->setFollowing(false);
            currentTab()->timeline()->fitAll();
        }
    });
    m_run->setToolTip(tr("Run the chosen pattern (F5)"));
    m_stop->setToolTip(tr("Ask the run to stop (Shift+F5)"));
}

void MainWindow::makeMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(m_open);
    file->addMenu(m_recent);
    connect(m_recent, &RecentFilesMenu::chosen, this, &MainWindow::openFile);
    m_export = file->addMenu(tr("&Export"));
    for (const auto &writer : traceWriters()) {
        const QString id = writer->id();
        m_export->addAction(tr("%1…").arg(writer->title()), this, [this, id] { chooseExport(id); });
    }
    file->addSeparator();
    file->addAction(tr("&Close Tab"), QKeySequence::Close, this, [this] {
        if (m_tabs->count() > 0)
            Q_EMIT m_tabs->tabCloseRequested(m_tabs->currentIndex());
    });
    file->addAction(tr("&Quit"), QKeySequence::Quit, this, &QWidget::close);

    QMenu *run = menuBar()->addMenu(tr("&Run"));
    run->addActions({m_run, m_stop, m_kill});
    run->addSeparator();
    run->addAction(tr("Look for &Plugins Again"), this, [this] { m_patterns->rescan(); });

    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_zoomIn, m_zoomOut, m_fit});
    view->addSeparator();
    for (QDockWidget *dock : std::as_const(m_docks))
        view->addAction(dock->toggleViewAction());
    view->addSeparator();
    auto *modes = new QActionGroup(this);
    for (const auto &[text, mode] : {std::pair(tr("&Light"), Appearance::Mode::Light),
                                     std::pair(tr("&Dark"), Appearance::Mode::Dark)}) {
        QAction *choice = view->addAction(text, this, [this, mode = mode] { setMode(mode); });
        choice->setCheckable(true);
        choice->setChecked(Appearance::current() == mode);
        modes->addAction(choice);
    }
    QMenu *languages = view->addMenu(tr("L&anguage"));
    auto *one = new QActionGroup(this);
    for (const QString &language : QStringList{QString()} + Language::all()) {
        QAction *choice = languages->addAction(
                language.isEmpty() ? tr("As the &System") : Language::nativeName(language), this,
                [this, language] {
                    Language::choose(language);
                    statusBar()->showMessage(
                            tr("The language changes when the studio is started next."));
                });
        choice->setCheckable(true);
        choice->setChecked(Language::chosen() == language);
        one->addAction(choice);
    }

    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(tr("&Keys"), QKeySequence(Qt::Key_Question), this,
                    [this] { showKeyboardMap(this); });
    help->addAction(tr("&About Heddle"), this, [this] {
        QMessageBox::about(
                this, tr("About Heddle"),
                tr("<h3>Heddle Studio %1</h3><p>Runs concurrency patterns and shows what their "
                   "threads really did.</p><p>GPL-3.0-or-later; the engine is Apache-2.0.</p>")
                        .arg(QStringLiteral(HEDDLE_VERSION)));
    });

    QToolBar *bar = addToolBar(tr("Tools"));
    bar->setObjectName(QStringLiteral("tools"));
    bar->setMovable(false);
    bar->setIconSize(QSize(18, 18));
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->addActions({m_run, m_stop});
    bar->addSeparator();
    bar->addActions({m_open, m_zoomIn, m_zoomOut, m_fit});
    setMode(Appearance::current());
}

void MainWindow::setMode(Appearance::Mode mode)
{
    using Symbol = Appearance::Symbol;
    Appearance::apply(mode);
    QSettings().setValue(QStringLiteral("appearance"), mode == Appearance::Mode::Dark
                                                               ? QStringLiteral("dark")
                                                               : QStringLiteral("light"));
    m_run->setIcon(Appearance::icon(Symbol::Run));
    m_stop->setIcon(Appearance::icon(Symbol::Stop));
    m_open->setIcon(Appearance::icon(Symbol::Open));
    m_zoomIn->setIcon(Appearance::icon(Symbol::ZoomIn));
    m_zoomOut->setIcon(Appearance::icon(Symbol::ZoomOut));
    m_fit->setIcon(Appearance::icon(Symbol::Fit));
    for (int k = 0; k < m_tabs->count(); ++k)
        static_cast<TraceTab *>(m_tabs->widget(k))->timeline()->applyAppearance();
}

TraceTab *MainWindow::currentTab() const
{
    return qobject_cast<TraceTab *>(m_tabs->currentWidget());
}

void MainWindow::startRun()
{
    if (!m_form->hasPattern())
        return;
    if (TraceTab *tab = currentTab(); tab && tab->run() && tab->run()->isActive())
        return;
    m_form->remember();
    auto *tab = new TraceTab;
    tab->startRun(m_form->request());
    addTab(tab);
    m_log->clear();
}

void MainWindow::stopRun()
{
    if (TraceTab *tab = currentTab(); tab && tab->run())
        tab->run()->stop();
}

void MainWindow::openFile(const QString &path)
{
    auto *tab = new TraceTab;
    tab->openFile(path);
    addTab(tab);
    QSettings().setValue(QStringLiteral("folder"), QFileInfo(path).absolutePath());
}

void MainWindow::addTab(TraceTab *tab)
{
    connect(tab, &TraceTab::runStateChanged, this, &MainWindow::updateRunState);
    connect(tab, &TraceTab::reported, this, [this, tab] {
        // A pattern may report much faster than can be read.
        if (tab == currentTab() && !m_resultsDue.isActive())
            m_resultsDue.start();
    });
    connect(tab, &TraceTab::logged, this, [this, tab](const TraceTab::LogLine &line) {
        if (tab == currentTab())
            m_log->append(line.time, line.level, line.text);
    });
    connect(tab, &TraceTab::opened, this, [this](const QString &path) { m_recent->add(path); });
    connect(tab, &TraceTab::exported, this, [this](const QString &path) {
        statusBar()->showMessage(tr("Wrote %1").arg(path), 8000);
    });
    connect(tab->timeline(), &TimelineView::selectionChanged, this,
            [this, tab](const TimelineSelection &selection) {
                if (tab == currentTab())
                    m_selection->show(tab->store().get(), selection);
            });
    connect(tab->timeline(), &TimelineView::frameChanged, this, [this, tab] {
        const TimelineSelection &selection = tab->timeline()->selection();
        // What is selected may have ended meanwhile.
        if (tab == currentTab() && tab->store() && m_selection->isUnfinished())
            m_selection->show(tab->store().get(), selection);
    });
    // Runs of one pattern are told apart by their numbers.
    const int number = ++m_tabNumbers[tab->title()];
    const QString title = number > 1 ? tr("%1 · %2").arg(tab->title()).arg(number) : tab->title();
    m_tabs->setCurrentIndex(m_tabs->addTab(tab, title));
    tab->timeline()->setFocus();
}

void MainWindow::tabChanged()
{
    TraceTab *tab = currentTab();
    m_centre->setCurrentIndex(tab ? 1 : 0);
    m_log->clear();
    if (tab) {
        for (const TraceTab::LogLine &line : tab->logLines())
            m_log->append(line.time, line.level, line.text);
        m_selection->show(tab->store().get(), tab->timeline()->selection());
    } else {
        m_selection->show(nullptr, {});
    }
    updateResults();
    updateRunState();
}

void MainWindow::updateResults()
{
    const TraceTab *tab = currentTab();
    if (!tab) {
        m_results->clear();
        return;
    }
    const auto known = m_patterns->catalog().find(tab->patternId());
    m_results->show(tab->run() ? tab->run()->request().pattern : known.value_or(PatternInfo()),
                    tab->report());
}

void MainWindow::updateRunState()
{
    const TraceTab *tab = currentTab();
    const Run *run = tab ? tab->run() : nullptr;
    const bool active = run && run->isActive();
    m_run->setEnabled(m_form->hasPattern() && !active);
    m_stop->setEnabled(active && run->state() != RunState::Stopping);
    m_kill->setEnabled(active);
    m_export->setEnabled(tab && tab->canExport());
    for (QAction *action : {m_zoomIn, m_zoomOut, m_fit})
        action->setEnabled(tab);
    if (active && !m_tick.isActive())
        m_tick.start();
    else if (!active)
        m_tick.stop();
    if (!tab) {
        m_state->setText(tr("Ready"));
        m_counts->clear();
        return;
    }
    m_state->setText(
            run ? tr("%1 · %2").arg(stateText(run->state()), durationText(tab->elapsed().count()))
                : tab->title());
    const TraceCounts counts = tab->store()->counts();
    const QLocale locale;
    m_counts->setText(tr("%1 slices · %2 waits · %3 flows · %4 lost")
                              .arg(locale.toString(static_cast<qulonglong>(counts.slices)),
                                   locale.toString(static_cast<qulonglong>(counts.waits)),
                                   locale.toString(static_cast<qulonglong>(counts.flows)),
                                   locale.toString(static_cast<qulonglong>(counts.lost))));
}

void MainWindow::chooseFile()
{
    QStringList patterns;
    for (const auto &reader : traceReaders()) {
        for (const QString &suffix : reader->suffixes())
            patterns << QStringLiteral("*.") + suffix;
    }
    const QString path = QFileDialog::getOpenFileName(
            this, tr("Open Trace"), QSettings().value(QStringLiteral("folder")).toString(),
            tr("Traces (%1);;All files (*)").arg(patterns.join(QLatin1Char(' '))));
    if (!path.isEmpty())
        openFile(path);
}

void MainWindow::chooseExport(const QString &format)
{
    TraceTab *tab = currentTab();
    if (!tab)
        return;
    for (const auto &writer : traceWriters()) {
        if (writer->id() != format)
            continue;
        const QString suffix = writer->suffixes().first();
        const QString folder = QSettings().value(QStringLiteral("folder")).toString();
        QString path = QFileDialog::getSaveFileName(
                this, tr("Export as %1").arg(writer->title()),
                (folder.isEmpty() ? QString() : folder + QLatin1Char('/')) + tab->fileStem()
                        + QLatin1Char('.') + suffix,
                QStringLiteral("%1 (*.%2)").arg(writer->title(), suffix));
        if (path.isEmpty())
            return;
        if (QFileInfo(path).suffix().isEmpty())
            path += QLatin1Char('.') + suffix;
        QSettings().setValue(QStringLiteral("folder"), QFileInfo(path).absolutePath());
        tab->exportTo(path, format);
    }
}

void MainWindow::restoreLayout()
{
    QSettings settings;
    // On a small or scaled screen, no larger than it.
    resize(QSize(1500, 940).boundedTo(screen()->availableSize() * 0.95));
    restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray());
    m_wantsDefaultSizes = !restoreState(settings.value(QStringLiteral("layout")).toByteArray());
    const QString pattern = settings.value(QStringLiteral("pattern")).toString();
    if (!m_patterns->selectPattern(pattern))
        m_patterns->selectPattern(QStringLiteral("producer-consumer"));
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    QSettings settings;
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    settings.setValue(QStringLiteral("layout"), saveState());
    if (m_form->hasPattern()) {
        settings.setValue(QStringLiteral("pattern"), m_form->pattern().id);
        m_form->remember();
    }
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    for (const QUrl &url : event->mimeData()->urls()) {
        if (url.isLocalFile())
            openFile(url.toLocalFile());
    }
}

} // namespace heddle::studio
