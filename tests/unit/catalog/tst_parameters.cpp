// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/patterninfo.h>

#include <QTest>

#include <limits>

using namespace heddle;

// The values that a user gives: what is accepted, and what is said when one is not.
class TestParameters : public QObject
{
    Q_OBJECT

    static PatternInfo pattern()
    {
        const QJsonObject properties{
                {"threads", QJsonObject{{"type", "integer"},
                                        {"minimum", 1},
                                        {"maximum", 32},
                                        {"default", 4},
                                        {"x-unit", "threads"}}},
                {"tick",
                 QJsonObject{
                         {"type", "number"}, {"minimum", 0.5}, {"default", 1.5}, {"x-unit", "ms"}}},
                {"below", QJsonObject{{"type", "number"}, {"maximum", 2}, {"default", 0}}},
                {"any", QJsonObject{{"type", "integer"}, {"default", 0}}},
                {"loud", QJsonObject{{"type", "boolean"}, {"default", false}}},
                {"text", QJsonObject{{"type", "string"}, {"default", "hello"}}},
                {"mode", QJsonObject{{"type", "string"},
                                     {"enum", QJsonArray{"fast", "slow"}},
                                     {"default", "fast"}}},
        };
        QString problem;
        const auto info = PatternInfo::fromMetadata(
                {{"id", "sample"},
                 {"name", "Sample"},
                 {"parameters", QJsonObject{{"properties", properties}}}},
                {}, &problem);
        if (!info)
            qFatal("%s", qPrintable(problem));
        return *info;
    }

private Q_SLOTS:
    void aTextBecomesAValueOfTheParametersType_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QJsonValue>("expected");
        const auto row = [](const char *name, const char *text, const QJsonValue &expected) {
            QTest::addRow("%s=%s", name, text)
                    << QString::fromLatin1(name) << QString::fromUtf8(text) << expected;
        };
        row("threads", "2", 2);
        row("threads", "1", 1); // the limits belong to the range
        row("threads", "32", 32);
        row("any", "-7", -7);
        row("tick", "0.5", 0.5);
        row("tick", "2", 2);
        row("tick", "1e3", 1000);
        row("below", "-12.25", -12.25);
        for (const char *yes : {"true", "1", "yes", "on"})
            row("loud", yes, true);
        for (const char *no : {"false", "0", "no", "off"})
            row("loud", no, false);
        row("text", "2", "2");
        row("text", "true", "true");
        row("text", "", "");
        row("text", "äöü 文", "äöü 文");
        row("mode", "slow", "slow");
    }
    void aTextBecomesAValueOfTheParametersType()
    {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QFETCH(QJsonValue, expected);
        QString problem;
        const std::optional<QJsonValue> value = pattern().parse(name, text, &problem);
        QVERIFY2(value, qPrintable(problem));
        QCOMPARE(*value, expected);
        QVERIFY(problem.isEmpty());
    }

    void aTextThatDoesNotFitIsRefusedWithNameRangeAndValue_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("range");
        QTest::addColumn<QString>("given");
        const auto row = [](const char *name, const char *text, const char *range,
                            const char *given) {
            QTest::addRow("%s=%s", name, text)
                    << QString::fromLatin1(name) << QString::fromLatin1(text)
                    << QString::fromLatin1(range) << QString::fromLatin1(given);
        };
        const char *threads = "an integer from 1 to 32 (threads)";
        row("threads", "0", threads, "0");
        row("threads", "33", threads, "33");
        row("threads", "-1", threads, "-1");
        row("threads", "2.5", threads, "2.5");
        row("threads", "many", threads, "'many'");
        row("threads", "", threads, "''");
        row("threads", "3 threads", threads, "'3 threads'");
        row("tick", "0.49", "a number of at least 0.5 (ms)", "0.49");
        row("tick", "nan", "a number of at least 0.5 (ms)", "nan");
        row("tick", "inf", "a number of at least 0.5 (ms)", "inf");
        row("tick", "1,5", "a number of at least 0.5 (ms)", "'1,5'");
        row("below", "2.01", "a number of at most 2", "2.01");
        row("any", "1e300", "an integer", "1e+300");
        row("any", "9223372036854775808", "an integer", "9.2233");
        row("loud", "maybe", "true or false", "'maybe'");
        row("loud", "2", "true or false", "'2'");
        row("loud", "", "true or false", "''");
        row("mode", "medium", "one of fast, slow", "'medium'");
        row("mode", "Fast", "one of fast, slow", "'Fast'");
        row("mode", "", "one of fast, slow", "''");
    }
    void aTextThatDoesNotFitIsRefusedWithNameRangeAndValue()
    {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QFETCH(QString, range);
        QFETCH(QString, given);
        QString problem;
        QVERIFY(!pattern().parse(name, text, &problem));
        QVERIFY2(problem.contains('\'' + name + '\''), qPrintable(problem));
        QVERIFY2(problem.contains(range), qPrintable(problem));
        QVERIFY2(problem.contains("given was " + given), qPrintable(problem));
    }

    void aLargeIntegerStaysExact_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("expected");
        QTest::newRow("2^53 + 1") << "9007199254740993" << qint64{9007199254740993};
        QTest::newRow("largest") << "9223372036854775807" << std::numeric_limits<qint64>::max();
        QTest::newRow("smallest") << "-9223372036854775808" << std::numeric_limits<qint64>::min();
    }
    void aLargeIntegerStaysExact()
    {
        QFETCH(QString, text);
        QFETCH(qint64, expected);
        QString problem;
        const std::optional<QJsonValue> value = pattern().parse("any", text, &problem);
        QVERIFY2(value, qPrintable(problem));
        QCOMPARE(value->toInteger(), expected);
    }

    void aValueOfAnotherTypeIsRefused_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QJsonValue>("value");
        QTest::addColumn<QString>("given");
        QTest::newRow("text for integer") << "threads" << QJsonValue("2") << "'2'";
        QTest::newRow("boolean for integer") << "threads" << QJsonValue(true) << "true";
        QTest::newRow("fraction for integer") << "threads" << QJsonValue(2.5) << "2.5";
        QTest::newRow("nothing for integer") << "threads" << QJsonValue() << "null";
        QTest::newRow("list for number") << "tick" << QJsonValue(QJsonArray{1}) << "a list";
        QTest::newRow("object for number") << "tick" << QJsonValue(QJsonObject()) << "an object";
        QTest::newRow("no number for number")
                << "tick" << QJsonValue(std::numeric_limits<double>::quiet_NaN()) << "nan";
        QTest::newRow("integer for boolean") << "loud" << QJsonValue(1) << "1";
        QTest::newRow("text for boolean") << "loud" << QJsonValue("true") << "'true'";
        QTest::newRow("number for text") << "text" << QJsonValue(5) << "5";
        QTest::newRow("number for choice") << "mode" << QJsonValue(0) << "0";
    }
    void aValueOfAnotherTypeIsRefused()
    {
        QFETCH(QString, name);
        QFETCH(QJsonValue, value);
        QFETCH(QString, given);
        const PatternInfo info = pattern();
        QString problem;
        QVERIFY(!info.parameter(name)->accepts(value, &problem));
        QVERIFY2(problem.contains('\'' + name + '\''), qPrintable(problem));
        QVERIFY2(problem.contains(info.parameter(name)->range()), qPrintable(problem));
        QVERIFY2(problem.contains("given was " + given), qPrintable(problem));
    }

    void aWholeNumberIsAnIntegerHoweverItIsWritten()
    {
        QVERIFY(pattern().parameter("threads")->accepts(2.0, nullptr));
        QVERIFY(pattern().parameter("tick")->accepts(2, nullptr));
    }

    void theRangeIsSaidInWords_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("range");
        QTest::newRow("both limits, unit") << "threads"
                                           << "an integer from 1 to 32 (threads)";
        QTest::newRow("minimum") << "tick"
                                 << "a number of at least 0.5 (ms)";
        QTest::newRow("maximum") << "below"
                                 << "a number of at most 2";
        QTest::newRow("no limits") << "any"
                                   << "an integer";
        QTest::newRow("boolean") << "loud"
                                 << "true or false";
        QTest::newRow("text") << "text"
                              << "a text";
        QTest::newRow("choice") << "mode"
                                << "one of fast, slow";
    }
    void theRangeIsSaidInWords()
    {
        QFETCH(QString, name);
        QFETCH(QString, range);
        QCOMPARE(pattern().parameter(name)->range(), range);
    }

    void anUnknownNameIsAnsweredWithTheNearest()
    {
        QString problem;
        QVERIFY(!pattern().parse("thread", "2", &problem));
        QVERIFY2(problem.contains("'sample'"), qPrintable(problem));
        QVERIFY2(problem.contains("'thread'"), qPrintable(problem));
        QVERIFY2(problem.contains("Did you mean 'threads'?"), qPrintable(problem));
    }

    void anUnknownNameIsAnsweredWithAllThereAre()
    {
        QString problem;
        QVERIFY(!pattern().parse("completely-different", "2", &problem));
        QVERIFY2(!problem.contains("Did you mean"), qPrintable(problem));
        for (const ParameterInfo &known : pattern().parameters)
            QVERIFY2(problem.contains(known.name), qPrintable(problem));
    }

    void theNearestNameIsWhatWasProbablyMeant_data()
    {
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("expected");
        QTest::newRow("a letter missing") << "consumer"
                                          << "consumers";
        QTest::newRow("letters swapped") << "itmes"
                                         << "items";
        QTest::newRow("other case") << "QUEUESIZE"
                                    << "queueSize";
        QTest::newRow("exact") << "items"
                               << "items";
        QTest::newRow("nothing near") << "zzzzzz"
                                      << "";
        QTest::newRow("empty") << ""
                               << "";
    }
    void theNearestNameIsWhatWasProbablyMeant()
    {
        QFETCH(QString, given);
        QFETCH(QString, expected);
        QCOMPARE(nearestName(given, {"producers", "consumers", "items", "queueSize"}), expected);
    }

    void missingValuesAreFilledWithDefaults()
    {
        QString problem;
        const auto all = pattern().complete({{"threads", 9}}, &problem);
        QVERIFY2(all, qPrintable(problem));
        QCOMPARE((*all)["threads"], QJsonValue(9));
        QCOMPARE((*all)["tick"], QJsonValue(1.5));
        QCOMPARE((*all)["mode"], QJsonValue("fast"));
        QCOMPARE(all->size(), pattern().parameters.size());
        QVERIFY(problem.isEmpty());
    }

    void oneWrongValueRefusesTheWhole()
    {
        QString problem;
        QVERIFY(!pattern().complete({{"loud", true}, {"threads", 99}}, &problem));
        QVERIFY2(problem.contains("'threads'"), qPrintable(problem));
        QVERIFY2(problem.contains("from 1 to 32"), qPrintable(problem));
        QVERIFY2(problem.contains("99"), qPrintable(problem));
    }

    void oneUnknownNameRefusesTheWhole()
    {
        QString problem;
        QVERIFY(!pattern().complete({{"loudly", true}}, &problem));
        QVERIFY2(problem.contains("Did you mean 'loud'?"), qPrintable(problem));
    }

    void commonParametersAreCheckedToo()
    {
        QString problem;
        QVERIFY(!pattern().parse("timeScale", "0", &problem));
        QVERIFY2(problem.contains("'timeScale'"), qPrintable(problem));
        QVERIFY(pattern().parse("timeScale", "2", nullptr));
    }

    void whoeverAsksForNoMessageGetsNone()
    {
        QVERIFY(!pattern().parse("threads", "0", nullptr));
        QVERIFY(!pattern().parse("nothing", "0", nullptr));
        QVERIFY(!pattern().complete({{"nothing", 0}}, nullptr));
    }
};

QTEST_APPLESS_MAIN(TestParameters)
#include "tst_parameters.moc"
