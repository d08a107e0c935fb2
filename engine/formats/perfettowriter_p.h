// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/traceformat.h>

namespace heddle {

/// Writes the Perfetto protobuf, the saved form of a trace. docs/formats.md tells the mapping.
class PerfettoWriter final : public TraceWriter
{
public:
    [[nodiscard]] QString id() const override { return QStringLiteral("perfetto"); }
    [[nodiscard]] QString title() const override { return QStringLiteral("Perfetto trace"); }
    [[nodiscard]] QStringList suffixes() const override
    {
        return {QStringLiteral("pftrace"), QStringLiteral("perfetto-trace")};
    }
    void write(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
               std::stop_token stop) const override;
};

} // namespace heddle
