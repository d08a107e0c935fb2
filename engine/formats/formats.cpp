// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/traceformat.h>

#include "chromewriter_p.h"
#include "perfettoreader_p.h"
#include "perfettowriter_p.h"
#include "picture/picturewriter_p.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <cstdio>

namespace heddle {

TraceWriter::~TraceWriter() = default;
TraceReader::~TraceReader() = default;

const std::vector<std::unique_ptr<TraceWriter>> &traceWriters()
{
    static const auto writers = [] {
        std::vector<std::unique_ptr<TraceWriter>> all;
        all.push_back(std::make_unique<PerfettoWriter>());
        all.push_back(std::make_unique<ChromeWriter>());
        all.push_back(std::make_unique<PictureWriter>(PictureWriter::Kind::Png));
        all.push_back(std::make_unique<PictureWriter>(PictureWriter::Kind::Svg));
        all.push_back(std::make_unique<PictureWriter>(PictureWriter::Kind::Pdf));
        return all;
    }();
    return writers;
}

const std::vector<std::unique_ptr<TraceReader>> &traceReaders()
{
    static const auto readers = [] {
        std::vector<std::unique_ptr<TraceReader>> all;
        all.push_back(std::make_unique<PerfettoReader>());
        return all;
    }();
    return readers;
}

const TraceWriter *writerFor(const QString &path)
{
    if (path == QLatin1String("-"))
        return traceWriters().front().get();
    for (const auto &writer : traceWriters()) {
        for (const QString &suffix : writer->suffixes()) {
            if (path.endsWith(QLatin1Char('.') + suffix, Qt::CaseInsensitive))
                return writer.get();
        }
    }
    return nullptr;
}

QStringList knownSuffixes()
{
    QStringList known;
    for (const auto &writer : traceWriters()) {
        for (const QString &suffix : writer->suffixes())
            known << QLatin1Char('.') + suffix;
    }
    return known;
}

void exportTrace(const TraceStore &store, const QString &path, const QString &format,
                 const FormatProgress &progress, std::stop_token stop)
{
    const TraceWriter *writer = nullptr;
    if (format.isEmpty()) {
        writer = writerFor(path);
    } else {
        for (const auto &candidate : traceWriters()) {
            if (candidate->id() == format)
                writer = candidate.get();
        }
    }
    if (!writer) {
        throw Error(QStringLiteral("No format is known for this file"), path,
                    QStringLiteral("Use one of the suffixes ")
                            + knownSuffixes().join(QStringLiteral(", ")));
    }
    if (path == QLatin1String("-")) {
        QFile output;
        if (!output.open(stdout, QIODevice::WriteOnly))
            throw Error(QStringLiteral("The standard output cannot be written"),
                        output.errorString());
        writer->write(store, output, progress, stop);
        if (!output.flush())
            throw Error(QStringLiteral("The standard output cannot be written"),
                        output.errorString());
        return;
    }
    // Goes to a temporary file beside the target, synced and renamed by commit(). An exception
    // leaves the old file as it was.
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly)) {
        throw Error(QStringLiteral("The file cannot be written: %1").arg(file.errorString()), path,
                    QStringLiteral("Choose a folder that exists and that you may write to"));
    }
    writer->write(store, file, progress, stop);
    if (!file.commit()) {
        throw Error(
                QStringLiteral("The file could not be completed: %1").arg(file.errorString()), path,
                QStringLiteral(
                        "Free some disk space and try again; an existing file was left as it was"));
    }
}

QString importTrace(const QString &path, TraceStore &store, const FormatProgress &progress,
                    std::stop_token stop)
{
    QFile file(path);
    const bool opened = path == QLatin1String("-") ? file.open(stdin, QIODevice::ReadOnly)
                                                   : file.open(QIODevice::ReadOnly);
    if (!opened) {
        throw Error(QStringLiteral("The file cannot be read: %1").arg(file.errorString()), path,
                    QStringLiteral("Check its name and permissions"));
    }
    const QByteArray head = file.peek(1024);
    for (const auto &reader : traceReaders()) {
        if (reader->recognises(head)) {
            reader->read(file, store, progress, stop);
            return reader->id();
        }
    }
    throw Error(head.isEmpty() ? QStringLiteral("The file is empty")
                               : QStringLiteral("The file is in no format that can be read"),
                path, QStringLiteral("Open a Perfetto trace (.pftrace)"));
}

} // namespace heddle
