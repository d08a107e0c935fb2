// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/patterninfo.h>

#include <QFile>
#include <QJsonDocument>
#include <QLocale>
#include <QTemporaryDir>
#include <QTest>

using namespace heddle;

// A pattern's metadata as docs/plugins.md describes them, and what is said when they are wrong.
class TestMetadata : public QObject
{
    Q_OBJECT

    static QJsonObject json(const char *text)
    {
        QJsonParseError error;
        const QJsonDocument document = QJsonDocument::fromJson(text, &error);
        if (!document.isObject())
            qFatal("The test's own JSON is wrong: %s", qPrintable(error.errorString()));
        return document.object();
    }

    static QJsonObject complete()
    {
        return json(R"({
            "id": "ping-pong",
            "version": "1.2.3",
            "name": { "en": "Ping and pong", "zh_CN": "乒乓" },
            "summary": { "en": "Two threads take turns.", "zh_CN": "两个线程轮流。" },
            "mechanism": "threads",
            "tags": ["event", "turns"],
            "parameters": { "properties": {
                "alpha": { "type": "string", "default": "a", "x-order": 4,
                           "x-hint": "folder" },
                "rounds": { "type": "integer", "minimum": 1, "maximum": 9, "default": 3,
                            "x-order": 1, "x-unit": "rounds", "x-group": "Work",
                            "title": "Rounds", "x-title": { "zh_CN": "回合" },
                            "description": "How often.", "x-description": { "zh_CN": "多少次" } },
                "tick": { "type": "number", "minimum": 0.5, "default": 1.5, "x-order": 2 },
                "loud": { "type": "boolean", "default": true, "x-order": 3 },
                "who": { "type": "string", "enum": ["ping", "pong"], "default": "pong",
                         "x-order": 5, "x-enum-titles": [{ "en": "Ping", "zh_CN": "乒" }, "Pong"] }
            } },
            "presets": [ { "id": "short", "name": "Short", "description": "Once.",
                           "values": { "rounds": 1 }, "faults": ["lost-ball"] } ],
            "faults": [ { "id": "lost-ball", "name": "A lost ball", "description": "Nobody waits.",
                          "findings": ["never-woken"] } ],
            "results": [ { "id": "wall", "name": "Time", "unit": "ms", "direction": "lower" },
                         { "id": "seen", "name": "Seen" } ],
            "invariants": [ { "id": "all-back", "description": "Every ball came back." } ]
        })");
    }

    static QJsonObject minimal() { return json(R"({ "id": "ping-pong", "name": "Ping" })"); }

    // The metadata with one parameter "rounds" of this schema.
    static QJsonObject withParameter(const char *schema)
    {
        QJsonObject metadata = minimal();
        metadata["parameters"] = QJsonObject{{"properties", QJsonObject{{"rounds", json(schema)}}}};
        return metadata;
    }

    static PatternInfo read(const QJsonObject &metadata, const QString &path = {})
    {
        QString problem;
        const auto info = PatternInfo::fromMetadata(metadata, path, &problem);
        if (!info)
            qFatal("Refused: %s", qPrintable(problem));
        return *info;
    }

private Q_SLOTS:
    void identityIsRead()
    {
        const PatternInfo info = read(complete(), "/somewhere/ping-pong.so");
        QCOMPARE(info.id, "ping-pong");
        QCOMPARE(info.version, "1.2.3");
        QCOMPARE(info.name.text("en"), "Ping and pong");
        QCOMPARE(info.summary.text("zh_CN"), "两个线程轮流。");
        QCOMPARE(info.mechanism, "threads");
        QCOMPARE(info.tags, (QStringList{"event", "turns"}));
        QCOMPARE(info.pluginPath, "/somewhere/ping-pong.so");
        QCOMPARE(info.metadata, complete());
    }

    void anIdAndANameAreEnough()
    {
        const PatternInfo info = read(minimal());
        QCOMPARE(info.id, "ping-pong");
        QVERIFY(info.presets.isEmpty());
        QVERIFY(info.faults.isEmpty());
        QVERIFY(info.results.isEmpty());
        QVERIFY(info.invariants.isEmpty());
        QVERIFY(!info.mechanism.isEmpty()); // it needs a group in the list
    }

    void parametersComeInTheirOrderAndTheCommonOnesLast()
    {
        QStringList names;
        for (const ParameterInfo &parameter : read(complete()).parameters)
            names << parameter.name;
        QCOMPARE(names,
                 (QStringList{"rounds", "tick", "loud", "alpha", "who", "timeScale", "runCap"}));
    }

    void everyPatternHasTheCommonParameters()
    {
        const PatternInfo info = read(minimal());
        for (const char *name : {"timeScale", "runCap"}) {
            const ParameterInfo *parameter = info.parameter(name);
            QVERIFY2(parameter, name);
            QVERIFY(parameter->accepts(parameter->defaultValue, nullptr));
            QVERIFY(!parameter->title.text("en").isEmpty());
        }
    }

    void aPatternMaySetACommonParameterItself()
    {
        QJsonObject metadata = minimal();
        metadata["parameters"] = json(R"({ "properties": { "runCap": {
            "type": "number", "minimum": 1, "maximum": 5, "default": 2 } } })");
        const PatternInfo info = read(metadata);
        QCOMPARE(info.parameter("runCap")->defaultValue.toDouble(), 2.0);
        QCOMPARE(info.parameters.size(), qsizetype{2});
    }

    void aParametersSchemaIsRead()
    {
        const PatternInfo info = read(complete());
        const ParameterInfo *rounds = info.parameter("rounds");
        QVERIFY(rounds);
        QCOMPARE(rounds->type, ParameterInfo::Type::Integer);
        QCOMPARE(rounds->minimum, std::optional<double>(1));
        QCOMPARE(rounds->maximum, std::optional<double>(9));
        QCOMPARE(rounds->defaultValue.toInt(), 3);
        QCOMPARE(rounds->unit.text("en"), "rounds");
        QCOMPARE(rounds->group.text("en"), "Work");
        QCOMPARE(rounds->title.text("en"), "Rounds");
        QCOMPARE(rounds->title.text("zh_CN"), "回合");
        QCOMPARE(rounds->description.text("en"), "How often.");
        QCOMPARE(rounds->description.text("zh_CN"), "多少次");
        QCOMPARE(info.parameter("alpha")->hint, "folder");
    }

    void theTypeOfAParameterIsRead_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<ParameterInfo::Type>("type");
        QTest::newRow("integer") << "rounds" << ParameterInfo::Type::Integer;
        QTest::newRow("number") << "tick" << ParameterInfo::Type::Number;
        QTest::newRow("boolean") << "loud" << ParameterInfo::Type::Boolean;
        QTest::newRow("string") << "alpha" << ParameterInfo::Type::Text;
        QTest::newRow("string with enum") << "who" << ParameterInfo::Type::Choice;
    }
    void theTypeOfAParameterIsRead()
    {
        QFETCH(QString, name);
        QFETCH(ParameterInfo::Type, type);
        const PatternInfo info = read(complete());
        QVERIFY(info.parameter(name));
        QCOMPARE(info.parameter(name)->type, type);
    }

    void aChoiceHasItsTitles()
    {
        const PatternInfo info = read(complete());
        const ParameterInfo *who = info.parameter("who");
        QCOMPARE(who->choices, (QStringList{"ping", "pong"}));
        QCOMPARE(who->choiceTitles.size(), qsizetype{2});
        QCOMPARE(who->choiceTitles[0].text("zh_CN"), "乒");
        QCOMPARE(who->choiceTitles[1].text("zh_CN"), "Pong");
    }

    void aParameterWithoutATitleShowsItsName()
    {
        QCOMPARE(read(complete()).parameter("tick")->title.text("en"), "tick");
    }

    void presetsFaultsResultsAndInvariantsAreRead()
    {
        const PatternInfo info = read(complete());
        QCOMPARE(info.presets.size(), qsizetype{1});
        QCOMPARE(info.presets[0].id, "short");
        QCOMPARE(info.presets[0].values, (QJsonObject{{"rounds", 1}}));
        QCOMPARE(info.presets[0].faults, QStringList{"lost-ball"});
        QVERIFY(info.fault("lost-ball"));
        QCOMPARE(info.fault("lost-ball")->name.text("en"), "A lost ball");
        QCOMPARE(info.fault("lost-ball")->findings, QStringList{"never-woken"});
        QVERIFY(!info.fault("another"));
        QCOMPARE(info.results.size(), qsizetype{2});
        QCOMPARE(info.results[0].id, "wall");
        QCOMPARE(info.results[0].unit.text("en"), "ms");
        QCOMPARE(info.results[0].direction, "lower");
        QVERIFY(info.results[1].direction.isEmpty());
        QCOMPARE(info.invariants.size(), qsizetype{1});
        QCOMPARE(info.invariants[0].id, "all-back");
        QCOMPARE(info.invariants[0].description.text("en"), "Every ball came back.");
    }

    void anIdIsLowerCaseWordsJoinedByHyphens_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<bool>("isGood");
        QTest::newRow("word") << "ping" << true;
        QTest::newRow("words") << "ping-pong-2" << true;
        QTest::newRow("empty") << "" << false;
        QTest::newRow("upper case") << "Ping" << false;
        QTest::newRow("space") << "ping pong" << false;
        QTest::newRow("underscore") << "ping_pong" << false;
        QTest::newRow("hyphen first") << "-ping" << false;
        QTest::newRow("hyphen last") << "ping-" << false;
        QTest::newRow("two hyphens") << "ping--pong" << false;
        QTest::newRow("digit first") << "2ping" << false;
        QTest::newRow("path") << "../ping" << false;
        QTest::newRow("line end") << "ping\n" << false;
    }
    void anIdIsLowerCaseWordsJoinedByHyphens()
    {
        QFETCH(QString, id);
        QFETCH(bool, isGood);
        QJsonObject metadata = minimal();
        metadata["id"] = id;
        QString problem;
        QCOMPARE(PatternInfo::fromMetadata(metadata, {}, &problem).has_value(), isGood);
        QCOMPARE(problem.contains("\"id\""), !isGood);
    }

    // What is wrong, where it is (the place in the JSON), and a word that says what it should be.
    void aWrongEntryIsRefusedWithItsPlace_data()
    {
        QTest::addColumn<QJsonObject>("metadata");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("word");
        const auto row = [](const char *name, const QJsonObject &metadata, const char *place,
                            const char *word) {
            QTest::newRow(name) << metadata << QString::fromLatin1(place)
                                << QString::fromLatin1(word);
        };
        const auto changed = [](const char *key, const char *value) {
            QJsonObject metadata = complete();
            metadata[QLatin1String(key)] = json(value)["value"];
            return metadata;
        };
        const char *rounds = "parameters.properties.rounds";

        row("nothing at all", {}, "id", "lower-case");
        row("id of another type", changed("id", R"({"value": 7})"), "id", "lower-case");
        row("no name", json(R"({"id": "ping"})"), "name", "English");
        row("name in Chinese only", changed("name", R"({"value": {"zh_CN": "乒乓"}})"), "name",
            "English");

        row("no type", withParameter(R"({"default": 1})"), rounds, "integer");
        row("unknown type", withParameter(R"({"type": "float", "default": 1})"), rounds, "float");
        row("no default", withParameter(R"({"type": "integer"})"), rounds, "default");
        row("default of another type", withParameter(R"({"type": "integer", "default": "3"})"),
            "parameters.properties.rounds.default", "integer");
        row("default out of range",
            withParameter(R"({"type": "integer", "minimum": 2, "default": 1})"),
            "parameters.properties.rounds.default", "at least 2");
        row("default is no choice",
            withParameter(R"({"type": "string", "enum": ["a", "b"], "default": "c"})"),
            "parameters.properties.rounds.default", "a, b");
        row("minimum above the maximum",
            withParameter(R"({"type": "integer", "minimum": 5, "maximum": 4, "default": 5})"),
            "parameters.properties.rounds.minimum", "above");
        row("minimum is a text",
            withParameter(R"({"type": "integer", "minimum": "1", "default": 1})"),
            "parameters.properties.rounds.minimum", "number");
        row("maximum is a text",
            withParameter(R"({"type": "number", "maximum": "9", "default": 1})"),
            "parameters.properties.rounds.maximum", "number");
        row("choices of an integer",
            withParameter(R"({"type": "integer", "enum": [1, 2], "default": 7})"),
            "parameters.properties.rounds.enum", "string");
        row("choices that are no texts",
            withParameter(R"({"type": "string", "enum": [1, 2], "default": ""})"),
            "parameters.properties.rounds.enum", "text");
        row("no choice at all",
            withParameter(R"({"type": "string", "enum": [], "default": "anything"})"),
            "parameters.properties.rounds.enum", "text");
        row("a title too few",
            withParameter(R"({"type": "string", "enum": ["a", "b"], "default": "a",
                              "x-enum-titles": ["A"]})"),
            "parameters.properties.rounds.x-enum-titles", "one");

        row("a fault without an id", changed("faults", R"({"value": [{"name": "A"}]})"), "faults",
            "id");
        row("a preset without an id", changed("presets", R"({"value": [{"name": "A"}]})"),
            "presets", "id");
        row("a preset with a wrong value",
            changed("presets", R"({"value": [{"id": "big", "values": {"rounds": 10}}]})"),
            "presets.big", "from 1 to 9");
        row("a preset of an unknown parameter",
            changed("presets", R"({"value": [{"id": "big", "values": {"round": 1}}]})"),
            "presets.big", "'round'");
        row("a preset of an unknown fault",
            changed("presets", R"({"value": [{"id": "big", "faults": ["lost"]}]})"), "presets.big",
            "\"lost\"");
        row("a result without an id", changed("results", R"({"value": [{"name": "A"}]})"),
            "results", "id");
        row("a result with an unknown direction",
            changed("results", R"({"value": [{"id": "wall", "direction": "up"}]})"), "results.wall",
            "\"up\"");
        row("an invariant without an id",
            changed("invariants", R"({"value": [{"description": "A"}]})"), "invariants", "id");

        row("parameters are a list", changed("parameters", R"({"value": []})"), "parameters",
            "object");
        for (const char *list : {"tags", "presets", "faults", "results", "invariants"})
            row(list, changed(list, R"({"value": {"a": {}}})"), list, "list");
    }
    void aWrongEntryIsRefusedWithItsPlace()
    {
        QFETCH(QJsonObject, metadata);
        QFETCH(QString, place);
        QFETCH(QString, word);
        QString problem;
        QVERIFY(!PatternInfo::fromMetadata(metadata, {}, &problem));
        QVERIFY2(problem.contains('"' + place + '"'), qPrintable(problem));
        QVERIFY2(problem.contains(word), qPrintable(problem));
        QVERIFY2(!problem.contains(". ("), qPrintable(problem)); // one sentence
    }

    void whoeverAsksForNoMessageGetsNone() { QVERIFY(!PatternInfo::fromMetadata({}, {}, nullptr)); }

    void aPlainTextIsEnglish() { QCOMPARE(LocalizedText(QJsonValue("Turns")).text("en"), "Turns"); }

    void aTextFallsBack_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("expected");
        QTest::newRow("exact") << "zh_CN"
                               << "乒乓";
        QTest::newRow("language without its country") << "de_AT"
                                                      << "Pingpong";
        QTest::newRow("unknown language: English") << "fr_FR"
                                                   << "Ping";
        QTest::newRow("another country: English") << "zh_TW"
                                                  << "Ping";
        QTest::newRow("English") << "en_GB"
                                 << "Ping";
    }
    void aTextFallsBack()
    {
        QFETCH(QString, language);
        QFETCH(QString, expected);
        const LocalizedText text(
                QJsonObject{{"en", "Ping"}, {"zh_CN", "乒乓"}, {"de", "Pingpong"}});
        QCOMPARE(text.text(language), expected);
    }

    void theSystemsLanguageIsTheDefault()
    {
        const LocalizedText text(QJsonObject{{"en", "Ping"}, {"zh_CN", "乒乓"}});
        const QLocale before;
        QLocale::setDefault(QLocale("zh_CN"));
        const QString chinese = text.text();
        QLocale::setDefault(QLocale("fr_FR"));
        const QString other = text.text();
        QLocale::setDefault(before);
        QCOMPARE(chinese, "乒乓");
        QCOMPARE(other, "Ping");
    }

    void noTextIsEmpty()
    {
        QVERIFY(LocalizedText().isEmpty());
        QVERIFY(LocalizedText(QJsonValue()).isEmpty());
        QCOMPARE(LocalizedText().text("en"), QString());
        QVERIFY(!LocalizedText(QJsonValue("a")).isEmpty());
    }

    void theLessonFallsBackToEnglish()
    {
        const QTemporaryDir folder;
        const auto write = [&folder](const char *name, const QByteArray &text) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly));
            QCOMPARE(file.write(text), text.size());
        };
        const PatternInfo info = read(minimal(), folder.filePath("ping-pong.so"));
        QCOMPARE(info.lesson("zh_CN"), QString());
        write("lesson.md", "# Turns");
        QCOMPARE(info.lesson("zh_CN"), "# Turns");
        write("lesson.zh_CN.md", "# 轮流");
        QCOMPARE(info.lesson("zh_CN"), "# 轮流");
        QCOMPARE(info.lesson("en"), "# Turns");
    }

    void aStaticPluginHasNoLesson() { QCOMPARE(read(minimal()).lesson("en"), QString()); }
};

QTEST_APPLESS_MAIN(TestMetadata)
#include "tst_metadata.moc"
