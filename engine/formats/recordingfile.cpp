// SPDX-License-Identifier: Apache-2.0
#include "recordingfile_p.h"

#include <heddle/core/error.h>
#include <heddle/timeline/recordingfeed.h>

#include <QFileDevice>
#include <QFileInfo>
#include <QTemporaryFile>

namespace heddle {

namespace {

constexpr QByteArrayView Magic("HEDDREC"); // and the digit of a generation
constexpr qint64 BlockBytes = qint64{1} << 20;

QString placeOf(const QIODevice &device)
{
    const auto *file = qobject_cast<const QFileDevice *>(&device);
    return file && !file->fileName().isEmpty() ? file->fileName()
                                               : QStringLiteral("standard input");
}

void copy(QIODevice &from, QFileDevice &to, const FormatProgress &progress,
          const std::stop_token &stop)
{
    const qint64 all = from.isSequential() ? 0 : from.size();
    QByteArray block(BlockBytes, Qt::Uninitialized);
    qint64 copied = 0;
    while (true) {
        if (stop.stop_requested())
            throw Stopped(QStringLiteral("Reading was stopped"), placeOf(from));
        const qint64 size = from.read(block.data(), block.size());
        if (size < 0) {
            throw Error(QStringLiteral("The recording cannot be read: %1").arg(from.errorString()),
                        placeOf(from), QStringLiteral("Copy it to a local disk"));
        }
        if (size == 0)
            break;
        if (to.write(block.constData(), size) != size) {
            throw Error(QStringLiteral("The recording cannot be copied: %1").arg(to.errorString()),
                        to.fileName(), QStringLiteral("Free some space there"));
        }
        copied += size;
        if (progress && all > 0)
            progress(0.5 * static_cast<double>(copied) / static_cast<double>(all));
    }
    if (!to.flush()) {
        throw Error(QStringLiteral("The recording cannot be copied: %1").arg(to.errorString()),
                    to.fileName(), QStringLiteral("Free some space there"));
    }
}

} // namespace

bool RecordingFileReader::recognises(QByteArrayView head) const
{
    return head.startsWith(Magic);
}

void RecordingFileReader::read(QIODevice &device, TraceStore &store, const FormatProgress &progress,
                               std::stop_token stop) const
{
    QTemporaryFile file;
    if (!file.open()) {
        throw Error(QStringLiteral("No temporary file can be made: %1").arg(file.errorString()),
                    file.fileTemplate(), QStringLiteral("Free some space there"));
    }
    copy(device, file, progress, stop);

    trace::RecordingReader reader;
    if (const trace::RecordingError error = reader.open(file.fileName().toStdString()))
        throw Error(QString::fromStdString(error.what), placeOf(device));
    TraceStore::Writer writer(store);
    if (reader.processId() == 0) {
        throw Error(QStringLiteral("No program has written into this recording"), placeOf(device),
                    QStringLiteral("Give its path to trace::Recorder::start()"));
    }
    writer.setStart(reader.startMonotonicNs(), reader.startRealtimeNs());
    RecordingFeed feed(writer, static_cast<std::int64_t>(reader.processId()),
                       QFileInfo(placeOf(device)).completeBaseName(), reader.startMonotonicNs());
    while (reader.drain(feed) > 0) {
        feed.flush();
        if (stop.stop_requested())
            throw Stopped(QStringLiteral("Reading was stopped"), placeOf(device));
    }
    feed.finish();
    // Losses after which a thread wrote nothing more were not told by a record.
    const std::uint64_t told = store.counts().lost;
    if (reader.lost() > told && store.threadCount() > 0)
        writer.lost(0, store.endNs(), reader.lost() - told, std::nullopt);
    if (!reader.isFinished()) {
        writer.setAttribute(QStringLiteral("trace_gap"),
                            QStringLiteral("The recording had not been ended: what its program had "
                                           "committed by then is here"));
    }
    writer.complete();
    if (progress)
        progress(1);
}

} // namespace heddle
