// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/traceformat.h>

#include "chromewriter_p.h"
#include "perfettoreader_p.h"
#include "perfettowriter_p.h"
#include "picture/picturewriter_p.h"
#include "recordingfile_p.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <cstdio>

namespace heddle {

namespace {

Error writeFailure(const QFileDevice &file, const QString &place)
{
    return Error(QStringLiteral("The file cannot be written: %1").arg(file.errorString()), place,
                 QStringLiteral("Choose a place that you may write to, with space left"));
}

// The writers know a device; the user knows a file.
void writeInto(const TraceWriter &writer, const TraceStore &store, QFileDevice &file,
               const QString &place, const FormatProgress &progress, std::stop_token stop)
{
    try {
        writer.write(store, file, progress, std::move(stop));
    } catch (const Stopped &) {
        throw;
    } catch (const Error &) {
        if (file.error() == QFileDevice::NoError)
            throw;
        throw writeFailure(file, place);
    }
}

} // namespace

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
        all.push_back(std::make_unique<RecordingFileReader>());
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

const TraceWriter *writerCalled(const QString &format)
{
    for (const auto &writer : traceWriters()) {
        if (writer->id() == format || writer->suffixes().contains(format, Qt::CaseInsensitive))
            return writer.get();
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
    const TraceWriter *writer = format.isEmpty() ? writerFor(path) : writerCalled(format);
    if (!writer) {
        throw Error(QStringLiteral("No format is known for this file"), path,
                    QStringLiteral("Use one of the suffixes ")
                            + knownSuffixes().join(QStringLiteral(", ")));
    }
    if (path == QLatin1String("-")) {
        QFile output;
        if (!output.open(stdout, QIODevice::WriteOnly | QIODevice::Unbuffered))
            throw writeFailure(output, QStringLiteral("standard output"));
        writeInto(*writer, store, output, QStringLiteral("standard output"), progress, stop);
        return;
    }
    // A pipe or a device is written to; a file of that name would take its place.
    if (const QFileInfo target(path); target.exists() && !target.isFile()) {
        QFile output(path);
        if (!output.open(QIODevice::WriteOnly | QIODevice::Unbuffered))
            throw writeFailure(output, path);
        writeInto(*writer, store, output, path, progress, stop);
        return;
    }
    // Goes to a temporary file beside the target, synced and renamed by commit(). An exception
    // leaves the old file as it was.
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Unbuffered))
        throw writeFailure(file, path);
    writeInto(*writer, store, file, path, progress, stop);
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
                path, QStringLiteral("Open a Perfetto trace (.pftrace) or a recording of Heddle"));
}

} // namespace heddle
