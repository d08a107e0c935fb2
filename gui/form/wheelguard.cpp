// SPDX-License-Identifier: GPL-3.0-or-later
#include "wheelguard.h"

#include <QEvent>
#include <QWidget>

namespace heddle::studio {

WheelGuard::WheelGuard(QWidget *editor)
    : QObject(editor)
{
    editor->setFocusPolicy(Qt::StrongFocus); // not by the wheel
    editor->installEventFilter(this);
}

bool WheelGuard::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::Wheel || static_cast<QWidget *>(watched)->hasFocus())
        return false;
    event->ignore(); // the scroll area gets it
    return true;
}

} // namespace heddle::studio
