// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/formats/traceformat.h>

class QPainter;
class QSize;

namespace heddle {

/// Draws the whole timeline with title, ruler and legend into a picture. Needs a QGuiApplication
/// (for fonts), of any platform.
class PictureWriter final : public TraceWriter
{
public:
    enum class Kind { Png, Svg, Pdf };
    explicit PictureWriter(Kind kind)
        : m_kind(kind)
    {}
    [[nodiscard]] QString id() const override;
    [[nodiscard]] QString title() const override;
    [[nodiscard]] QStringList suffixes() const override { return {id()}; }
    void write(const TraceStore &store, QIODevice &device, const FormatProgress &progress,
               std::stop_token stop) const override;

private:
    Kind m_kind;
};

} // namespace heddle
