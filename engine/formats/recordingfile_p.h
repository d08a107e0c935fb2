// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/traceformat.h>

namespace heddle {

/// Reads what a program has recorded itself, with trace::Recorder: the file as it was mapped.
///
/// Reading takes chunks out of a recording, so it is done on a copy; a program that still writes
/// into the file goes on undisturbed, and what it had committed so far is read.
class RecordingFileReader final : public TraceReader
{
public:
    [[nodiscard]] QString id() const override { return QStringLiteral("recording"); }
    [[nodiscard]] QString title() const override { return QStringLiteral("Heddle recording"); }
    [[nodiscard]] QStringList suffixes() const override
    {
        return {QStringLiteral("heddle-recording")};
    }
    [[nodiscard]] bool recognises(QByteArrayView head) const override;
    void read(QIODevice &device, TraceStore &store, const FormatProgress &progress,
              std::stop_token stop) const override;
};

} // namespace heddle
