// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/catalog.h>

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace heddle;

// Where plugins are found, which one wins, and what is said about those that cannot be used.
class TestCatalog : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_home;

    // A folder of the test's own, removed with it.
    QString folder(const QString &name) const
    {
        const QString path = m_home->filePath(name);
        if (!QDir().mkpath(path))
            qFatal("Cannot make %s", qPrintable(path));
        return path;
    }
    static void searchIn(const QStringList &folders)
    {
        qputenv("HEDDLE_PLUGIN_PATH", folders.join(QDir::listSeparator()).toLocal8Bit());
    }
    static QString install(const QString &plugin, const QString &folder, const QString &as = {})
    {
        const QString source = QStringLiteral(CATALOG_PLUGINS "/%1.so").arg(plugin);
        const QString target = folder + '/' + (as.isEmpty() ? plugin : as) + ".so";
        QFile::remove(target);
        if (!QFile::copy(source, target))
            qFatal("Cannot copy %s to %s", qPrintable(source), qPrintable(target));
        return target;
    }
    static void write(const QString &path, const QByteArray &bytes)
    {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("Cannot write %s", qPrintable(path));
    }
    // Files of one size that are written within a clock tick of the disk would look the same.
    static void makeNewer(const QString &path)
    {
        QFile file(path);
        if (!file.open(QIODevice::ReadWrite)
            || !file.setFileTime(QDateTime::currentDateTime().addSecs(10),
                                 QFileDevice::FileModificationTime)) {
            qFatal("Cannot change the time of %s", qPrintable(path));
        }
    }
    static QString version(const Catalog &catalog, const QString &id)
    {
        const auto found = catalog.find(id);
        return found ? found->version : QStringLiteral("none");
    }
    // What the catalog says about a file, empty if it has nothing against it.
    static QString problemOf(const Catalog &catalog, const QString &path)
    {
        for (const Catalog::Problem &problem : catalog.problems()) {
            if (problem.path == QFileInfo(path).canonicalFilePath())
                return problem.message;
        }
        return {};
    }

private Q_SLOTS:
    void init()
    {
        m_home = std::make_unique<QTemporaryDir>();
        QVERIFY(m_home->isValid());
        qputenv("XDG_DATA_HOME", m_home->filePath("data").toLocal8Bit());
        qunsetenv("HEDDLE_PLUGIN_PATH");
        qunsetenv("HEDDLE_TEST_PLUGIN_WAS_LOADED");
    }

    void theVariableComesBeforeTheUsersFolderBeforeTheLibrary()
    {
        searchIn({"/first", "/second"});
        const QStringList paths = Catalog::searchPaths();
        QCOMPARE(paths.size(), qsizetype{4});
        QCOMPARE(paths[0], "/first");
        QCOMPARE(paths[1], "/second");
        QCOMPARE(paths[2], Catalog::userFolder());
        QVERIFY2(paths[3].endsWith("/heddle/patterns"), qPrintable(paths[3]));
    }

    void withoutTheVariableTheUsersFolderComesFirst()
    {
        QCOMPARE(Catalog::searchPaths().value(0), Catalog::userFolder());
    }

    void emptyPartsOfTheVariableAreNoFolders()
    {
        qputenv("HEDDLE_PLUGIN_PATH", ":/first::");
        QCOMPARE(Catalog::searchPaths().value(0), "/first");
        QCOMPARE(Catalog::searchPaths().value(1), Catalog::userFolder());
    }

    void theUsersFolderFollowsTheDesktopsDataFolder()
    {
        QCOMPARE(Catalog::userFolder(), m_home->filePath("data/heddle/patterns"));
    }

    void aFolderThatDoesNotExistIsNoProblem()
    {
        searchIn({m_home->filePath("not-there")});
        const Catalog catalog;
        QVERIFY(catalog.problems().isEmpty());
    }

    void pluginsInAFolderAreFound()
    {
        searchIn({folder("a")});
        const QString path = install("zebra", folder("a"));
        const Catalog catalog;
        const auto found = catalog.find("zebra");
        QVERIFY(found);
        QCOMPARE(found->name.text("en"), "A zebra");
        QCOMPARE(QFileInfo(found->pluginPath).canonicalFilePath(),
                 QFileInfo(path).canonicalFilePath());
    }

    void aPluginMayHaveAFolderOfItsOwn()
    {
        searchIn({folder("a")});
        install("zebra", folder("a/zebra"));
        QCOMPARE(version(Catalog(), "zebra"), "1");
    }

    void everyFolderOfTheVariableIsSearched()
    {
        searchIn({folder("a"), folder("b")});
        install("zebra", folder("a"));
        install("ant", folder("b"));
        const Catalog catalog;
        QVERIFY(catalog.find("zebra"));
        QVERIFY(catalog.find("ant"));
    }

    void theUsersFolderIsSearched()
    {
        install("zebra", folder("data/heddle/patterns"));
        QVERIFY(Catalog().find("zebra"));
    }

    void aPathRelativeToTheWorkingFolderIsSearched()
    {
        install("zebra", folder("a"));
        const QString before = QDir::currentPath();
        QVERIFY(QDir::setCurrent(m_home->path()));
        searchIn({"a"});
        const auto found = Catalog().find("zebra");
        QVERIFY(QDir::setCurrent(before));
        QVERIFY(found);
        QVERIFY(QFileInfo(found->pluginPath).isAbsolute()); // usable from elsewhere
    }

    void whatIsNotThereIsNotFound()
    {
        QVERIFY(!Catalog().find("no-such-pattern"));
        QVERIFY(!Catalog().find(QString()));
    }

    void theFirstFolderWinsForAnId()
    {
        install("zebra", folder("a"));
        install("zebra2", folder("b"));
        searchIn({folder("a"), folder("b")});
        QCOMPARE(version(Catalog(), "zebra"), "1");
        searchIn({folder("b"), folder("a")});
        QCOMPARE(version(Catalog(), "zebra"), "2");
    }

    void theVariableWinsOverTheUsersFolder()
    {
        install("zebra2", folder("data/heddle/patterns"));
        install("zebra", folder("a"));
        searchIn({folder("a")});
        QCOMPARE(version(Catalog(), "zebra"), "1");
    }

    void anIdIsListedOnceAndItsSecondPluginIsNoProblem()
    {
        install("zebra", folder("a"));
        install("zebra2", folder("b"));
        searchIn({folder("a"), folder("b")});
        const Catalog catalog;
        qsizetype zebras = 0;
        for (const PatternInfo &info : catalog.patterns())
            zebras += info.id == "zebra" ? 1 : 0;
        QCOMPARE(zebras, qsizetype{1});
        QVERIFY(catalog.problems().isEmpty());
    }

    void patternsAreSortedByMechanismThenName()
    {
        searchIn({folder("a")});
        for (const char *plugin : {"ant", "moss", "zebra"})
            install(plugin, folder("a"));
        QStringList ids;
        const Catalog catalog;
        for (const PatternInfo &info : catalog.patterns()) {
            if (info.mechanism.startsWith("test "))
                ids << info.id;
        }
        // Moss is a plant; "A zebra" comes before "The ant".
        QCOMPARE(ids, (QStringList{"moss", "zebra", "ant"}));
    }

    void aFileThatIsNoLibraryIsAProblem()
    {
        searchIn({folder("a")});
        write(folder("a") + "/broken.so", "this is no library");
        const Catalog catalog;
        const QString problem = problemOf(catalog, folder("a") + "/broken.so");
        QVERIFY2(problem.contains("broken.so"), qPrintable(problem));
        QVERIFY2(problem.contains("not a Qt plugin"), qPrintable(problem));
        QVERIFY2(problem.contains(". Rebuild it, or remove it."), qPrintable(problem));
    }

    void anEmptyLibraryIsAProblem()
    {
        searchIn({folder("a")});
        write(folder("a") + "/empty.so", {});
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("failed to map to memory"));
        const Catalog catalog;
        const QString problem = problemOf(catalog, folder("a") + "/empty.so");
        QVERIFY2(problem.contains("not a Qt plugin"), qPrintable(problem));
    }

    void aLibraryCutShortIsAProblem()
    {
        searchIn({folder("a")});
        const QString path = install("zebra", folder("a"));
        QVERIFY(QFile::resize(path, 512)); // its head, without the metadata
        const Catalog catalog;
        QVERIFY(!catalog.find("zebra"));
        const QString problem = problemOf(catalog, path);
        QVERIFY2(problem.contains("damaged"), qPrintable(problem));
    }

    void aPluginOfAnotherKindIsAProblemThatNamesBothKinds()
    {
        searchIn({folder("a")});
        const QString path = install("other", folder("a"));
        const Catalog catalog;
        QVERIFY(!catalog.find("other"));
        const QString problem = problemOf(catalog, path);
        QVERIFY2(problem.contains("org.example.Other/1"), qPrintable(problem));
        QVERIFY2(problem.contains("org.heddle.Pattern/1"), qPrintable(problem));
        QVERIFY2(problem.contains("Rebuild it"), qPrintable(problem));
    }

    void wrongMetadataAreAProblemThatNamesTheFileAndThePlace()
    {
        searchIn({folder("a")});
        const QString path = install("wrong", folder("a"));
        const Catalog catalog;
        QVERIFY(!catalog.find("wrong"));
        const QString problem = problemOf(catalog, path);
        QVERIFY2(problem.contains("wrong.so"), qPrintable(problem));
        QVERIFY2(problem.contains("\"faults\""), qPrintable(problem));
    }

    void aBrokenPluginHidesNoOther()
    {
        searchIn({folder("a")});
        write(folder("a") + "/aaa.so", "broken");
        install("wrong", folder("a"));
        install("zebra", folder("a"));
        const Catalog catalog;
        QVERIFY(catalog.find("zebra"));
        QCOMPARE(catalog.problems().size(), qsizetype{2});
    }

    void aBrokenPluginDoesNotTakeItsIdFromALaterFolder()
    {
        searchIn({folder("a"), folder("b")});
        write(folder("a") + "/zebra.so", "broken");
        install("zebra2", folder("b"));
        QCOMPARE(version(Catalog(), "zebra"), "2");
    }

    void otherFilesAreIgnored()
    {
        searchIn({folder("a")});
        write(folder("a") + "/lesson.md", "# A lesson");
        write(folder("a") + "/zebra.json", "{}");
        const Catalog catalog;
        QVERIFY(catalog.problems().isEmpty());
    }

    void aFileThatIsReachedTwiceIsToldOnce()
    {
        write(folder("a") + "/broken.so", "broken");
        QVERIFY(QFile::link(folder("a"), m_home->filePath("link")));
        searchIn({folder("a"), m_home->filePath("link")});
        QCOMPARE(Catalog().problems().size(), qsizetype{1});
    }

    void aScanSeesANewFile()
    {
        searchIn({folder("a")});
        Catalog catalog;
        QVERIFY(!catalog.find("zebra"));
        install("zebra", folder("a"));
        QVERIFY(!catalog.find("zebra")); // only when asked to look
        catalog.scan();
        QVERIFY(catalog.find("zebra"));
    }

    void aScanForgetsARemovedFile()
    {
        searchIn({folder("a")});
        const QString path = install("zebra", folder("a"));
        write(folder("a") + "/broken.so", "broken");
        Catalog catalog;
        QVERIFY(QFile::remove(path));
        QVERIFY(QFile::remove(folder("a") + "/broken.so"));
        catalog.scan();
        QVERIFY(!catalog.find("zebra"));
        QVERIFY(catalog.problems().isEmpty());
    }

    void aScanSeesARebuiltPlugin()
    {
        searchIn({folder("a")});
        install("zebra", folder("a"), "plugin");
        Catalog catalog;
        QCOMPARE(version(catalog, "zebra"), "1");
        makeNewer(install("zebra2", folder("a"), "plugin"));
        catalog.scan();
        QCOMPARE(version(catalog, "zebra"), "2");
    }

    void aScanSeesARepairedPlugin()
    {
        searchIn({folder("a")});
        write(folder("a") + "/plugin.so", "broken");
        Catalog catalog;
        QVERIFY(!problemOf(catalog, folder("a") + "/plugin.so").isEmpty());
        makeNewer(install("zebra", folder("a"), "plugin"));
        catalog.scan();
        QVERIFY(catalog.find("zebra"));
        QVERIFY(catalog.problems().isEmpty());
    }

    void aScanWithNothingNewChangesNothing()
    {
        searchIn({folder("a")});
        install("zebra", folder("a"));
        install("wrong", folder("a"));
        Catalog catalog;
        const qsizetype patterns = catalog.patterns().size();
        catalog.scan();
        QCOMPARE(catalog.patterns().size(), patterns);
        QCOMPARE(catalog.problems().size(), qsizetype{1});
    }

    void aScanFollowsTheVariable()
    {
        install("zebra", folder("a"));
        Catalog catalog;
        QVERIFY(!catalog.find("zebra"));
        searchIn({folder("a")});
        catalog.scan();
        QVERIFY(catalog.find("zebra"));
    }

    void noCodeOfAPluginIsRun()
    {
        searchIn({folder("a")});
        for (const char *plugin : {"zebra", "wrong", "other"})
            install(plugin, folder("a"));
        Catalog catalog;
        catalog.scan();
        QVERIFY(catalog.find("zebra"));
        QVERIFY2(!qEnvironmentVariableIsSet("HEDDLE_TEST_PLUGIN_WAS_LOADED"),
                 qgetenv("HEDDLE_TEST_PLUGIN_WAS_LOADED").constData());
    }
};

QTEST_GUILESS_MAIN(TestCatalog)
#include "tst_catalog.moc"
