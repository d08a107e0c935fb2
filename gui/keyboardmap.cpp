// SPDX-License-Identifier: GPL-3.0-or-later
#include "keyboardmap.h"

#include <QCoreApplication>
#include <QMessageBox>

namespace heddle::studio {

namespace {
struct KeyboardMap
{
    Q_DECLARE_TR_FUNCTIONS(heddle::studio::KeyboardMap)
public:
    struct Entry
    {
        const char *keys;
        const char *action;
    };
    static constexpr Entry entries[] = {
            {QT_TR_NOOP("F5"), QT_TR_NOOP("run the chosen pattern")},
            {QT_TR_NOOP("Shift+F5"), QT_TR_NOOP("ask the run to stop")},
            {QT_TR_NOOP("Ctrl+Shift+F5"), QT_TR_NOOP("end the run by force")},
            {QT_TR_NOOP("Ctrl+O"), QT_TR_NOOP("open a trace")},
            {QT_TR_NOOP("Ctrl+W"), QT_TR_NOOP("close the tab")},
            {QT_TR_NOOP("W, S"), QT_TR_NOOP("zoom in, zoom out")},
            {QT_TR_NOOP("A, D"), QT_TR_NOOP("pan left, pan right")},
            {QT_TR_NOOP("F"), QT_TR_NOOP("fit the selection, or all")},
            {QT_TR_NOOP("Ctrl+0"), QT_TR_NOOP("fit the whole trace")},
            {QT_TR_NOOP("Home, End"), QT_TR_NOOP("go to the start, to the end; End follows a run")},
            {QT_TR_NOOP("Up, Down"), QT_TR_NOOP("select in the row above, below")},
            {QT_TR_NOOP("Comma, Full stop"),
             QT_TR_NOOP("select the previous, next of the same name")},
            {QT_TR_NOOP("Esc"), QT_TR_NOOP("select nothing")},
            {QT_TR_NOOP("Ctrl+wheel"), QT_TR_NOOP("zoom at the pointer")},
            {QT_TR_NOOP("Drag, Shift+wheel"), QT_TR_NOOP("pan")},
            {QT_TR_NOOP("Shift+drag"), QT_TR_NOOP("measure a stretch of time")},
            {QT_TR_NOOP("Double click"), QT_TR_NOOP("fit what was clicked")},
    };
};
} // namespace

void showKeyboardMap(QWidget *parent)
{
    QString rows;
    for (const KeyboardMap::Entry &entry : KeyboardMap::entries) {
        rows += QStringLiteral("<tr><td><b>%1</b></td><td>%2</td></tr>")
                        .arg(KeyboardMap::tr(entry.keys), KeyboardMap::tr(entry.action));
    }
    QMessageBox box(parent);
    box.setWindowTitle(KeyboardMap::tr("Keys"));
    box.setText(QStringLiteral("<table cellspacing='6'>%1</table>").arg(rows));
    box.exec();
}

} // namespace heddle::studio
