// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "timeline/timelineselection.h"

#include <QTextBrowser>

#include <memory>

namespace heddle::studio {

/// Tells what is selected: how long, with which arguments, who waited for whom; its links lead to
/// the other ends. GUI thread.
class SelectionPanel : public QTextBrowser
{
    Q_OBJECT
public:
    explicit SelectionPanel(QWidget *parent = nullptr);
    void show(const TraceStore *store, const TimelineSelection &selection);
    /// Whether what is shown still went on when it was.
    [[nodiscard]] bool isUnfinished() const { return m_isUnfinished; }

Q_SIGNALS:
    void selectRequested(const heddle::studio::TimelineSelection &selection);

private:
    QString sliceText(const TraceStore &store, const TimelineSelection &selection);
    QString waitText(const TraceStore &store, const TimelineSelection &selection);
    QString coroutineText(const TraceStore &store, const TimelineSelection &selection);
    QString flowRows(const TraceStore &store, SliceRef slice);
    QString link(const TraceStore &store, std::size_t thread, std::int64_t ns, const QString &text);

    std::vector<TimelineSelection> m_targets; ///< what the links select
    bool m_isUnfinished = false;
};

} // namespace heddle::studio
