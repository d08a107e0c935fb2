// SPDX-License-Identifier: GPL-3.0-or-later
#include "parameterform.h"

#include "wheelguard.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>
#include <limits>

namespace heddle::studio {

namespace {

// Enough decimals for the smallest useful step, no more.
int decimalsFor(const ParameterInfo &parameter)
{
    const double smallest = parameter.minimum && *parameter.minimum > 0 ? *parameter.minimum : 0.01;
    return smallest < 0.01 ? 4 : 2;
}

} // namespace

ParameterForm::ParameterForm(QWidget *parent)
    : QWidget(parent)
{
    auto *rows = new QFormLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(8);
    rows->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    rows->setLabelAlignment(Qt::AlignLeft);
}

QWidget *ParameterForm::makeEditor(const ParameterInfo &parameter)
{
    const QString unit = parameter.unit.text();
    const QString suffix = unit.isEmpty() ? QString() : QLatin1Char(' ') + unit;
    switch (parameter.type) {
    case ParameterInfo::Type::Integer: {
        auto *box = new QSpinBox;
        box->setRange(static_cast<int>(std::max(parameter.minimum.value_or(-1e9), -2e9)),
                      static_cast<int>(std::min(parameter.maximum.value_or(1e9), 2e9)));
        box->setSuffix(suffix);
        box->setGroupSeparatorShown(true);
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        connect(box, &QSpinBox::valueChanged, this, &ParameterForm::changed);
        return box;
    }
    case ParameterInfo::Type::Number: {
        auto *box = new QDoubleSpinBox;
        box->setDecimals(decimalsFor(parameter));
        box->setRange(parameter.minimum.value_or(-1e9), parameter.maximum.value_or(1e9));
        box->setSuffix(suffix);
        box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
        connect(box, &QDoubleSpinBox::valueChanged, this, &ParameterForm::changed);
        return box;
    }
    case ParameterInfo::Type::Boolean: {
        auto *box = new QCheckBox;
        connect(box, &QCheckBox::toggled, this, &ParameterForm::changed);
        return box;
    }
    case ParameterInfo::Type::Choice: {
        auto *box = new QComboBox;
        // A long title is cut off rather than the form made wider than its dock.
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(8);
        for (qsizetype k = 0; k < parameter.choices.size(); ++k) {
            const QString title = k < parameter.choiceTitles.size()
                                          ? parameter.choiceTitles[k].text()
                                          : QString();
            box->addItem(title.isEmpty() ? parameter.choices[k] : title, parameter.choices[k]);
        }
        connect(box, &QComboBox::currentIndexChanged, this, &ParameterForm::changed);
        return box;
    }
    case ParameterInfo::Type::Text: {
        auto *line = new QLineEdit;
        connect(line, &QLineEdit::textChanged, this, &ParameterForm::changed);
        return line;
    }
    }
    return nullptr;
}

QWidget *ParameterForm::withChooser(QWidget *editor, const ParameterInfo &parameter)
{
    auto *line = qobject_cast<QLineEdit *>(editor);
    const bool wantsFolder = parameter.hint == QLatin1String("folder");
    if (!line || !(wantsFolder || parameter.hint == QLatin1String("file")))
        return editor;
    line->setPlaceholderText(wantsFolder ? tr("No folder chosen") : tr("No file chosen"));
    auto *both = new QWidget;
    auto *row = new QHBoxLayout(both);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    auto *button = new QToolButton;
    button->setText(QStringLiteral("…"));
    button->setToolTip(wantsFolder ? tr("Choose a folder") : tr("Choose a file"));
    row->addWidget(line);
    row->addWidget(button);
    connect(button, &QToolButton::clicked, line, [line, wantsFolder] {
        const QString path = wantsFolder ? QFileDialog::getExistingDirectory(
                                     line, tr("Choose a folder"), line->text())
                                         : QFileDialog::getOpenFileName(line, tr("Choose a file"),
                                                                        line->text());
        if (!path.isEmpty())
            line->setText(path);
    });
    return both;
}

void ParameterForm::setPattern(const PatternInfo &info)
{
    m_pattern = info;
    m_editors.clear();
    auto *rows = static_cast<QFormLayout *>(QWidget::layout());
    while (rows->rowCount() > 0)
        rows->removeRow(0);
    // By group, in the order in which the groups first occur.
    QStringList groups;
    for (const ParameterInfo &parameter : info.parameters) {
        if (!groups.contains(parameter.group.text()))
            groups << parameter.group.text();
    }
    QList<ParameterInfo> ordered = info.parameters;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](const ParameterInfo &a, const ParameterInfo &b) {
                         return groups.indexOf(a.group.text()) < groups.indexOf(b.group.text());
                     });
    QString group;
    for (const ParameterInfo &parameter : ordered) {
        if (parameter.group.text() != group) {
            group = parameter.group.text();
            auto *heading = new QLabel(QStringLiteral("<b>%1</b>").arg(group.toHtmlEscaped()));
            heading->setContentsMargins(0, 8, 0, 0);
            rows->addRow(heading);
        }
        QWidget *editor = makeEditor(parameter);
        editor->setObjectName(parameter.name);
        const QString help = parameter.description.text() + QStringLiteral("\n")
                             + tr("%1: %2").arg(parameter.name, parameter.range());
        editor->setToolTip(help);
        editor->setAccessibleName(parameter.title.text());
        editor->setAccessibleDescription(help);
        if (qobject_cast<QAbstractSpinBox *>(editor) || qobject_cast<QComboBox *>(editor))
            new WheelGuard(editor);
        m_editors.insert(parameter.name, editor);
        auto *label = new QLabel(parameter.title.text());
        label->setToolTip(help);
        label->setBuddy(editor);
        rows->addRow(label, withChooser(editor, parameter));
    }
    setValues({});
}

QJsonObject ParameterForm::values() const
{
    QJsonObject values;
    for (const ParameterInfo &parameter : m_pattern.parameters) {
        const QWidget *editor = m_editors.value(parameter.name);
        if (const auto *whole = qobject_cast<const QSpinBox *>(editor))
            values.insert(parameter.name, whole->value());
        else if (const auto *number = qobject_cast<const QDoubleSpinBox *>(editor))
            values.insert(parameter.name, number->value());
        else if (const auto *check = qobject_cast<const QCheckBox *>(editor))
            values.insert(parameter.name, check->isChecked());
        else if (const auto *choice = qobject_cast<const QComboBox *>(editor))
            values.insert(parameter.name, choice->currentData().toString());
        else if (const auto *line = qobject_cast<const QLineEdit *>(editor))
            values.insert(parameter.name, line->text());
    }
    return values;
}

void ParameterForm::setValues(const QJsonObject &values)
{
    for (const ParameterInfo &parameter : m_pattern.parameters) {
        const QJsonValue value = values.contains(parameter.name) ? values.value(parameter.name)
                                                                 : parameter.defaultValue;
        QWidget *editor = m_editors.value(parameter.name);
        if (auto *whole = qobject_cast<QSpinBox *>(editor))
            whole->setValue(value.toInt());
        else if (auto *number = qobject_cast<QDoubleSpinBox *>(editor))
            number->setValue(value.toDouble());
        else if (auto *check = qobject_cast<QCheckBox *>(editor))
            check->setChecked(value.toBool());
        else if (auto *choice = qobject_cast<QComboBox *>(editor))
            choice->setCurrentIndex(choice->findData(value.toString()));
        else if (auto *line = qobject_cast<QLineEdit *>(editor))
            line->setText(value.toString());
    }
}

} // namespace heddle::studio
