// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QWidget;

namespace heddle::studio {

/// Lets the wheel scroll the form it is in, instead of changing a value that the pointer happens to
/// pass: \a editor takes the wheel only while it has the keyboard focus. GUI thread.
class WheelGuard : public QObject
{
    Q_OBJECT
public:
    /// Lives as long as \a editor.
    explicit WheelGuard(QWidget *editor);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
};

} // namespace heddle::studio
