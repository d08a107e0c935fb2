// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include "interrupt.h"
#include "outputfile.h"
#include "patternargument.h"
#include "runreport.h"

#include <heddle/core/error.h>
#include <heddle/formats/traceformat.h>
#include <heddle/runs/run.h>

#include <QCommandLineParser>
#include <QCoreApplication>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
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
    parse(parser, arguments, -1);
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
    if (parser.isSet(output)) {
        if (options.output.isEmpty())
            throw UsageError(QStringLiteral("-o needs the name of a file; none was given."));
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
        checkOutput(options.output);
    }
    return options;
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
        else if (run.request().isolated)
            run.kill();
        else
            std::_Exit(Interrupted); // a thread of ours cannot be ended by force
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
            exportTrace(*run.trace(), options.output, {}, {}, interrupt.next());
            written = options.output;
        } catch (const Stopped &) {
            printError(
                    QStringLiteral("heddle: Interrupted; %1 was not written.").arg(options.output));
            code = Interrupted;
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
