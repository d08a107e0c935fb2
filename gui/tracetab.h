// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timeline/overviewstrip.h"
#include "timeline/timelineview.h"

#include <heddle/runs/run.h>

#include <QElapsedTimer>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTime>
#include <QWidget>

#include <memory>
#include <stop_token>

namespace heddle::studio {

/// One run, or one opened trace: its timeline, and a banner for what the user must know. Owns the
/// run. GUI thread; files are read and written by workers.
class TraceTab : public QWidget
{
    Q_OBJECT
public:
    explicit TraceTab(QWidget *parent = nullptr);
    ~TraceTab() override;

    /// Starts a run of its own.
    void startRun(const RunRequest &request);
    /// Reads a file in the background.
    void openFile(const QString &path);
    /// Writes the trace in the background; the banner tells how it went. Nothing while it isBusy().
    void exportTo(const QString &path, const QString &format);

    [[nodiscard]] Run *run() const { return m_run.get(); }
    [[nodiscard]] TimelineView *timeline() const { return m_timeline; }
    [[nodiscard]] std::shared_ptr<const TraceStore> store() const { return m_store; }
    [[nodiscard]] QString title() const { return m_title; }
    /// What an exported file is called by default, without suffix.
    [[nodiscard]] QString fileStem() const { return m_fileStem; }
    /// How the run went: its own, or the one that the opened trace tells of.
    [[nodiscard]] RunReport report() const;
    /// The pattern that ran; empty if there is none.
    [[nodiscard]] QString patternId() const;
    /// Whether the trace is whole and can be exported now.
    [[nodiscard]] bool canExport() const;
    [[nodiscard]] QString bannerText() const { return m_banner->text(); }
    [[nodiscard]] bool isBusy() const { return m_busy; }
    struct LogLine
    {
        QTime time;
        LogLevel level;
        QString text;
    };
    [[nodiscard]] const QList<LogLine> &logLines() const { return m_log; }
    [[nodiscard]] std::chrono::nanoseconds elapsed() const;

Q_SIGNALS:
    void runStateChanged();
    void reported();
    void logged(const heddle::studio::TraceTab::LogLine &line);
    /// The file was read, and is shown.
    void opened(const QString &path);
    void exported(const QString &path);

private:
    enum class BannerKind { Information, Problem };
    void showBanner(BannerKind kind, const QString &text);
    void hideBanner();
    void showRunOutcome();
    void log(LogLevel level, const QString &text);
    /// Runs \a work in a worker, then \a done here, with what went wrong (or an empty text).
    template <typename Work, typename Done>
    void inBackground(const QString &text, Work work, Done done);

    std::unique_ptr<Run> m_run;
    std::shared_ptr<const TraceStore> m_store;
    QString m_title;
    QString m_fileStem;
    QList<LogLine> m_log;
    QElapsedTimer m_sinceStart;
    QWidget *m_bannerBox;
    QLabel *m_banner;
    QProgressBar *m_progress;
    QPushButton *m_cancel;
    OverviewStrip *m_overview;
    TimelineView *m_timeline;
    QPushButton *m_follow;
    std::stop_source m_stop;
    bool m_busy = false;
};

} // namespace heddle::studio
