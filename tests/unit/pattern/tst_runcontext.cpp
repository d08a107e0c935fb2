// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/error.h>
#include <heddle/pattern/runcontext.h>

#include <QTest>

#include <ctime>
#include <latch>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

// Notes what a pattern reports, one line each.
class Notes : public RunObserver
{
public:
    void progress(double fraction, const QString &text) override
    {
        note("progress %1 %2", QString::number(fraction), text);
    }
    void log(LogLevel level, const QString &text) override
    {
        note("log %1 %2", QString::number(static_cast<int>(level)), text);
    }
    void result(const QString &id, const QVariant &value) override
    {
        note("result %1 %2", id, QLatin1String(value.typeName()) + ' ' + value.toString());
    }
    void invariant(const QString &id, bool holds, const QString &evidence) override
    {
        note(holds ? "holds %1 %2" : "broken %1 %2", id, evidence);
    }
    [[nodiscard]] QStringList lines() const
    {
        const std::lock_guard lock(m_mutex);
        return m_lines;
    }
    void clear()
    {
        const std::lock_guard lock(m_mutex);
        m_lines.clear();
    }

private:
    void note(const char *format, const QString &first, const QString &second)
    {
        const std::lock_guard lock(m_mutex);
        m_lines << QString::fromLatin1(format).arg(first, second);
    }
    mutable std::mutex m_mutex;
    QStringList m_lines;
};

} // namespace

// What a pattern gets from its run, and what it reports to it.
class TestRunContext : public QObject
{
    Q_OBJECT

    Notes m_notes;

    RunContext::Setup setup()
    {
        RunContext::Setup setup;
        setup.observer = &m_notes;
        return setup;
    }
    static Parameters sample()
    {
        return Parameters({{"items", 12},
                           {"large", qint64{9007199254740993}},
                           {"tick", 1.5},
                           {"loud", true},
                           {"mode", "fast"}});
    }
    // The message of the heddle::Error that \a ask throws, empty if it throws none.
    template <typename Ask>
    static QString errorOf(Ask ask)
    {
        try {
            static_cast<void>(ask());
        } catch (const Error &error) {
            return QString::fromUtf8(error.what());
        }
        return {};
    }

private Q_SLOTS:
    void init() { m_notes.clear(); }

    void aParameterIsReadAsItsType()
    {
        const Parameters parameters = sample();
        QCOMPARE(parameters.integer("items"), qint64{12});
        QCOMPARE(parameters.number("tick"), 1.5);
        QCOMPARE(parameters.boolean("loud"), true);
        QCOMPARE(parameters.text("mode"), "fast");
    }

    void aLargeIntegerStaysExact()
    {
        QCOMPARE(sample().integer("large"), qint64{9007199254740993});
    }

    void anIntegerCanBeReadAsANumber() { QCOMPARE(sample().number("items"), 12.0); }

    void aNumberOfMillisecondsIsADuration()
    {
        QCOMPARE(sample().milliseconds("tick"), std::chrono::nanoseconds(1'500'000));
    }

    void aNumberOfMicrosecondsIsADuration()
    {
        QCOMPARE(sample().microseconds("tick"), std::chrono::nanoseconds(1'500));
    }

    void allValuesCanBeHad()
    {
        QCOMPARE(sample().values().size(), qsizetype{5});
        QCOMPARE(sample().values()["mode"], QJsonValue("fast"));
        QVERIFY(Parameters().values().isEmpty());
    }

    void anUndeclaredParameterIsAnErrorThatNamesIt()
    {
        const Parameters parameters = sample();
        for (const QString &message : {errorOf([&] { return parameters.integer("itmes"); }),
                                       errorOf([&] { return parameters.number("itmes"); }),
                                       errorOf([&] { return parameters.boolean("itmes"); }),
                                       errorOf([&] { return parameters.text("itmes"); }),
                                       errorOf([&] { return parameters.milliseconds("itmes"); }),
                                       errorOf([&] { return parameters.microseconds("itmes"); })}) {
            QVERIFY2(message.contains("itmes"), qPrintable(message));
            QVERIFY2(message.contains("metadata"), qPrintable(message));
        }
    }

    void anotherTypeIsAnErrorThatNamesTheParameterAndTheType()
    {
        const Parameters parameters = sample();
        const auto check = [](const QString &message, const char *name, const char *type) {
            return message.contains(QLatin1String(name)) && message.contains(QLatin1String(type));
        };
        QVERIFY(check(errorOf([&] { return parameters.integer("mode"); }), "mode", "integer"));
        QVERIFY(check(errorOf([&] { return parameters.integer("loud"); }), "loud", "integer"));
        QVERIFY(check(errorOf([&] { return parameters.number("mode"); }), "mode", "number"));
        QVERIFY(check(errorOf([&] { return parameters.milliseconds("loud"); }), "loud", "number"));
        QVERIFY(check(errorOf([&] { return parameters.boolean("items"); }), "items", "truth"));
        QVERIFY(check(errorOf([&] { return parameters.text("items"); }), "items", "text"));
    }

    void aFractionIsNoInteger()
    {
        const Parameters parameters = sample();
        const QString message = errorOf([&] { return parameters.integer("tick"); });
        QVERIFY2(message.contains("tick"), qPrintable(message));
    }

    void aRunNeedsAnObserver()
    {
        const QString message = errorOf([] {
            RunContext context({});
            return 0;
        });
        QVERIFY2(message.contains("observer"), qPrintable(message));
    }

    void theContextHandsOutItsParameters()
    {
        RunContext::Setup with = setup();
        with.parameters = sample();
        const RunContext context(with);
        QCOMPARE(context.parameters().integer("items"), qint64{12});
    }

    void aFaultIsOnOnlyWhenItWasSwitchedOn()
    {
        RunContext::Setup with = setup();
        with.faults = {"lost-ball"};
        const RunContext context(with);
        QVERIFY(context.hasFault("lost-ball"));
        QVERIFY(!context.hasFault("another"));
        QVERIFY(!RunContext(setup()).hasFault("lost-ball"));
    }

    void aStopIsSeenOnceRequested()
    {
        std::stop_source source;
        RunContext::Setup with = setup();
        with.stop = source.get_token();
        const RunContext context(with);
        QVERIFY(!context.stopRequested());
        QVERIFY(!context.stopToken().stop_requested());
        source.request_stop();
        QVERIFY(context.stopRequested());
        QVERIFY(context.stopToken().stop_requested());
    }

    void withoutASourceThereIsNoStop() { QVERIFY(!RunContext(setup()).stopRequested()); }

    void reportsReachTheObserverInOrder()
    {
        RunContext context(setup());
        context.progress(0.25, "a quarter");
        context.result("items", 12);
        context.result("rate", 1.5);
        context.result("ok", true);
        context.result("who", QStringLiteral("ping"));
        context.invariant("all-back", true, "12 of 12");
        context.invariant("in-order", false, "7 after 8");
        QCOMPARE(m_notes.lines(), (QStringList{"progress 0.25 a quarter", "result items int 12",
                                               "result rate double 1.5", "result ok bool true",
                                               "result who QString ping", "holds all-back 12 of 12",
                                               "broken in-order 7 after 8"}));
    }

    void everyValueOfAResultIsHandedOn() // the last one counts, so the observer must see it last
    {
        RunContext context(setup());
        context.result("items", 1);
        context.result("items", 2);
        QCOMPARE(m_notes.lines(), (QStringList{"result items int 1", "result items int 2"}));
    }

    void aLogKeepsItsLevel()
    {
        RunContext context(setup());
        context.log(LogLevel::Debug, "d");
        context.info("i");
        context.warning("w");
        context.log(LogLevel::Error, "e");
        QCOMPARE(m_notes.lines(), (QStringList{"log 0 d", "log 1 i", "log 2 w", "log 3 e"}));
    }

    void progressStaysBetweenZeroAndOne_data()
    {
        QTest::addColumn<double>("given");
        QTest::addColumn<QString>("reported");
        QTest::newRow("below") << -0.5 << "progress 0 ";
        QTest::newRow("above") << 1.5 << "progress 1 ";
        QTest::newRow("none") << 0.0 << "progress 0 ";
        QTest::newRow("all") << 1.0 << "progress 1 ";
        QTest::newRow("infinite") << std::numeric_limits<double>::infinity() << "progress 1 ";
        QTest::newRow("0 of 0") << std::numeric_limits<double>::quiet_NaN() << "progress 0 ";
    }
    void progressStaysBetweenZeroAndOne()
    {
        QFETCH(double, given);
        QFETCH(QString, reported);
        RunContext context(setup());
        context.progress(given);
        QCOMPARE(m_notes.lines(), QStringList{reported});
    }

    void anyThreadMayReport()
    {
        constexpr int threads = 4;
        constexpr int reports = 250;
        RunContext context(setup());
        std::latch together(threads);
        {
            std::vector<std::jthread> reporters;
            for (int thread = 0; thread < threads; ++thread) {
                reporters.emplace_back([&] {
                    together.arrive_and_wait();
                    for (int report = 0; report < reports; ++report)
                        context.info("here");
                });
            }
        }
        QCOMPARE(m_notes.lines().size(), qsizetype{threads * reports});
    }

    void theSameSeedAndStreamMakeTheSameChoices()
    {
        RunContext::Setup with = setup();
        with.seed = 42;
        const RunContext one(with);
        const RunContext two(with);
        QVERIFY(one.random(3) == two.random(3));
        QVERIFY(one.random() == two.random(0));
    }

    void askingTwiceMakesTheSameChoices()
    {
        const RunContext context(setup());
        std::mt19937_64 first = context.random(1);
        first.discard(100);
        QVERIFY(context.random(1) == context.random(1)); // what another thread drew is no matter
        QVERIFY(context.random(1) != first);
    }

    void anotherStreamMakesOtherChoices()
    {
        const RunContext context(setup());
        QVERIFY(context.random(1)() != context.random(2)());
        QVERIFY(context.random(1)() != context.random(quint64{1} << 32)());
    }

    void everyBitOfTheSeedCounts()
    {
        RunContext::Setup with = setup();
        with.seed = 1;
        const RunContext plain(with);
        for (int bit = 1; bit < 64; ++bit) {
            with.seed = 1 | quint64{1} << bit;
            QVERIFY2(RunContext(with).random()() != plain.random()(),
                     qPrintable(QString::number(bit)));
        }
    }

    void aPauseThatIsNotStoppedSaysSo()
    {
        RunContext context(setup());
        QVERIFY(context.pause(1ms));
        QVERIFY(context.pause(0ms));
    }

    void aPauseLastsAtLeastItsTime()
    {
        RunContext::Setup with = setup();
        with.timeScale = 4;
        RunContext context(with);
        const auto begin = std::chrono::steady_clock::now();
        QVERIFY(context.pause(5ms));
        QVERIFY(std::chrono::steady_clock::now() - begin >= 20ms); // 4 × 5 ms
    }

    void aStopEndsAPause() // otherwise the test never ends
    {
        std::stop_source source;
        RunContext::Setup with = setup();
        with.stop = source.get_token();
        RunContext context(with);
        std::latch begun(1);
        std::jthread stopper([&] {
            begun.wait();
            source.request_stop();
        });
        begun.count_down();
        QVERIFY(!context.pause(24h));
    }

    void afterAStopNothingIsWaitedFor()
    {
        std::stop_source source;
        source.request_stop();
        RunContext::Setup with = setup();
        with.stop = source.get_token();
        RunContext context(with);
        QVERIFY(!context.pause(24h));
        QVERIFY(!context.pause(0ms));
        QVERIFY(!context.compute(24h));
        QVERIFY(!context.compute(0ms));
    }

    void computingUsesAtLeastItsTimeOfTheProcessor()
    {
        RunContext::Setup with = setup();
        with.timeScale = 2;
        RunContext context(with);
        const auto used = [] {
            timespec now = {};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
            return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
        };
        const auto begin = used();
        QVERIFY(context.compute(5ms));
        QVERIFY(used() - begin >= 10ms); // 2 × 5 ms
    }

    void aStopEndsComputing()
    {
        std::stop_source source;
        RunContext::Setup with = setup();
        with.stop = source.get_token();
        RunContext context(with);
        std::latch begun(1);
        std::jthread stopper([&] {
            begun.wait();
            source.request_stop();
        });
        begun.count_down();
        QVERIFY(!context.compute(24h));
    }
};

QTEST_APPLESS_MAIN(TestRunContext)
#include "tst_runcontext.moc"
