// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMenu>

namespace heddle::studio {

/// The traces that were opened last, newest first; remembered in the settings. GUI thread.
class RecentFilesMenu : public QMenu
{
    Q_OBJECT
public:
    RecentFilesMenu(const QString &title, QWidget *parent);

    /// Puts \a path first.
    void add(const QString &path);

Q_SIGNALS:
    void chosen(const QString &path);

private:
    void fill();
};

} // namespace heddle::studio
