// SPDX-License-Identifier: GPL-3.0-or-later
#include "resultspanel.h"

#include <QHeaderView>
#include <QLocale>

#include <cmath>

namespace heddle::studio {

namespace {
QString valueText(const QVariant &value)
{
    bool isNumber = false;
    const double number = value.toDouble(&isNumber);
    if (value.typeId() == QMetaType::QString || !isNumber)
        return value.toString();
    return number == std::floor(number) && std::abs(number) < 1e15
                   ? QLocale().toString(static_cast<qlonglong>(number))
                   : QLocale().toString(number, 'g', 5);
}
} // namespace

ResultsPanel::ResultsPanel(QWidget *parent)
    : QTreeWidget(parent)
{
    setColumnCount(2);
    setHeaderLabels({tr("Result"), tr("Value or evidence")});
    setRootIsDecorated(false);
    setAlternatingRowColors(true);
    setWordWrap(true);
    setAccessibleName(tr("Results"));
    header()->setSectionResizeMode(QHeaderView::Stretch);
    header()->setStretchLastSection(true);
}

void ResultsPanel::show(const PatternInfo &pattern, const RunReport &report)
{
    clear();
    QVariantMap rest = report.results;
    for (const ResultInfo &info : pattern.results) {
        if (rest.contains(info.id))
            addResult(info.name.text(), rest.take(info.id), info.unit.text());
    }
    // Of a pattern that is not installed here, or of another version of it.
    for (auto entry = rest.constBegin(); entry != rest.constEnd(); ++entry)
        addResult(entry.key(), entry.value(), {});
    for (const InvariantOutcome &outcome : report.invariants) {
        QString text = outcome.id;
        for (const InvariantInfo &info : pattern.invariants) {
            if (info.id == outcome.id)
                text = info.description.text();
        }
        auto *item = new QTreeWidgetItem(
                this, {(outcome.holds ? QStringLiteral("✓ ") : QStringLiteral("✗ ")) + text,
                       outcome.evidence});
        item->setToolTip(0, outcome.holds ? tr("This invariant holds.")
                                          : tr("This invariant is broken."));
        item->setForeground(0, outcome.holds ? QColor(0x0b8f66) : QColor(0xd04a2b));
    }
}

void ResultsPanel::addResult(const QString &name, const QVariant &value, const QString &unit)
{
    const QString text = valueText(value);
    new QTreeWidgetItem(this, {name, unit.isEmpty() ? text : text + QLatin1Char(' ') + unit});
}

} // namespace heddle::studio
