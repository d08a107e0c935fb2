// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QWidget;

namespace heddle::studio {

/// Shows all keys in a dialog over \a parent, until it is closed. GUI thread.
void showKeyboardMap(QWidget *parent);

} // namespace heddle::studio
