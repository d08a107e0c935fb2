// SPDX-License-Identifier: GPL-3.0-or-later
#include "language.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QLocale>
#include <QSettings>
#include <QTranslator>

namespace heddle::studio {

namespace {
const QString Key = QStringLiteral("language");
} // namespace

QStringList Language::all()
{
    return {QStringLiteral("en"), QStringLiteral("zh_CN")};
}

QString Language::nativeName(const QString &language)
{
    return language == QLatin1String("zh_CN") ? QStringLiteral("简体中文")
                                              : QStringLiteral("English");
}

QString Language::chosen()
{
    const QString language = QSettings().value(Key).toString();
    return all().contains(language) ? language : QString();
}

void Language::choose(const QString &language)
{
    if (language.isEmpty())
        QSettings().remove(Key);
    else
        QSettings().setValue(Key, language);
}

void Language::apply()
{
    if (const QString language = chosen(); !language.isEmpty())
        QLocale::setDefault(QLocale(language)); // patterns ask it for their language
    // Qt's own texts first: the translator that was installed last is asked first.
    for (const auto &[name, folder] :
         {std::pair(QStringLiteral("qtbase"), QLibraryInfo::path(QLibraryInfo::TranslationsPath)),
          std::pair(QStringLiteral("heddle"), QStringLiteral(":/translations"))}) {
        auto *translator = new QTranslator(QCoreApplication::instance());
        if (translator->load(QLocale(), name, QStringLiteral("_"), folder))
            QCoreApplication::installTranslator(translator);
        else
            delete translator; // English needs none
    }
}

} // namespace heddle::studio
