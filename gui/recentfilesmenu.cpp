// SPDX-License-Identifier: GPL-3.0-or-later
#include "recentfilesmenu.h"

#include <QFileInfo>
#include <QSettings>

namespace heddle::studio {

namespace {
constexpr int MostFiles = 10;

QString key()
{
    return QStringLiteral("recentFiles");
}
} // namespace

RecentFilesMenu::RecentFilesMenu(const QString &title, QWidget *parent)
    : QMenu(title, parent)
{
    connect(this, &QMenu::aboutToShow, this, &RecentFilesMenu::fill);
}

void RecentFilesMenu::add(const QString &path)
{
    QSettings settings;
    const QString absolute = QFileInfo(path).absoluteFilePath();
    QStringList files = settings.value(key()).toStringList();
    files.removeAll(absolute);
    files.prepend(absolute);
    settings.setValue(key(), files.mid(0, MostFiles));
}

void RecentFilesMenu::fill()
{
    clear();
    for (const QString &path : QSettings().value(key()).toStringList())
        addAction(path, this, [this, path] { Q_EMIT chosen(path); });
    if (isEmpty())
        addAction(tr("No files yet"))->setEnabled(false);
}

} // namespace heddle::studio
