// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include "interrupt.h"
#include "outputfile.h"

#include <heddle/core/error.h>
#include <heddle/formats/traceformat.h>
#include <heddle/timeline/traceinfo.h>

#include <QCommandLineParser>

#include <cstdio>
#include <unistd.h>

namespace heddle::cli {

int runConvert(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
            QStringLiteral("Writes a trace as another format, or as a picture."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("convert"), QString(), QStringLiteral("convert"));
    parser.addPositionalArgument(QStringLiteral("IN"),
                                 QStringLiteral("The trace; - is standard input."));
    parser.addPositionalArgument(QStringLiteral("OUT"),
                                 QStringLiteral("The new file; - is standard output."));
    QStringList ids;
    for (const auto &writer : traceWriters())
        ids << writer->id();
    const QCommandLineOption format(QStringLiteral("format"),
                                    QStringLiteral("One of %1, or a suffix (default: that of OUT).")
                                            .arg(ids.join(QStringLiteral(", "))),
                                    QStringLiteral("format"));
    parser.addOption(format);
    parse(parser, arguments, 3);
    const QStringList files = parser.positionalArguments().mid(1);
    if (files.size() != 2 || files.contains(QString()))
        throw UsageError(
                QStringLiteral("Give an existing trace and a new file. heddle convert --help "
                               "tells more."));
    if (parser.isSet(format) && !writerCalled(parser.value(format))) {
        throw UsageError(QStringLiteral("There is no format '%1'. Known are: %2.")
                                 .arg(parser.value(format), ids.join(QStringLiteral(", "))));
    }
    if (!parser.isSet(format) && !writerFor(files[1])) {
        throw UsageError(QStringLiteral("No format has the suffix of '%1'. Known are: %2.")
                                 .arg(files[1], knownSuffixes().join(QStringLiteral(", "))));
    }
    checkOutput(files[1]);
    Interrupt interrupt;
    const std::stop_token stop = interrupt.next();
    const bool showProgress = isTerminal(STDERR_FILENO);
    const auto clearProgress = [showProgress] {
        if (showProgress)
            std::fputs("\r\033[K", stderr);
    };
    try {
        TraceStore store;
        importTrace(files[0], store, {}, stop);
        for (const QString &gap : traceGaps(store))
            printError(QStringLiteral("! ") + gap);
        exportTrace(
                store, files[1], parser.value(format),
                [showProgress](double fraction) {
                    if (showProgress)
                        std::fprintf(stderr, "\r\033[K%3d %%", static_cast<int>(fraction * 100));
                },
                stop);
    } catch (const Stopped &) {
        clearProgress();
        printError(QStringLiteral("heddle: Interrupted; %1 was not written.").arg(files[1]));
        return Interrupted;
    }
    clearProgress();
    return Done;
}

} // namespace heddle::cli
