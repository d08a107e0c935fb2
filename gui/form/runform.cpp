// SPDX-License-Identifier: GPL-3.0-or-later
#include "runform.h"

#include "wheelguard.h"

#include <QHBoxLayout>
#include <QJsonDocument>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace heddle::studio {

RunForm::RunForm(QWidget *parent)
    : QWidget(parent)
    , m_name(new QLabel)
    , m_summary(new QLabel)
    , m_presets(new QComboBox)
    , m_presetsLabel(new QLabel(tr("Preset")))
    , m_parameters(new ParameterForm)
    , m_faultsHeading(new QLabel(QStringLiteral("<b>%1</b>").arg(tr("Faults to switch on"))))
    , m_faults(new QWidget)
    , m_seed(new QSpinBox)
    , m_body(new QWidget)
    , m_empty(new QLabel(tr("Choose a pattern on the left.")))
{
    QFont large = m_name->font();
    large.setPointSizeF(large.pointSizeF() * 1.25);
    large.setWeight(QFont::DemiBold);
    m_name->setFont(large);
    m_name->setWordWrap(true);
    m_summary->setWordWrap(true);
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setValue(1);
    m_seed->setToolTip(tr("The same seed makes the same choices."));
    m_presets->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_presets->setMinimumContentsLength(8);
    m_presets->setAccessibleName(tr("Preset"));
    m_presets->setObjectName(QStringLiteral("presets"));
    m_presets->setPlaceholderText(tr("Changed"));
    m_seed->setAccessibleName(tr("Seed"));
    new WheelGuard(m_presets);
    new WheelGuard(m_seed);
    m_faultsHeading->setContentsMargins(0, 8, 0, 0);

    auto *presetRow = new QHBoxLayout;
    presetRow->addWidget(m_presetsLabel);
    presetRow->addWidget(m_presets, 1);
    auto *seedRow = new QHBoxLayout;
    seedRow->addWidget(new QLabel(tr("Seed")));
    seedRow->addWidget(m_seed, 1);
    auto *reset = new QPushButton(tr("Reset to defaults"));
    seedRow->addWidget(reset);
    new QVBoxLayout(m_faults);
    m_faults->layout()->setContentsMargins(0, 0, 0, 0);
    m_faults->layout()->setSpacing(4);

    auto *column = new QVBoxLayout(m_body);
    column->setContentsMargins(12, 8, 12, 12);
    column->setSpacing(8);
    column->addWidget(m_name);
    column->addWidget(m_summary);
    column->addLayout(presetRow);
    column->addWidget(m_parameters);
    column->addWidget(m_faultsHeading);
    column->addWidget(m_faults);
    column->addLayout(seedRow);
    column->addStretch(1);
    auto *scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_body);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setEnabled(false);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_empty);
    outer->addWidget(scroll);
    m_body->hide();

    connect(m_presets, &QComboBox::activated, this,
            [this](int index) { applyPreset(m_presets->itemData(index).toString()); });
    connect(reset, &QPushButton::clicked, this, [this] { applyPreset({}); });
    connect(m_parameters, &ParameterForm::changed, this, &RunForm::showPreset);
}

void RunForm::setPattern(const PatternInfo &info)
{
    if (hasPattern())
        remember();
    m_pattern = info;
    m_empty->hide();
    m_body->show();
    m_name->setText(info.name.text());
    m_summary->setText(info.summary.text());
    m_presets->clear();
    m_presets->addItem(tr("Defaults"), QString());
    for (const PresetInfo &preset : info.presets)
        m_presets->addItem(preset.name.text(), preset.id);
    m_presets->setVisible(!info.presets.isEmpty());
    m_presetsLabel->setVisible(!info.presets.isEmpty());
    m_parameters->setPattern(info);
    qDeleteAll(m_faultBoxes);
    m_faultBoxes.clear();
    for (const FaultInfo &fault : info.faults) {
        auto *box = new QCheckBox(fault.name.text());
        box->setObjectName(QStringLiteral("fault-") + fault.id);
        box->setToolTip(fault.description.text());
        box->setProperty("fault", fault.id);
        connect(box, &QCheckBox::toggled, this, &RunForm::showPreset);
        m_faults->layout()->addWidget(box);
        m_faultBoxes << box;
    }
    m_faultsHeading->setVisible(!info.faults.isEmpty());
    restore();
}

// The preset that the form's values are those of; none once the user has changed one.
void RunForm::showPreset()
{
    const QJsonObject values = m_parameters->values();
    const auto isShown = [&](const QJsonObject &preset, const QStringList &presetFaults) {
        return m_pattern.complete(preset, nullptr) == values && presetFaults == faults();
    };
    int index = isShown({}, {}) ? 0 : -1;
    for (qsizetype k = 0; k < m_pattern.presets.size() && index < 0; ++k) {
        if (isShown(m_pattern.presets[k].values, m_pattern.presets[k].faults))
            index = static_cast<int>(k) + 1;
    }
    m_presets->setCurrentIndex(index);
}

void RunForm::applyPreset(const QString &id)
{
    for (const PresetInfo &preset : m_pattern.presets) {
        if (preset.id == id) {
            m_parameters->setValues(preset.values);
            setFaults(preset.faults);
            return;
        }
    }
    m_parameters->setValues({});
    setFaults({});
    m_seed->setValue(1);
}

void RunForm::setFaults(const QStringList &ids)
{
    for (QCheckBox *box : m_faultBoxes)
        box->setChecked(ids.contains(box->property("fault").toString()));
}

QStringList RunForm::faults() const
{
    QStringList ids;
    for (const QCheckBox *box : m_faultBoxes) {
        if (box->isChecked())
            ids << box->property("fault").toString();
    }
    return ids;
}

RunRequest RunForm::request() const
{
    RunRequest request;
    request.pattern = m_pattern;
    request.parameters = m_parameters->values();
    request.faults = faults();
    request.seed = static_cast<quint64>(m_seed->value());
    return request;
}

void RunForm::remember() const
{
    QSettings settings;
    settings.beginGroup(QStringLiteral("patterns/") + m_pattern.id);
    settings.setValue(QStringLiteral("parameters"),
                      QJsonDocument(m_parameters->values()).toJson(QJsonDocument::Compact));
    settings.setValue(QStringLiteral("seed"), m_seed->value());
}

void RunForm::restore()
{
    QSettings settings;
    settings.beginGroup(QStringLiteral("patterns/") + m_pattern.id);
    const QJsonObject values = QJsonDocument::fromJson(
                                       settings.value(QStringLiteral("parameters")).toByteArray())
                                       .object();
    // A new version of the plugin may have other parameters; then the defaults are better.
    if (m_pattern.complete(values, nullptr))
        m_parameters->setValues(values);
    m_seed->setValue(settings.value(QStringLiteral("seed"), 1).toInt());
    showPreset();
}

} // namespace heddle::studio
