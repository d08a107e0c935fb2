// SPDX-License-Identifier: GPL-3.0-or-later
#include "appearance.h"

#include <QApplication>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QPixmap>
#include <QProxyStyle>
#include <QStyleOption>

namespace heddle::studio {

namespace {

Appearance::Mode currentMode = Appearance::Mode::Light;

QPalette lightPalette()
{
    QPalette palette(QColor(0xf3f5f8), QColor(0xf3f5f8));
    palette.setColor(QPalette::Window, QColor(0xf3f5f8));
    palette.setColor(QPalette::WindowText, QColor(0x1d2733));
    palette.setColor(QPalette::Base, QColor(0xffffff));
    palette.setColor(QPalette::AlternateBase, QColor(0xf7f8fa));
    palette.setColor(QPalette::Text, QColor(0x1d2733));
    palette.setColor(QPalette::Button, QColor(0xeef1f5));
    palette.setColor(QPalette::ButtonText, QColor(0x1d2733));
    palette.setColor(QPalette::ToolTipBase, QColor(0x1d2733));
    palette.setColor(QPalette::ToolTipText, QColor(0xffffff));
    palette.setColor(QPalette::PlaceholderText, QColor(0x8a94a2));
    palette.setColor(QPalette::Highlight, QColor(0x2563b8));
    palette.setColor(QPalette::HighlightedText, QColor(0xffffff));
    palette.setColor(QPalette::Link, QColor(0x1d5fb4));
    palette.setColor(QPalette::Mid, QColor(0xc9d0d9));
    return palette;
}

QPalette darkPalette()
{
    QPalette palette(QColor(0x1f252d), QColor(0x1f252d));
    palette.setColor(QPalette::Window, QColor(0x1f252d));
    palette.setColor(QPalette::WindowText, QColor(0xe3e8ee));
    palette.setColor(QPalette::Base, QColor(0x171b21));
    palette.setColor(QPalette::AlternateBase, QColor(0x1b2027));
    palette.setColor(QPalette::Text, QColor(0xe3e8ee));
    palette.setColor(QPalette::Button, QColor(0x2a313b));
    palette.setColor(QPalette::ButtonText, QColor(0xe3e8ee));
    palette.setColor(QPalette::ToolTipBase, QColor(0x303844));
    palette.setColor(QPalette::ToolTipText, QColor(0xe3e8ee));
    palette.setColor(QPalette::PlaceholderText, QColor(0x75818f));
    palette.setColor(QPalette::Highlight, QColor(0x3d7fd0));
    palette.setColor(QPalette::HighlightedText, QColor(0xffffff));
    palette.setColor(QPalette::Link, QColor(0x7ab8f5));
    palette.setColor(QPalette::Mid, QColor(0x3a434f));
    return palette;
}

// Fusion outlines a box a shade darker than the window: unseen where that is dark already.
class StudioStyle : public QProxyStyle
{
public:
    StudioStyle()
        : QProxyStyle(QStringLiteral("Fusion"))
    {}
    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter,
                       const QWidget *widget) const override
    {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        if (element != PE_IndicatorCheckBox || currentMode != Appearance::Mode::Dark)
            return;
        painter->save();
        painter->setPen(option->palette.color(QPalette::PlaceholderText));
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        painter->restore();
    }
};

QPainterPath shape(Appearance::Symbol symbol)
{
    QPainterPath path;
    switch (symbol) {
    case Appearance::Symbol::Run:
        path.moveTo(7, 4);
        path.lineTo(20, 12);
        path.lineTo(7, 20);
        path.closeSubpath();
        break;
    case Appearance::Symbol::Stop:
        path.addRoundedRect(5, 5, 14, 14, 2, 2);
        break;
    case Appearance::Symbol::Open:
        path.moveTo(3, 6);
        path.lineTo(9, 6);
        path.lineTo(11, 8);
        path.lineTo(21, 8);
        path.lineTo(21, 19);
        path.lineTo(3, 19);
        path.closeSubpath();
        break;
    case Appearance::Symbol::ZoomIn:
    case Appearance::Symbol::ZoomOut:
        path.addEllipse(QPointF(10, 10), 6, 6);
        path.moveTo(14.5, 14.5);
        path.lineTo(20, 20);
        path.moveTo(7.5, 10);
        path.lineTo(12.5, 10);
        if (symbol == Appearance::Symbol::ZoomIn) {
            path.moveTo(10, 7.5);
            path.lineTo(10, 12.5);
        }
        break;
    case Appearance::Symbol::Fit:
        path.moveTo(4, 6);
        path.lineTo(4, 18);
        path.moveTo(20, 6);
        path.lineTo(20, 18);
        path.moveTo(7, 12);
        path.lineTo(17, 12);
        path.moveTo(10, 9);
        path.lineTo(7, 12);
        path.lineTo(10, 15);
        path.moveTo(14, 9);
        path.lineTo(17, 12);
        path.lineTo(14, 15);
        break;
    case Appearance::Symbol::Follow:
        path.moveTo(4, 12);
        path.lineTo(15, 12);
        path.moveTo(11, 8);
        path.lineTo(15, 12);
        path.lineTo(11, 16);
        path.moveTo(19, 5);
        path.lineTo(19, 19);
        break;
    }
    return path;
}

QPixmap draw(Appearance::Symbol symbol, QColor colour)
{
    constexpr int scale = 3; // sharp on high-density screens
    QPixmap pixmap(24 * scale, 24 * scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(scale, scale);
    if (symbol == Appearance::Symbol::Run || symbol == Appearance::Symbol::Stop)
        painter.fillPath(shape(symbol), colour);
    else
        painter.strokePath(shape(symbol),
                           QPen(colour, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.end();
    return pixmap;
}

} // namespace

void Appearance::apply(Mode mode)
{
    currentMode = mode;
    QApplication::setStyle(new StudioStyle);
    QPalette palette = mode == Mode::Dark ? darkPalette() : lightPalette();
    const QColor disabled = mode == Mode::Dark ? QColor(0x66717f) : QColor(0xa3acb8);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, disabled);
    QApplication::setPalette(palette);
    const QString line = palette.color(QPalette::Mid).name();
    qApp->setStyleSheet(
            QStringLiteral(
                    "QDockWidget::title { padding: 6px 8px; background: %2; }"
                    "QMainWindow::separator { width: 5px; height: 5px; background: %2; }"
                    "QToolBar { border: 0; border-bottom: 1px solid %1; padding: 3px 6px; "
                    "spacing: 4px; }"
                    "QStatusBar { border-top: 1px solid %1; }"
                    "QTreeView, QTableView, QTextBrowser, QListView { border: 0; }"
                    "QTreeView::item { padding: 4px 2px; }"
                    "QToolTip { padding: 4px; border: 1px solid %1; background: %3; color: %4; }")
                    .arg(line, palette.color(QPalette::Window).name(),
                         palette.color(QPalette::ToolTipBase).name(),
                         palette.color(QPalette::ToolTipText).name()));
}

Appearance::Mode Appearance::current()
{
    return currentMode;
}

TimelineTheme Appearance::timelineTheme()
{
    return currentMode == Mode::Dark ? TimelineTheme::dark() : TimelineTheme::light();
}

Appearance::Mode Appearance::systemMode()
{
    return QGuiApplication::palette().color(QPalette::Window).lightness() < 128 ? Mode::Dark
                                                                                : Mode::Light;
}

QIcon Appearance::icon(Symbol symbol)
{
    QColor colour = QApplication::palette().color(QPalette::ButtonText);
    if (symbol == Symbol::Run)
        colour = QColor(0x1a9e6c);
    else if (symbol == Symbol::Stop)
        colour = QColor(0xc8452f);
    QIcon icon(draw(symbol, colour));
    icon.addPixmap(
            draw(symbol, QApplication::palette().color(QPalette::Disabled, QPalette::ButtonText)),
            QIcon::Disabled);
    return icon;
}

} // namespace heddle::studio
