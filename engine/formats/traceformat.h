// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/timeline/tracestore.h>

#include <QString>
#include <QStringList>

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

class QIODevice;

namespace heddle {

/// Called now and then with the fraction done, in the thread that reads or writes.
using FormatProgress = std::function<void(double fraction)>;

/// Writes a TraceStore to a kind of file. Stateless; any thread; write() blocks.
class HEDDLE_TIMELINE_EXPORT TraceWriter
{
public:
    virtual ~TraceWriter();
    [[nodiscard]] virtual QString id() const = 0;           ///< "perfetto", "chrome" …
    [[nodiscard]] virtual QString title() const = 0;        ///< for menus: "Perfetto trace"
    [[nodiscard]] virtual QStringList suffixes() const = 0; ///< without dot; the first is preferred
    /// \throws Error when \a device fails; Stopped when \a stop was requested. Either may leave
    /// part of the document in \a device.
    virtual void write(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
                       std::stop_token stop) const = 0;
};

/// Reads a kind of file into a TraceStore. Stateless; any thread; read() blocks.
class HEDDLE_TIMELINE_EXPORT TraceReader
{
public:
    virtual ~TraceReader();
    [[nodiscard]] virtual QString id() const = 0;
    [[nodiscard]] virtual QString title() const = 0;
    [[nodiscard]] virtual QStringList suffixes() const = 0;
    /// Whether \a head, the first KiB of a file, looks like this format.
    [[nodiscard]] virtual bool recognises(QByteArrayView head) const = 0;
    /// Whatever was read before a damage is kept in \a store.
    /// \throws Error when \a device is not readable as this format; Stopped.
    virtual void read(QIODevice &device, TraceStore &store, const FormatProgress &progress,
                      std::stop_token stop) const = 0;
};

/// All formats, in the order in which menus show them. One registration line each, in
/// formats.cpp. Any thread.
HEDDLE_TIMELINE_EXPORT const std::vector<std::unique_ptr<TraceWriter>> &traceWriters();
HEDDLE_TIMELINE_EXPORT const std::vector<std::unique_ptr<TraceReader>> &traceReaders();

/// The writer for the suffix of \a path; null if there is none. "-" is written as Perfetto.
HEDDLE_TIMELINE_EXPORT const TraceWriter *writerFor(const QString &path);
/// The writer with the id or the suffix \a format: "chrome" or "json"; null if there is none.
HEDDLE_TIMELINE_EXPORT const TraceWriter *writerCalled(const QString &format);
/// The suffixes that can be written: ".pftrace", ".json" …
HEDDLE_TIMELINE_EXPORT QStringList knownSuffixes();

/// Writes \a store to the file \a path: first to a temporary file beside it, which replaces an
/// existing one only when it is whole and synced. A pipe or a device is written to directly, "-" is
/// the standard output. \a format is as for writerCalled(); empty means by suffix. Blocks. \throws
/// Error, Stopped
HEDDLE_TIMELINE_EXPORT void exportTrace(const TraceStore &store, const QString &path,
                                        const QString &format = {},
                                        const FormatProgress &progress = {},
                                        std::stop_token stop = {});

/// Reads the file \a path into \a store, recognised by its content. "-" is the standard input.
/// Returns the id of the format. Blocks. \throws Error, Stopped
HEDDLE_TIMELINE_EXPORT QString importTrace(const QString &path, TraceStore &store,
                                           const FormatProgress &progress = {},
                                           std::stop_token stop = {});

} // namespace heddle
