// SPDX-License-Identifier: GPL-3.0-or-later
#include "lessonpanel.h"

#include <QtConcurrentRun>

namespace heddle::studio {

LessonPanel::LessonPanel(QWidget *parent)
    : QTextBrowser(parent)
{
    document()->setDocumentMargin(14);
    setOpenExternalLinks(true);
    setAccessibleName(tr("Lesson"));
    connect(&m_reading, &QFutureWatcher<QString>::finished, this, [this] {
        const QString text = m_reading.result();
        if (text.isEmpty())
            setPlainText(tr("This pattern has no lesson."));
        else
            setMarkdown(text);
    });
}

LessonPanel::~LessonPanel()
{
    m_reading.waitForFinished();
}

void LessonPanel::show(const PatternInfo &pattern)
{
    m_reading.setFuture(QtConcurrent::run([pattern] { return pattern.lesson(); }));
}

} // namespace heddle::studio
