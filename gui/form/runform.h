// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "parameterform.h"

#include <heddle/runs/run.h>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSpinBox>

namespace heddle::studio {

/// All that a run needs: preset, parameters, faults and seed. Remembers them for each pattern.
/// GUI thread.
class RunForm : public QWidget
{
    Q_OBJECT
public:
    explicit RunForm(QWidget *parent = nullptr);

    void setPattern(const PatternInfo &info);
    [[nodiscard]] const PatternInfo &pattern() const { return m_pattern; }
    [[nodiscard]] bool hasPattern() const { return !m_pattern.id.isEmpty(); }
    [[nodiscard]] RunRequest request() const;
    [[nodiscard]] ParameterForm *parameters() const { return m_parameters; }
    void applyPreset(const QString &id);
    void remember() const;

Q_SIGNALS:
    void runRequested();

private:
    void restore();
    void showPreset();
    void setFaults(const QStringList &ids);
    QStringList faults() const;

    PatternInfo m_pattern;
    QLabel *m_name;
    QLabel *m_summary;
    QComboBox *m_presets;
    QLabel *m_presetsLabel;
    ParameterForm *m_parameters;
    QLabel *m_faultsHeading;
    QWidget *m_faults;
    QList<QCheckBox *> m_faultBoxes;
    QSpinBox *m_seed;
    QWidget *m_body;
    QLabel *m_empty;
};

} // namespace heddle::studio
