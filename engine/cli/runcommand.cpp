// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include "interrupt.h"
#include "patternargument.h"

#include <heddle/core/error.h>
#include <heddle/formats/traceformat.h>
#include <heddle/runs/run.h>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace heddle::cli {

namespace {

struct Options
{
    RunRequest request;
    QString output;
    bool json = false;
};

Options parseOptions(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
            QStringLiteral("Runs a pattern in a process of its own and reports."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("run"), QString(), QStringLiteral("run"));
    parser.addPositionalArgument(QStringLiteral("ID"), QStringLiteral("The pattern's id."));
    const QCommandLineOption set(QStringLiteral("set"),
                                 QStringLiteral("Set a parameter; may be repeated."),
                                 QStringLiteral("name=value"));
    const QCommandLineOption preset(QStringLiteral("preset"),
                                    QStringLiteral("Start from a preset."), QStringLiteral("id"));
    const QCommandLineOption fault(QStringLiteral("fault"),
                                   QStringLiteral("Switch on a fault; may be repeated."),
                                   QStringLiteral("id"));
    const QCommandLineOption seed(QStringLiteral("seed"),
                                  QStringLiteral("The same seed makes the same choices."),
                                  QStringLiteral("number"), QStringLiteral("1"));
    const QCommandLineOption timeout(
            QStringLiteral("timeout"),
            QStringLiteral("Stop after so many seconds (default: runCap)."),
            QStringLiteral("seconds"));
    const QCommandLineOption output(
            {QStringLiteral("o"), QStringLiteral("output")},
            QStringLiteral("Write the trace; the suffix chooses the format."),
            QStringLiteral("file"));
    const QCommandLineOption json(QStringLiteral("json"), QStringLiteral("Print one JSON object."));
    const QCommandLineOption inProcess(QStringLiteral("in-process"),
                                       QStringLiteral("Run in this process, without protection."));
    const QCommandLineOption noTrace(QStringLiteral("no-trace"), QStringLiteral("Do not record."));
    parser.addOptions({set, preset, fault, seed, timeout, output, json, inProcess, noTrace});
    if (!parser.parse(arguments))
        throw UsageError(parser.errorText()
                         + QStringLiteral(". heddle run --help lists the options."));
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp(Done);
    if (parser.positionalArguments().size() > 2) {
        throw UsageError(
                QStringLiteral("'%1' is one argument too many. Parameters are given as --set "
                               "name=value.")
                        .arg(parser.positionalArguments().at(2)));
    }

    Options options;
    RunRequest &request = options.request;
    request.pattern = patternArgument(parser.positionalArguments().value(1));
    if (parser.isSet(preset)) {
        const QString wanted = parser.value(preset);
        const auto &presets = request.pattern.presets;
        const auto found = std::find_if(presets.begin(), presets.end(),
                                        [&](const PresetInfo &info) { return info.id == wanted; });
        if (found == presets.end()) {
            QStringList known;
            for (const PresetInfo &info : presets)
                known << info.id;
            throw UsageError(
                    QStringLiteral("Pattern '%1' has no preset '%2'. It has: %3.")
                            .arg(request.pattern.id, wanted, known.join(QStringLiteral(", "))));
        }
        request.parameters = found->values;
        request.faults = found->faults;
    }
    for (const QString &assignment : parser.values(set)) {
        const qsizetype equals = assignment.indexOf(QLatin1Char('='));
        if (equals <= 0) {
            throw UsageError(
                    QStringLiteral("'--set %1' is not of the form name=value.").arg(assignment));
        }
        QString problem;
        const QString name = assignment.left(equals);
        const auto value = request.pattern.parse(name, assignment.mid(equals + 1), &problem);
        if (!value)
            throw UsageError(problem);
        request.parameters.insert(name, *value);
    }
    for (const QString &id : parser.values(fault)) {
        if (!request.pattern.fault(id)) {
            QStringList known;
            for (const FaultInfo &info : request.pattern.faults)
                known << info.id;
            throw UsageError(QStringLiteral("Pattern '%1' has no fault '%2'. It has: %3.")
                                     .arg(request.pattern.id, id,
                                          known.isEmpty() ? QStringLiteral("none")
                                                          : known.join(QStringLiteral(", "))));
        }
        if (!request.faults.contains(id))
            request.faults << id;
    }
    bool isNumber = false;
    request.seed = parser.value(seed).toULongLong(&isNumber);
    if (!isNumber)
        throw UsageError(
                QStringLiteral("The seed '%1' is not a whole number.").arg(parser.value(seed)));
    if (parser.isSet(timeout)) {
        const double seconds = parser.value(timeout).toDouble(&isNumber);
        if (!isNumber || !(seconds >= 0.001) || seconds > 1e6) {
            throw UsageError(QStringLiteral("The timeout must be a number of seconds from 0.001 to "
                                            "1000000; the value given was %1.")
                                     .arg(parser.value(timeout)));
        }
        request.timeout = std::chrono::milliseconds(static_cast<qint64>(seconds * 1000));
    }
    options.output = parser.value(output);
    options.json = parser.isSet(json);
    request.isolated = !parser.isSet(inProcess);
    request.record = !parser.isSet(noTrace);
    if (!options.output.isEmpty()) {
        if (options.json && options.output == QLatin1String("-")) {
            throw UsageError(QStringLiteral(
                    "--json and -o - would both write to the standard output. Name a file."));
        }
        if (!request.record)
            throw UsageError(QStringLiteral("-o writes a trace, but --no-trace records none."));
        if (!writerFor(options.output)) {
            throw UsageError(
                    QStringLiteral("No format has the suffix of '%1'. Known are: %2.")
                            .arg(options.output, knownSuffixes().join(QStringLiteral(", "))));
        }
    }
    return options;
}

QString valueText(const QVariant &value)
{
    if (value.typeId() == QMetaType::Double) {
        const double number = value.toDouble();
        return number == std::floor(number) && std::abs(number) < 1e15
                       ? QString::number(static_cast<qint64>(number))
                       : QString::number(number, 'g', 5);
    }
    return value.toString();
}

void printReport(const Run &run, const QString &output)
{
    const RunReport &report = run.report();
    const PatternInfo &pattern = run.request().pattern;
    print(QStringLiteral("%1: %2 after %3 s")
                  .arg(pattern.id,
                       runStateId(report.state).replace(QLatin1Char('_'), QLatin1Char(' ')),
                       QString::number(std::chrono::duration<double>(report.wallTime).count(), 'f',
                                       3)));
    std::vector<QStringList> rows;
    for (const ResultInfo &info : pattern.results) {
        if (report.results.contains(info.id)) {
            rows.push_back({QStringLiteral("  ") + info.name.text(),
                            valueText(report.results.value(info.id)) + QLatin1Char(' ')
                                    + info.unit.text()});
        }
    }
    printTable(rows);
    for (const InvariantOutcome &outcome : report.invariants) {
        print(QStringLiteral("  %1 %2: %3")
                      .arg(outcome.holds ? QStringLiteral("holds ") : QStringLiteral("BROKEN"),
                           outcome.id, outcome.evidence));
    }
    const TraceCounts counts = run.trace()->counts();
    if (run.request().record) {
        print(QStringLiteral("  trace: %1 threads, %2 slices, %3 waits, %4 flows, %5 lost%6")
                      .arg(run.trace()->threadCount())
                      .arg(counts.slices)
                      .arg(counts.waits)
                      .arg(counts.flows)
                      .arg(counts.lost)
                      .arg(output.isEmpty() ? QString() : QStringLiteral(" → ") + output));
    }
    std::fflush(stdout);
    if (!report.message.isEmpty())
        printError(report.message);
    for (const QString &line : report.lastRecords)
        printError(QStringLiteral("  at the end, ") + line);
    for (const QString &frame : report.backtrace)
        printError(QStringLiteral("    ") + frame);
}

QJsonObject reportJson(const Run &run, const QString &output)
{
    const RunReport &report = run.report();
    QJsonArray invariants;
    for (const InvariantOutcome &outcome : report.invariants) {
        invariants.append(QJsonObject{{QStringLiteral("id"), outcome.id},
                                      {QStringLiteral("holds"), outcome.holds},
                                      {QStringLiteral("evidence"), outcome.evidence}});
    }
    return {{QStringLiteral("pattern"), run.request().pattern.id},
            {QStringLiteral("state"), runStateId(report.state)},
            {QStringLiteral("message"), report.message},
            {QStringLiteral("wall_ns"), static_cast<qint64>(report.wallTime.count())},
            {QStringLiteral("results"), QJsonObject::fromVariantMap(report.results)},
            {QStringLiteral("invariants"), invariants},
            {QStringLiteral("findings"), QJsonArray()},
            {QStringLiteral("signal"), report.signalNumber},
            {QStringLiteral("exit_code"), report.exitCode},
            {QStringLiteral("backtrace"), QJsonArray::fromStringList(report.backtrace)},
            {QStringLiteral("last_records"), QJsonArray::fromStringList(report.lastRecords)},
            {QStringLiteral("trace"), output.isEmpty() ? QJsonValue() : QJsonValue(output)},
            {QStringLiteral("lost"), static_cast<qint64>(run.trace()->counts().lost)}};
}

int exitCodeOf(const RunReport &report, bool interrupted)
{
    if (interrupted)
        return Interrupted;
    switch (report.state) {
    case RunState::Crashed:
        return PluginCrashed;
    case RunState::TimedOut:
        return RunTimedOut;
    case RunState::Finished:
        for (const InvariantOutcome &outcome : report.invariants) {
            if (!outcome.holds)
                return RunFailed;
        }
        return Done;
    default:
        return RunFailed;
    }
}

} // namespace

int runRun(const QStringList &arguments)
{
    const Options options = parseOptions(arguments);
    Run run(options.request);
    Interrupt interrupt;
    const bool showProgress = isTerminal(STDERR_FILENO);
    QObject::connect(&interrupt, &Interrupt::requested, &run, [&run](int times) {
        if (times == 1)
            run.stop();
        else
            run.kill();
    });
    QObject::connect(&run, &Run::progressed, &run, [&](double fraction, const QString &text) {
        if (showProgress) {
            std::fprintf(stderr, "\r\033[K%3d %% %s", static_cast<int>(fraction * 100),
                         qPrintable(text));
            std::fflush(stderr);
        }
    });
    QObject::connect(&run, &Run::logged, &run, [&](LogLevel level, const QString &text) {
        if (showProgress)
            std::fputs("\r\033[K", stderr);
        printError((level >= LogLevel::Warning ? QStringLiteral("! ") : QStringLiteral("  "))
                   + text);
    });
    QObject::connect(&run, &Run::finished, &run, [] { QCoreApplication::quit(); });
    run.start();
    QCoreApplication::exec();
    if (showProgress)
        std::fputs("\r\033[K", stderr);

    int code = exitCodeOf(run.report(), interrupt.times() > 0);
    QString written;
    // A run that could not begin has no trace, and must not take the place of one.
    if (!options.output.isEmpty() && run.trace()->threadCount() > 0) {
        try {
            exportTrace(*run.trace(), options.output);
            written = options.output;
        } catch (const Error &error) {
            printError(QStringLiteral("heddle: ") + QString::fromUtf8(error.what()));
            code = code == Done ? RunFailed : code;
        }
    }
    if (options.json)
        printJson(reportJson(run, written));
    else if (options.output != QLatin1String("-"))
        printReport(run, written);
    return code;
}

} // namespace heddle::cli
