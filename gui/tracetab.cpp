// SPDX-License-Identifier: GPL-3.0-or-later
#include "tracetab.h"

#include "appearance.h"
#include "recordedreport.h"
#include "timeline/legendstrip.h"

#include <heddle/core/error.h>
#include <heddle/formats/traceformat.h>

#include <QApplication>
#include <QFileInfo>
#include <QFutureWatcher>
#include <QHBoxLayout>
#include <QPointer>
#include <QVBoxLayout>
#include <QtConcurrentRun>

namespace heddle::studio {

namespace {
constexpr qsizetype MostLogLines = 10'000;
} // namespace

TraceTab::TraceTab(QWidget *parent)
    : QWidget(parent)
    , m_bannerBox(new QWidget)
    , m_banner(new QLabel)
    , m_progress(new QProgressBar)
    , m_cancel(new QPushButton(tr("Cancel")))
    , m_timeline(new TimelineView)
    , m_follow(new QPushButton(Appearance::icon(Appearance::Symbol::Follow), tr("Follow the end")))
{
    m_overview = new OverviewStrip(m_timeline);
    m_banner->setWordWrap(true);
    m_banner->setTextFormat(Qt::PlainText); // plugins and files have a say in it
    m_banner->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_progress->setFixedWidth(160);
    m_progress->setRange(0, 100);
    auto *close = new QPushButton(tr("Dismiss"));
    close->setFlat(true);
    auto *bannerRow = new QHBoxLayout(m_bannerBox);
    bannerRow->setContentsMargins(12, 6, 8, 6);
    bannerRow->addWidget(m_banner, 1);
    bannerRow->addWidget(m_progress);
    bannerRow->addWidget(m_cancel);
    bannerRow->addWidget(close);
    m_bannerBox->setAutoFillBackground(true);
    m_bannerBox->hide();
    m_progress->hide();
    m_cancel->hide();

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_bannerBox);
    column->addWidget(m_overview);
    column->addWidget(m_timeline, 1);
    column->addWidget(new LegendStrip(m_timeline));
    m_follow->setParent(m_timeline);
    m_follow->hide();
    m_follow->move(TimelineView::TitleWidth + 12, TimelinePainter::RulerHeight + 8);

    connect(close, &QPushButton::clicked, this, &TraceTab::hideBanner);
    connect(m_cancel, &QPushButton::clicked, this, [this] { m_stop.request_stop(); });
    connect(m_follow, &QPushButton::clicked, this, [this] {
        m_timeline->setFollowing(true);
        m_timeline->setFocus();
    });
    connect(m_timeline, &TimelineView::followingChanged, this, [this](bool following) {
        m_follow->setVisible(!following && m_run && m_run->isActive());
        m_follow->adjustSize();
    });
}

TraceTab::~TraceTab()
{
    m_stop.request_stop();
}

std::chrono::nanoseconds TraceTab::elapsed() const
{
    if (!m_run)
        return std::chrono::nanoseconds(0);
    return m_run->isActive() ? std::chrono::nanoseconds(m_sinceStart.nsecsElapsed())
                             : m_run->report().wallTime;
}

void TraceTab::startRun(const RunRequest &request)
{
    m_run = std::make_unique<Run>(request);
    m_store = m_run->trace();
    m_title = request.pattern.name.text();
    m_fileStem = request.pattern.id;
    m_sinceStart.start();
    connect(m_run.get(), &Run::stateChanged, this, &TraceTab::runStateChanged);
    connect(m_run.get(), &Run::resultReported, this, &TraceTab::reported);
    connect(m_run.get(), &Run::invariantReported, this, &TraceTab::reported);
    connect(m_run.get(), &Run::logged, this, &TraceTab::log);
    connect(m_run.get(), &Run::finished, this, [this] {
        m_follow->hide();
        showRunOutcome();
        Q_EMIT reported();
    });
    m_timeline->setTrace(m_store);
    m_run->start();
}

RunReport TraceTab::report() const
{
    return m_run ? m_run->report() : m_store ? recordedReport(*m_store) : RunReport();
}

QString TraceTab::patternId() const
{
    return m_run     ? m_run->request().pattern.id
           : m_store ? m_store->attributes().value(QStringLiteral("pattern"))
                     : QString();
}

bool TraceTab::canExport() const
{
    return m_store && m_store->isComplete() && !m_busy;
}

void TraceTab::log(LogLevel level, const QString &text)
{
    const LogLine line{QTime::currentTime(), level, text};
    if (m_log.size() < MostLogLines)
        m_log.append(line);
    Q_EMIT logged(line);
}

void TraceTab::showRunOutcome()
{
    const RunReport &report = m_run->report();
    const auto lost = m_store->counts().lost;
    if (!report.message.isEmpty()) {
        QString text = report.message;
        constexpr qsizetype mostLines = 6;
        if (!report.lastRecords.isEmpty())
            text += QStringLiteral("\n")
                    + report.lastRecords.mid(0, mostLines).join(QLatin1Char('\n'));
        if (report.lastRecords.size() > mostLines)
            text += QStringLiteral("\n") + tr("and more, in the log");
        showBanner(report.state == RunState::Cancelled ? BannerKind::Information
                                                       : BannerKind::Problem,
                   text);
        log(LogLevel::Error, report.message);
        for (const QString &line : report.lastRecords + report.backtrace)
            log(LogLevel::Info, QStringLiteral("    ") + line);
        return;
    }
    QStringList broken;
    for (const InvariantOutcome &outcome : report.invariants) {
        if (!outcome.holds)
            broken << outcome.evidence;
    }
    if (!broken.isEmpty())
        showBanner(BannerKind::Problem,
                   tr("An invariant is broken: %1").arg(broken.join(QStringLiteral("; "))));
    else if (lost > 0)
        showBanner(BannerKind::Problem,
                   tr("%1 records could not be kept: the recording was full faster than "
                      "it was read. What is shown has gaps.")
                           .arg(lost));
}

void TraceTab::showBanner(BannerKind kind, const QString &text)
{
    QPalette palette = this->palette();
    const bool dark = Appearance::current() == Appearance::Mode::Dark;
    const QColor background = kind == BannerKind::Problem ? QColor(dark ? 0x4a2a20 : 0xfde8df)
                                                          : QColor(dark ? 0x22364a : 0xe3effb);
    palette.setColor(QPalette::Window, background);
    m_bannerBox->setPalette(palette);
    m_banner->setText(text);
    m_bannerBox->show();
}

void TraceTab::hideBanner()
{
    if (m_busy)
        m_stop.request_stop();
    m_bannerBox->hide();
}

template <typename Work, typename Done>
void TraceTab::inBackground(const QString &text, Work work, Done done)
{
    m_busy = true;
    m_stop = std::stop_source();
    showBanner(BannerKind::Information, text);
    m_progress->setValue(0);
    m_progress->show();
    m_cancel->show();
    const QPointer<TraceTab> self(this);
    const FormatProgress progress = [self](double fraction) {
        QMetaObject::invokeMethod(qApp, [self, fraction] {
            if (self)
                self->m_progress->setValue(static_cast<int>(fraction * 100));
        });
    };
    auto *watcher = new QFutureWatcher<QString>(this);
    connect(watcher, &QFutureWatcher<QString>::finished, this, [this, watcher, done] {
        watcher->deleteLater();
        m_busy = false;
        m_progress->hide();
        m_cancel->hide();
        m_bannerBox->hide();
        const QString problem = watcher->result();
        if (!problem.isEmpty())
            showBanner(BannerKind::Problem, problem);
        done(problem);
        Q_EMIT runStateChanged();
    });
    watcher->setFuture(QtConcurrent::run([work, progress, stop = m_stop.get_token()]() -> QString {
        try {
            work(progress, stop);
        } catch (const Stopped &) {
            return tr("Cancelled. What was there before is unchanged.");
        } catch (const std::exception &failure) {
            return QString::fromUtf8(failure.what());
        }
        return {};
    }));
}

void TraceTab::openFile(const QString &path)
{
    auto store = std::make_shared<TraceStore>();
    m_store = store;
    m_title = QFileInfo(path).fileName();
    m_fileStem = QFileInfo(path).completeBaseName();
    m_timeline->setTrace(store);
    const auto read = [store, path](const FormatProgress &progress, const std::stop_token &stop) {
        // A pipe or a device might never end, and a worker that waits for it cannot be stopped.
        if (const QFileInfo info(path); info.exists() && !info.isFile()) {
            throw Error(tr("This is no file"), path,
                        tr("Convert it with the command heddle, which reads pipes too"));
        }
        importTrace(path, *store, progress, stop);
    };
    inBackground(tr("Reading %1 …").arg(m_title), read, [this, path](const QString &problem) {
        if (!problem.isEmpty()) {
            m_timeline->setTrace(nullptr); // a part of it would look like all of it
            m_overview->hide();
            return;
        }
        if (const QString problems = recordedProblems(*m_store); !problems.isEmpty())
            showBanner(BannerKind::Problem, problems);
        Q_EMIT opened(path);
        Q_EMIT reported();
    });
}

void TraceTab::exportTo(const QString &path, const QString &format)
{
    if (!canExport())
        return;
    const auto write = [store = m_store, path, format](const FormatProgress &progress,
                                                       const std::stop_token &stop) {
        exportTrace(*store, path, format, progress, stop);
    };
    inBackground(tr("Writing %1 …").arg(QFileInfo(path).fileName()), write,
                 [this, path](const QString &problem) {
                     if (problem.isEmpty())
                         Q_EMIT exported(path);
                 });
}

} // namespace heddle::studio
