// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/pattern/runcontext.h>

#include <QPlainTextEdit>
#include <QTime>

namespace heddle::studio {

/// What a run says, line by line; at most the newest ten thousand. GUI thread.
class LogPanel : public QPlainTextEdit
{
    Q_OBJECT
public:
    explicit LogPanel(QWidget *parent = nullptr);
    void append(const QTime &time, LogLevel level, const QString &text);
};

} // namespace heddle::studio
