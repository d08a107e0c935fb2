// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/traceformat.h>

namespace heddle {

/// Reads the Perfetto protobuf: our own files back into an equal store, and the track events of
/// other writers. What is unknown is skipped; a file that ends in the middle gives what came
/// before.
class PerfettoReader final : public TraceReader
{
public:
    [[nodiscard]] QString id() const override { return QStringLiteral("perfetto"); }
    [[nodiscard]] QString title() const override { return QStringLiteral("Perfetto trace"); }
    [[nodiscard]] QStringList suffixes() const override
    {
        return {QStringLiteral("pftrace"), QStringLiteral("perfetto-trace")};
    }
    [[nodiscard]] bool recognises(QByteArrayView head) const override;
    void read(QIODevice &device, TraceStore &store, const FormatProgress &progress,
              std::stop_token stop) const override;
};

} // namespace heddle
