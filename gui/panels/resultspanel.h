// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/runs/run.h>

#include <QTreeWidget>

namespace heddle::studio {

/// The results and invariants of a run, as they are reported. GUI thread.
class ResultsPanel : public QTreeWidget
{
    Q_OBJECT
public:
    explicit ResultsPanel(QWidget *parent = nullptr);
    void show(const PatternInfo &pattern, const RunReport &report);

private:
    void addResult(const QString &name, const QVariant &value, const QString &unit);
};

} // namespace heddle::studio
