// SPDX-License-Identifier: Apache-2.0
#include <heddle/formats/timelinetheme.h>

#include <QCoreApplication>

#include <cmath>

namespace heddle {

TimelineTheme TimelineTheme::light()
{
    TimelineTheme theme;
    theme.background = QColor(0xffffff);
    theme.lane = QColor(0xf7f8fa);
    theme.groupBackground = QColor(0xe9ecf1);
    theme.grid = QColor(0xe3e7ec);
    theme.text = QColor(0x1d2733);
    theme.faintText = QColor(0x6a7686);
    theme.accent = QColor(0xc2410c);
    theme.running = QColor(0x009e73);
    theme.ready = QColor(0xe69f00);
    theme.off = QColor(0xd9dee5);
    theme.lost = QColor(0xd55e00);
    theme.counter = QColor(0x0072b2);
    return theme;
}

TimelineTheme TimelineTheme::dark()
{
    TimelineTheme theme;
    theme.background = QColor(0x171b21);
    theme.lane = QColor(0x1b2027);
    theme.groupBackground = QColor(0x252c36);
    theme.grid = QColor(0x2a313b);
    theme.text = QColor(0xe3e8ee);
    theme.faintText = QColor(0x8b97a6);
    theme.accent = QColor(0xffb454);
    theme.running = QColor(0x1fae84);
    theme.ready = QColor(0xe6a817);
    theme.off = QColor(0x37404c);
    theme.lost = QColor(0xe8743b);
    theme.counter = QColor(0x56b4e9);
    theme.isDark = true;
    return theme;
}

QColor TimelineTheme::slice(const QString &name) const
{
    // FNV-1a: the same on every machine and in every run, which qHash() is not.
    quint32 hash = 2166136261u;
    for (const QChar &character : name)
        hash = (hash ^ character.unicode()) * 16777619u;
    hash ^= hash >> 15;
    // Hues in steps, so that two names differ clearly or not at all.
    const int hue = static_cast<int>(hash % 24) * 15;
    const int saturation = 105 + static_cast<int>((hash >> 8) % 3) * 25;
    const int lightness = isDark ? 96 + static_cast<int>((hash >> 12) % 3) * 12
                                 : 150 + static_cast<int>((hash >> 12) % 3) * 14;
    return QColor::fromHsl(hue, saturation, lightness);
}

QColor TimelineTheme::wait(WaitReason reason) const
{
    switch (reason) {
    case WaitReason::QueueEmpty:
        return QColor(0x56b4e9);
    case WaitReason::QueueFull:
        return QColor(0xd55e00);
    case WaitReason::QueueJoin:
        return QColor(0xcc79a7);
    case WaitReason::Barrier:
        return QColor(0xa83f73);
    case WaitReason::Event:
        return QColor(0x0072b2);
    case WaitReason::Condition:
        return QColor(0x7d9fd6);
    case WaitReason::Lock:
        return QColor(0xb5382a);
    case WaitReason::Semaphore:
        return QColor(0xe8907f);
    case WaitReason::Future:
        return QColor(0x7e57a0);
    case WaitReason::ThreadEnd:
        return QColor(0xb99ad4);
    case WaitReason::InputOutput:
        return QColor(0x8c8c00);
    case WaitReason::Signal:
        return QColor(0xa0522d);
    case WaitReason::PoolIdle:
    case WaitReason::Sleep:
    case WaitReason::EventLoopIdle:
    case WaitReason::Unknown:
        break;
    }
    return isDark ? QColor(0x566270) : QColor(0xb4bdc9);
}

QColor TimelineTheme::textOn(const QColor &background)
{
    // Relative luminance as in WCAG 2.1, without its gamma: enough to choose one of two.
    const double luminance = 0.2126 * background.redF() + 0.7152 * background.greenF()
                             + 0.0722 * background.blueF();
    return luminance > 0.5 ? QColor(0x10161d) : QColor(0xffffff);
}

QString waitReasonText(WaitReason reason)
{
    switch (reason) {
    case WaitReason::Unknown:
        return QCoreApplication::translate("heddle::WaitReason", "waiting");
    case WaitReason::QueueEmpty:
        return QCoreApplication::translate("heddle::WaitReason", "queue empty");
    case WaitReason::QueueFull:
        return QCoreApplication::translate("heddle::WaitReason", "queue full");
    case WaitReason::QueueJoin:
        return QCoreApplication::translate("heddle::WaitReason", "unfinished items");
    case WaitReason::Event:
        return QCoreApplication::translate("heddle::WaitReason", "event");
    case WaitReason::Lock:
        return QCoreApplication::translate("heddle::WaitReason", "lock");
    case WaitReason::Semaphore:
        return QCoreApplication::translate("heddle::WaitReason", "semaphore");
    case WaitReason::Barrier:
        return QCoreApplication::translate("heddle::WaitReason", "barrier");
    case WaitReason::Future:
        return QCoreApplication::translate("heddle::WaitReason", "result");
    case WaitReason::ThreadEnd:
        return QCoreApplication::translate("heddle::WaitReason", "thread's end");
    case WaitReason::PoolIdle:
        return QCoreApplication::translate("heddle::WaitReason", "idle worker");
    case WaitReason::Sleep:
        return QCoreApplication::translate("heddle::WaitReason", "sleep");
    case WaitReason::InputOutput:
        return QCoreApplication::translate("heddle::WaitReason", "input/output");
    case WaitReason::Signal:
        return QCoreApplication::translate("heddle::WaitReason", "blocking signal");
    case WaitReason::EventLoopIdle:
        return QCoreApplication::translate("heddle::WaitReason", "idle event loop");
    case WaitReason::Condition:
        return QCoreApplication::translate("heddle::WaitReason", "condition");
    }
    return {};
}

QString durationText(std::int64_t ns)
{
    const double value = static_cast<double>(ns);
    const double size = std::abs(value);
    const auto number = [](double scaled) {
        const double absolute = std::abs(scaled);
        return QString::number(scaled, 'f', absolute < 9.995 ? 2 : absolute < 99.95 ? 1 : 0);
    };
    if (size < 1e3)
        return QStringLiteral("%1 ns").arg(ns);
    // What is rounded up to a thousand is one of the next unit.
    if (size < 999.5e3)
        return number(value / 1e3) + QStringLiteral(" µs");
    if (size < 999.5e6)
        return number(value / 1e6) + QStringLiteral(" ms");
    return number(value / 1e9) + QStringLiteral(" s");
}

QString timeText(std::int64_t ns, std::int64_t resolutionNs)
{
    if (resolutionNs >= 1'000'000'000)
        return QStringLiteral("%1 s").arg(ns / 1'000'000'000);
    const auto decimals = [](std::int64_t unit, std::int64_t resolution) {
        int digits = 0;
        while (unit > resolution && digits < 9) {
            unit /= 10;
            ++digits;
        }
        return digits;
    };
    if (std::abs(ns) >= 1'000'000'000 || resolutionNs >= 100'000'000) {
        return QString::number(static_cast<double>(ns) / 1e9, 'f',
                               decimals(1'000'000'000, resolutionNs))
               + QStringLiteral(" s");
    }
    if (resolutionNs >= 1'000 || std::abs(ns) >= 1'000'000) {
        return QString::number(static_cast<double>(ns) / 1e6, 'f',
                               decimals(1'000'000, resolutionNs))
               + QStringLiteral(" ms");
    }
    return QString::number(static_cast<double>(ns) / 1e3, 'f', decimals(1'000, resolutionNs))
           + QStringLiteral(" µs");
}

} // namespace heddle
