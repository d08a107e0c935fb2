// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace heddle::studio {

/// The language of the studio and of what patterns say. Chosen before the first window is made.
/// GUI thread.
class Language
{
public:
    /// The languages there are: "en", "zh_CN".
    [[nodiscard]] static QStringList all();
    /// What a language calls itself: "English", "简体中文".
    [[nodiscard]] static QString nativeName(const QString &language);
    /// The user's choice; empty means as the system.
    [[nodiscard]] static QString chosen();
    /// Kept for the next start.
    static void choose(const QString &language);
    /// Installs the translations of the user's choice, or of the system's language.
    static void apply();
};

} // namespace heddle::studio
