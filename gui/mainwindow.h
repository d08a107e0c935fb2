// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "appearance.h"
#include "form/runform.h"
#include "panels/lessonpanel.h"
#include "panels/logpanel.h"
#include "panels/patternlist.h"
#include "panels/resultspanel.h"
#include "panels/selectionpanel.h"
#include "tracetab.h"

#include <QAction>
#include <QDockWidget>
#include <QHash>
#include <QLabel>
#include <QMainWindow>
#include <QMenu>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTimer>

namespace heddle::studio {

class RecentFilesMenu;

/// The studio's window: patterns on the left, form and lesson on the right, one tab per run or
/// trace in the centre, details below. GUI thread.
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(QWidget *parent = nullptr);
    ~MainWindow() override;

    void openFile(const QString &path);
    /// Runs what the form holds, in a new tab.
    void startRun();
    void stopRun();
    [[nodiscard]] PatternList *patternList() const { return m_patterns; }
    [[nodiscard]] RunForm *runForm() const { return m_form; }
    [[nodiscard]] SelectionPanel *selectionPanel() const { return m_selection; }
    [[nodiscard]] TraceTab *currentTab() const;

protected:
    void showEvent(QShowEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void makeDocks();
    QDockWidget *addDock(const QString &id, const QString &title, QWidget *content,
                         Qt::DockWidgetArea area);
    void makeActions();
    void makeMenus();
    void addTab(TraceTab *tab);
    void tabChanged();
    void updateRunState();
    void updateResults();
    void chooseFile();
    void chooseExport(const QString &format);
    void setMode(Appearance::Mode mode);
    void restoreLayout();

    QTabWidget *m_tabs;
    QStackedWidget *m_centre;
    PatternList *m_patterns;
    RunForm *m_form;
    LessonPanel *m_lesson;
    SelectionPanel *m_selection;
    ResultsPanel *m_results;
    LogPanel *m_log;
    QLabel *m_state;
    QLabel *m_counts;
    RecentFilesMenu *m_recent;
    QTimer m_tick;
    QTimer m_resultsDue;
    QHash<QString, int> m_tabNumbers; ///< how many tabs of a title were opened
    QAction *m_run = nullptr;
    QAction *m_stop = nullptr;
    QAction *m_kill = nullptr;
    QAction *m_open = nullptr;
    QAction *m_zoomIn = nullptr;
    QAction *m_zoomOut = nullptr;
    QAction *m_fit = nullptr;
    QMenu *m_export = nullptr;
    QList<QDockWidget *> m_docks; ///< in the order of their creation
    bool m_wantsDefaultSizes = false;
};

} // namespace heddle::studio
