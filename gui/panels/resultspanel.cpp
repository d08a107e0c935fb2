// SPDX-License-Identifier: GPL-3.0-or-later
#include "resultspanel.h"

#include <QHeaderView>
#include <QLocale>

#include <cmath>

namespace heddle::studio {

ResultsPanel::ResultsPanel(QWidget *parent)
    : QTreeWidget(parent)
{
    setColumnCount(3);
    setHeaderLabels({tr("Result"), tr("Value"), tr("Unit or evidence")});
    setRootIsDecorated(false);
    setAlternatingRowColors(true);
    setAccessibleName(tr("Results"));
    header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    header()->setSectionResizeMode(2, QHeaderView::Stretch);
}

void ResultsPanel::show(const PatternInfo &pattern, const RunReport &report)
{
    clear();
    const QLocale locale;
    for (const ResultInfo &info : pattern.results) {
        if (!report.results.contains(info.id))
            continue;
        const QVariant value = report.results.value(info.id);
        bool isNumber = false;
        const double number = value.toDouble(&isNumber);
        const QString text = value.typeId() == QMetaType::QString || !isNumber ? value.toString()
                             : number == std::floor(number)
                                     ? locale.toString(static_cast<qlonglong>(number))
                                     : locale.toString(number, 'g', 5);
        auto *item = new QTreeWidgetItem(this, {info.name.text(), text, info.unit.text()});
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    }
    for (const InvariantOutcome &outcome : report.invariants) {
        QString text = outcome.id;
        for (const InvariantInfo &info : pattern.invariants) {
            if (info.id == outcome.id)
                text = info.description.text();
        }
        auto *item = new QTreeWidgetItem(
                this, {(outcome.holds ? QStringLiteral("✓ ") : QStringLiteral("✗ ")) + text,
                       outcome.holds ? tr("holds") : tr("broken"), outcome.evidence});
        item->setToolTip(2, outcome.evidence);
        item->setForeground(0, outcome.holds ? QColor(0x0b8f66) : QColor(0xd04a2b));
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    }
}

} // namespace heddle::studio
