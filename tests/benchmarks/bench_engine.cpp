// SPDX-License-Identifier: Apache-2.0
// The engine beside what a Qt engineer would use instead. Each bench_*.cpp that is linked in adds
// the comparisons of its topic.
#include "comparisonreport.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>

#include <cstdio>

using namespace heddle::benchmarks;

namespace {

// The order in which they are measured and shown.
const QStringList topics{
        QStringLiteral("tasks"),      QStringLiteral("queue"),    QStringLiteral("wake"),
        QStringLiteral("locks"),      QStringLiteral("exchange"), QStringLiteral("storage"),
        QStringLiteral("coroutines"), QStringLiteral("timers"),   QStringLiteral("idle"),
};

void print(FILE *stream, const QString &text)
{
    std::fputs(text.toUtf8().constData(), stream);
    std::fflush(stream);
}

int failed(const QString &what)
{
    print(stderr, what + QLatin1Char('\n'));
    return 1;
}

Effort effortOf(const QCommandLineParser &options)
{
    Effort effort;
    if (options.isSet(QStringLiteral("quick")))
        effort = {.rounds = 3, .round = std::chrono::milliseconds(15)};
    if (options.isSet(QStringLiteral("smoke")))
        effort = {.rounds = 1, .round = std::chrono::milliseconds(1)};
    if (options.isSet(QStringLiteral("rounds")))
        effort.rounds = qMax(1, options.value(QStringLiteral("rounds")).toInt());
    return effort;
}

bool isChosen(const Comparison &comparison, const QStringList &words)
{
    const auto matches = [&comparison](const QString &word) {
        return comparison.topic() == word || comparison.work().contains(word, Qt::CaseInsensitive);
    };
    return words.isEmpty() || std::any_of(words.begin(), words.end(), matches);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    QCommandLineParser options;
    options.setApplicationDescription(
            QStringLiteral("Compares the engine with its peers, in turns in one process.\n"
                           "Fails only when a recording lost records: then its figures mean "
                           "nothing."));
    options.addHelpOption();
    options.addPositionalArgument(QStringLiteral("words"),
                                  QStringLiteral("Topics or parts of works; all if none is given"),
                                  QStringLiteral("[word…]"));
    options.addOptions({
            {QStringLiteral("quick"), QStringLiteral("Less than half a minute, less exact")},
            {QStringLiteral("smoke"), QStringLiteral("Only show that everything runs")},
            {QStringLiteral("rounds"), QStringLiteral("Rounds (7)"), QStringLiteral("number")},
            {QStringLiteral("json"), QStringLiteral("Write the results as JSON"),
             QStringLiteral("file")},
            {QStringLiteral("write"),
             QStringLiteral("Replace the section of the engine in this document"),
             QStringLiteral("file")},
    });
    options.process(application);

    const Effort effort = effortOf(options);
    std::vector<Result> results;
    quint64 lost = 0;
    for (const Comparison &comparison : Registered::all(topics)) {
        if (!isChosen(comparison, options.positionalArguments()))
            continue;
        results.push_back(measure(comparison, effort));
        lost += results.back().recordsLost();
        print(stdout, asText(results.back()) + QLatin1Char('\n'));
    }
    if (results.empty())
        return failed(QStringLiteral("There is no such topic or work. The topics are: ")
                      + topics.join(QStringLiteral(", ")));
    if (lost > 0)
        return failed(QStringLiteral("%1 records were lost").arg(lost));
    if (options.isSet(QStringLiteral("json"))) {
        QFile file(options.value(QStringLiteral("json")));
        if (!file.open(QIODevice::WriteOnly)
            || file.write(QJsonDocument(asJson(results, effort)).toJson()) < 0)
            return failed(file.fileName() + QStringLiteral(": ") + file.errorString());
    }
    if (options.isSet(QStringLiteral("write"))) {
        const QString file = options.value(QStringLiteral("write"));
        const QString error = replaceSection(file, asMarkdown(results, effort));
        if (!error.isEmpty())
            return failed(file + QStringLiteral(": ") + error);
    }
    return 0;
}
