// SPDX-License-Identifier: GPL-3.0-or-later
#include "keyboardmap.h"

#include <QCoreApplication>
#include <QMessageBox>

namespace heddle::studio {

namespace {
struct KeyboardMap
{
    Q_DECLARE_TR_FUNCTIONS(heddle::studio::KeyboardMap)
};
} // namespace

void showKeyboardMap(QWidget *parent)
{
    QMessageBox box(parent);
    box.setWindowTitle(KeyboardMap::tr("Keys"));
    box.setText(KeyboardMap::tr(
            "<table cellspacing='6'>"
            "<tr><td><b>F5</b></td><td>run</td><td><b>Shift+F5</b></td><td>stop</td></tr>"
            "<tr><td><b>W</b> <b>S</b></td><td>zoom in, out</td><td><b>A</b> "
            "<b>D</b></td><td>pan left, right</td></tr>"
            "<tr><td><b>F</b></td><td>fit the selection, or "
            "all</td><td><b>Esc</b></td><td>select nothing</td></tr>"
            "<tr><td><b>,</b> <b>.</b></td><td>previous, next of the same "
            "name</td><td><b>Home</b> <b>End</b></td><td>start, end (follow)</td></tr>"
            "<tr><td><b>Ctrl+wheel</b></td><td>zoom at the "
            "pointer</td><td><b>Shift+wheel</b></td><td>pan</td></tr>"
            "<tr><td><b>drag</b></td><td>pan</td><td><b>Shift+drag</b></td><td>measure</td></tr>"
            "<tr><td><b>Ctrl+O</b></td><td>open a trace</td><td><b>Ctrl+0</b></td><td>fit the "
            "whole trace</td></tr>"
            "</table>"));
    box.exec();
}

} // namespace heddle::studio
