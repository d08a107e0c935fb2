// SPDX-License-Identifier: GPL-3.0-or-later
#include "logpanel.h"

#include <QFontDatabase>

namespace heddle::studio {

LogPanel::LogPanel(QWidget *parent)
    : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setMaximumBlockCount(10'000);
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setPlaceholderText(tr("What a run says appears here."));
    setAccessibleName(tr("Log"));
}

void LogPanel::append(const QTime &time, LogLevel level, const QString &text)
{
    const QString mark = level == LogLevel::Error     ? tr("error: ")
                         : level == LogLevel::Warning ? tr("warning: ")
                                                      : QString();
    appendPlainText(time.toString(QStringLiteral("HH:mm:ss.zzz  ")) + mark + text);
}

} // namespace heddle::studio
