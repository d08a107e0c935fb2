// SPDX-License-Identifier: GPL-3.0-or-later
#include "language.h"
#include "mainwindow.h"

#include <QAction>
#include <QFile>
#include <QProcess>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

using namespace heddle::studio;

// The studio speaks Chinese wherever it speaks English.
class TestTranslations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setOrganizationName("heddle-test");
        QCoreApplication::setApplicationName("tst_translations");
        QSettings().clear();
    }

    void everyTextOfTheSourcesIsTranslated()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath("heddle_zh_CN.ts");
        QVERIFY(QFile::copy(SOURCES "/gui/translations/heddle_zh_CN.ts", file));
        QProcess update;
        update.start(LUPDATE, {"-locations", "none", "-no-obsolete", SOURCES "/gui",
                               SOURCES "/engine/formats", "-ts", file});
        QVERIFY(update.waitForFinished(60'000));
        QVERIFY2(update.exitCode() == 0, update.readAllStandardError().constData());
        QFile updated(file);
        QVERIFY(updated.open(QIODevice::ReadOnly));
        QXmlStreamReader xml(&updated);
        QString source;
        int texts = 0;
        QStringList missing;
        while (!xml.atEnd()) {
            xml.readNext();
            if (!xml.isStartElement())
                continue;
            if (xml.name() == QLatin1String("source")) {
                source = xml.readElementText();
                ++texts;
            } else if (xml.name() == QLatin1String("translation")) {
                if (xml.attributes().value("type") == QLatin1String("unfinished"))
                    missing << source;
            }
        }
        QVERIFY(!xml.hasError());
        QVERIFY(texts > 100);
        QVERIFY2(missing.isEmpty(),
                 qPrintable("./dev translate, then translate: " + missing.join(" | ")));
    }

    void theChosenLanguageIsShown()
    {
        Language::choose("zh_CN");
        Language::apply();
        MainWindow window;
        QStringList texts;
        for (const QAction *action : window.findChildren<QAction *>())
            texts << action->text();
        QVERIFY2(texts.contains("运行(&R)"), qPrintable(texts.join(" ")));
        QVERIFY(window.patternList()->selectPattern("producer-consumer"));
        QVERIFY(window.patternList()->catalog().find("producer-consumer")->name.text()
                != "Producer and consumer");
        Language::choose({});
    }
};

QTEST_MAIN(TestTranslations)
#include "tst_translations.moc"
