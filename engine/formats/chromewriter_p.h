// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/traceformat.h>

namespace heddle {

/// Writes the Chrome trace-event JSON that chrome://tracing, Perfetto, speedscope and Qt Creator
/// read. docs/formats.md tells the mapping.
class ChromeWriter final : public TraceWriter
{
public:
    [[nodiscard]] QString id() const override { return QStringLiteral("chrome"); }
    [[nodiscard]] QString title() const override { return QStringLiteral("Chrome JSON trace"); }
    [[nodiscard]] QStringList suffixes() const override { return {QStringLiteral("json")}; }
    void write(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
               std::stop_token stop) const override;
};

} // namespace heddle
