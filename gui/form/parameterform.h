// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/catalog/patterninfo.h>

#include <QHash>
#include <QJsonObject>
#include <QWidget>

class QFormLayout;

namespace heddle::studio {

/// A form built from a pattern's JSON Schema: one editor per parameter, in groups. GUI thread.
class ParameterForm : public QWidget
{
    Q_OBJECT
public:
    explicit ParameterForm(QWidget *parent = nullptr);

    void setPattern(const PatternInfo &info);
    /// The values in the editors; always within the schema's ranges.
    [[nodiscard]] QJsonObject values() const;
    /// Sets those that are given; the others get their defaults.
    void setValues(const QJsonObject &values);
    /// The editor of a parameter: a spin box, check box, combo box or line edit.
    [[nodiscard]] QWidget *editor(const QString &name) const { return m_editors.value(name); }

Q_SIGNALS:
    void changed();

private:
    QWidget *makeEditor(const ParameterInfo &parameter);
    QWidget *withChooser(QWidget *editor, const ParameterInfo &parameter);

    PatternInfo m_pattern;
    QHash<QString, QWidget *> m_editors;
};

} // namespace heddle::studio
