// SPDX-License-Identifier: Apache-2.0
#include "picturewriter_p.h"

#include <heddle/formats/timelinelegend.h>
#include <heddle/formats/timelinepainter.h>

#include <QBuffer>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QImage>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgGenerator>

namespace heddle {

namespace {

constexpr int Width = 1920;
constexpr int TitleWidth = 200;
constexpr int Margin = 24;
constexpr int HeaderHeight = 64;
constexpr int LegendGap = 16;         // above and below
constexpr int MostLanesHeight = 6000; // the rest would only make the picture useless

QString heading(const TraceStore &store)
{
    const QString pattern = store.attributes().value(QStringLiteral("pattern"));
    return pattern.isEmpty() ? QCoreApplication::translate("heddle::PictureWriter", "Timeline")
                             : pattern;
}

QString parametersText(const TraceStore &store)
{
    const QJsonObject parameters =
            QJsonDocument::fromJson(store.attributes().value(QStringLiteral("parameters")).toUtf8())
                    .object();
    QStringList parts;
    for (auto entry = parameters.begin(); entry != parameters.end(); ++entry) {
        const QString value = entry.value().toVariant().toString();
        if (!value.isEmpty())
            parts << entry.key() + QStringLiteral(" = ") + value;
    }
    const QString faults = store.attributes().value(QStringLiteral("faults"));
    if (!faults.isEmpty())
        parts << QCoreApplication::translate("heddle::PictureWriter", "faults: %1").arg(faults);
    return parts.join(QStringLiteral("   "));
}

class Picture
{
public:
    explicit Picture(const TraceStore &store)
        // The frame is painted before this function's caller returns, so no ownership is needed.
        : m_store(std::shared_ptr<const TraceStore>(), &store)
        , m_layout(TimelineLayout::of(store))
        , m_lanesHeight(std::min(m_layout.height, MostLanesHeight))
        , m_scale{0, static_cast<double>(std::max<std::int64_t>(store.endNs(), 1000)) / LanesWidth}
        , m_frame(TimelineFrame::compute(m_store, m_layout, 0, m_scale.nsPerPixel, LanesWidth, 0,
                                         m_lanesHeight))
        , m_legend(timelineLegend(m_frame, m_theme))
    {
        m_font.setPixelSize(12);
    }

    QSize size() const
    {
        return {Width, legendTop() + legendHeight(m_font, m_legend, LanesWidth) + LegendGap};
    }

    void paint(QPainter &painter) const
    {
        painter.setFont(m_font);
        painter.fillRect(QRect(QPoint(0, 0), size()), m_theme.background);
        paintHeader(painter);

        TimelinePainter timeline(painter, m_theme, m_scale, LanesWidth);
        painter.save();
        painter.translate(TitleWidth, HeaderHeight);
        timeline.paintRuler(QRect(0, 0, LanesWidth, TimelinePainter::RulerHeight));
        painter.translate(0, TimelinePainter::RulerHeight);
        painter.setClipRect(QRect(0, 0, LanesWidth, m_lanesHeight));
        timeline.paintGrid(0, m_lanesHeight);
        timeline.paintLanes(m_frame, 0);
        painter.restore();
        painter.save();
        painter.translate(0, HeaderHeight + TimelinePainter::RulerHeight);
        painter.setClipRect(QRect(0, 0, TitleWidth, m_lanesHeight));
        timeline.paintTitles(m_frame, 0, TitleWidth);
        painter.restore();
        paintLegend(painter, m_theme, m_legend, QPoint(TitleWidth, legendTop()), LanesWidth);
    }

private:
    static constexpr int LanesWidth = Width - TitleWidth - Margin;

    int legendTop() const
    {
        return HeaderHeight + TimelinePainter::RulerHeight + m_lanesHeight + LegendGap;
    }
    void paintHeader(QPainter &painter) const
    {
        QFont large = m_font;
        large.setPixelSize(20);
        large.setWeight(QFont::DemiBold);
        painter.setFont(large);
        painter.setPen(m_theme.text);
        painter.drawText(QRect(Margin, 10, Width - 2 * Margin, 28), Qt::AlignVCenter,
                         heading(*m_store));
        painter.setFont(m_font);
        painter.setPen(m_theme.faintText);
        const QRect line(Margin, 38, Width - 2 * Margin, 18);
        painter.drawText(line, Qt::AlignVCenter,
                         QFontMetrics(m_font).elidedText(parametersText(*m_store), Qt::ElideRight,
                                                         line.width()));
    }

    std::shared_ptr<const TraceStore> m_store;
    TimelineTheme m_theme = TimelineTheme::light();
    QFont m_font{QStringLiteral("DejaVu Sans")};
    TimelineLayout m_layout;
    int m_lanesHeight;
    TimelineScale m_scale;
    TimelineFrame m_frame;
    std::vector<TimelineLegendEntry> m_legend;
};

// In memory first: Qt's SVG and PDF engines do not tell that a device took less than it was given.
QByteArray drawn(const Picture &picture, const QString &title, PictureWriter::Kind kind)
{
    QByteArray document;
    QBuffer buffer(&document);
    buffer.open(QIODevice::WriteOnly);
    const QSize size = picture.size();
    switch (kind) {
    case PictureWriter::Kind::Png: {
        QImage image(size, QImage::Format_RGB32);
        QPainter painter(&image);
        picture.paint(painter);
        painter.end();
        image.save(&buffer, "PNG");
        break;
    }
    case PictureWriter::Kind::Svg: {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(size);
        generator.setViewBox(QRect(QPoint(0, 0), size));
        generator.setTitle(title);
        QPainter painter(&generator);
        picture.paint(painter);
        break;
    }
    case PictureWriter::Kind::Pdf: {
        QPdfWriter writer(&buffer);
        writer.setTitle(title);
        writer.setResolution(96);
        writer.setPageMargins(QMarginsF());
        writer.setPageSize(QPageSize(QSizeF(size) * 72.0 / 96.0, QPageSize::Point));
        QPainter painter(&writer);
        picture.paint(painter);
        break;
    }
    }
    return document;
}

} // namespace

QString PictureWriter::id() const
{
    return m_kind == Kind::Png   ? QStringLiteral("png")
           : m_kind == Kind::Svg ? QStringLiteral("svg")
                                 : QStringLiteral("pdf");
}

QString PictureWriter::title() const
{
    return m_kind == Kind::Png   ? QStringLiteral("Picture (PNG)")
           : m_kind == Kind::Svg ? QStringLiteral("Vector picture (SVG)")
                                 : QStringLiteral("Page (PDF)");
}

void PictureWriter::write(const TraceStore &store, QIODevice &device,
                          const FormatProgress &progress, std::stop_token stop) const
{
    if (!qobject_cast<QGuiApplication *>(QCoreApplication::instance())) {
        throw Error(
                QStringLiteral("A picture needs fonts, which this program has not loaded"), id(),
                QStringLiteral(
                        "Create a QGuiApplication, with the platform \"offscreen\" if need be"));
    }
    const QByteArray document = drawn(Picture(store), heading(store), m_kind);
    if (stop.stop_requested())
        throw Stopped(QStringLiteral("The export was cancelled"), id());
    if (device.write(document) != document.size()) {
        throw Error(QStringLiteral("The picture cannot be written: %1").arg(device.errorString()),
                    id(), QStringLiteral("Free some disk space and try again"));
    }
    if (progress)
        progress(1.0);
}

} // namespace heddle
