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
constexpr int LegendHeight = 44;
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
    {}

    QSize size() const
    {
        return {Width, HeaderHeight + TimelinePainter::RulerHeight + m_lanesHeight + LegendHeight
                               + Margin};
    }

    void paint(QPainter &painter) const
    {
        const TimelineTheme theme = TimelineTheme::light();
        QFont font(QStringLiteral("DejaVu Sans"));
        font.setPixelSize(12);
        painter.setFont(font);
        painter.fillRect(QRect(QPoint(0, 0), size()), theme.background);
        paintHeader(painter, theme, font);

        const int lanesWidth = Width - TitleWidth - Margin;
        const double span = static_cast<double>(std::max<std::int64_t>(m_store->endNs(), 1000));
        const TimelineScale scale{0, span / lanesWidth};
        const TimelineFrame frame = TimelineFrame::compute(m_store, m_layout, 0, scale.nsPerPixel,
                                                           lanesWidth, 0, m_lanesHeight);
        TimelinePainter timeline(painter, theme, scale, lanesWidth);
        painter.save();
        painter.translate(TitleWidth, HeaderHeight);
        timeline.paintRuler(QRect(0, 0, lanesWidth, TimelinePainter::RulerHeight));
        painter.translate(0, TimelinePainter::RulerHeight);
        painter.setClipRect(QRect(0, 0, lanesWidth, m_lanesHeight));
        timeline.paintGrid(0, m_lanesHeight);
        timeline.paintLanes(frame, 0);
        painter.restore();
        painter.save();
        painter.translate(0, HeaderHeight + TimelinePainter::RulerHeight);
        painter.setClipRect(QRect(0, 0, TitleWidth, m_lanesHeight));
        timeline.paintTitles(frame, 0, TitleWidth);
        painter.restore();
        const int legendTop = HeaderHeight + TimelinePainter::RulerHeight + m_lanesHeight + 16;
        paintLegend(painter, theme, timelineLegend(frame, theme), QPoint(TitleWidth, legendTop),
                    Width - Margin);
    }

private:
    void paintHeader(QPainter &painter, const TimelineTheme &theme, const QFont &font) const
    {
        QFont large = font;
        large.setPixelSize(20);
        large.setWeight(QFont::DemiBold);
        painter.setFont(large);
        painter.setPen(theme.text);
        painter.drawText(QRect(Margin, 10, Width - 2 * Margin, 28), Qt::AlignVCenter,
                         heading(*m_store));
        painter.setFont(font);
        painter.setPen(theme.faintText);
        const QRect line(Margin, 38, Width - 2 * Margin, 18);
        painter.drawText(line, Qt::AlignVCenter,
                         QFontMetrics(font).elidedText(parametersText(*m_store), Qt::ElideRight,
                                                       line.width()));
    }

    std::shared_ptr<const TraceStore> m_store;
    TimelineLayout m_layout;
    int m_lanesHeight;
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
