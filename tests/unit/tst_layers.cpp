// SPDX-License-Identifier: Apache-2.0
#include <QDirIterator>
#include <QFile>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

// The dependency rule of docs/architecture.md: each folder includes only from the layers below it.
class TestLayers : public QObject
{
    Q_OBJECT

    static const QMap<QString, QStringList> &allowed()
    {
        static const QStringList engine{"trace", "core", "tasks", "coroutines", "pattern"};
        static const QMap<QString, QStringList> rule{
                {"engine/trace", {"trace"}},
                {"engine/core", {"trace", "core"}},
                {"engine/tasks", {"trace", "core", "tasks"}},
                {"engine/coroutines", {"trace", "core", "tasks", "coroutines"}},
                {"engine/pattern", engine},
                {"engine/timeline", {"trace", "core", "timeline"}},
                {"engine/insights", {"trace", "core", "timeline", "insights"}},
                {"engine/formats", {"trace", "core", "timeline", "formats"}},
                {"engine/catalog", engine + QStringList{"catalog"}},
                {"engine/runs", engine + QStringList{"catalog", "timeline", "runs"}},
                {"engine/cli",
                 engine + QStringList{"catalog", "timeline", "runs", "insights", "formats", "cli"}},
                {"plugins", engine},
                {"gui", engine + QStringList{"catalog", "timeline", "runs", "insights", "formats"}},
        };
        return rule;
    }

    static QStringList includes(const QString &path)
    {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            qFatal("cannot read %s", qPrintable(path));
        static const QRegularExpression include(
                QStringLiteral("^\\s*#\\s*include\\s*<heddle/([^>]+)>"),
                QRegularExpression::MultilineOption);
        QStringList found;
        for (const auto &match : include.globalMatch(QString::fromUtf8(file.readAll())))
            found << match.captured(1);
        return found;
    }

    static QStringList sources(const QString &folder)
    {
        QStringList found;
        QDirIterator files(folder, {"*.h", "*.cpp"}, QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext())
            found << files.next();
        return found;
    }

private Q_SLOTS:
    void everyFolderIncludesOnlyFromBelow_data()
    {
        QTest::addColumn<QString>("folder");
        for (auto rule = allowed().begin(); rule != allowed().end(); ++rule)
            QTest::newRow(qPrintable(rule.key())) << rule.key();
    }
    void everyFolderIncludesOnlyFromBelow()
    {
        QFETCH(QString, folder);
        const QStringList rooms = allowed()[folder];
        QStringList wrong;
        for (const QString &path : sources(QStringLiteral(SOURCE_DIR "/") + folder)) {
            for (const QString &include : includes(path)) {
                // The short form <heddle/queue.h> hides the room, so it is for users only: and for
                // the text of a new plugin, which the command line holds.
                if (path.endsWith(QLatin1String("plugintemplate.cpp")))
                    continue;
                if (!include.contains('/') || !rooms.contains(include.section('/', 0, 0)))
                    wrong << path + QStringLiteral(" includes <heddle/%1>").arg(include);
            }
        }
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
    }

    void theRecorderKnowsNoQt()
    {
        static const QRegularExpression qt(QStringLiteral("#\\s*include\\s*<Q"));
        for (const QString &path : sources(QStringLiteral(SOURCE_DIR "/engine/trace"))) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY2(!qt.match(QString::fromUtf8(file.readAll())).hasMatch(), qPrintable(path));
        }
    }

    void everySourceFileNamesItsLicence()
    {
        QStringList wrong;
        for (const QString folder : {"engine", "plugins", "gui", "tests"}) {
            const QString licence = folder == QLatin1String("gui")
                                            ? QStringLiteral("GPL-3.0-or-later")
                                            : QStringLiteral("Apache-2.0");
            for (const QString &path : sources(QStringLiteral(SOURCE_DIR "/") + folder)) {
                QFile file(path);
                QVERIFY(file.open(QIODevice::ReadOnly));
                const QString head = QString::fromUtf8(file.read(200));
                if (!head.contains(QStringLiteral("SPDX-License-Identifier: ") + licence)
                    && !path.contains(QLatin1String("/tests/gui/"))) {
                    wrong << path;
                }
            }
        }
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
    }
};

QTEST_GUILESS_MAIN(TestLayers)
#include "tst_layers.moc"
