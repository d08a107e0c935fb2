// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/catalog/patterninfo.h>

#include <QFutureWatcher>
#include <QTextBrowser>

namespace heddle::studio {

/// The lesson of a pattern, read in the background. GUI thread.
class LessonPanel : public QTextBrowser
{
    Q_OBJECT
public:
    explicit LessonPanel(QWidget *parent = nullptr);
    ~LessonPanel() override;
    void show(const PatternInfo &pattern);

private:
    QFutureWatcher<QString> m_reading;
};

} // namespace heddle::studio
