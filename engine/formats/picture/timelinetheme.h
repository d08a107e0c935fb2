// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <QColor>
#include <QString>

namespace heddle {

/// The colours of a timeline, light or dark. The palette of states is told apart by people with
/// any colour vision (after Okabe and Ito, jfly.uni-koeln.de/color). A value; any thread.
struct HEDDLE_TIMELINE_EXPORT TimelineTheme
{
    static TimelineTheme light();
    static TimelineTheme dark();

    QColor background;
    QColor lane; ///< every second lane
    QColor groupBackground;
    QColor grid;
    QColor text;
    QColor faintText;
    QColor accent; ///< selection and arrows
    QColor running;
    QColor ready;
    QColor off;
    QColor lost;
    QColor counter;
    bool isDark = false;

    /// The colour of a slice: by its name, the same in every run.
    [[nodiscard]] QColor slice(const QString &name) const;
    /// The colour of a wait by its reason; grey for waits by design.
    [[nodiscard]] QColor wait(WaitReason reason) const;
    /// Black or white, whichever reads better on \a background.
    [[nodiscard]] static QColor textOn(const QColor &background);
};

/// "waiting: queue full" … for people.
HEDDLE_TIMELINE_EXPORT QString waitReasonText(WaitReason reason);
/// "1.25 ms": a duration with three significant digits.
HEDDLE_TIMELINE_EXPORT QString durationText(std::int64_t ns);
/// An instant within a trace, as precise as \a resolutionNs needs.
HEDDLE_TIMELINE_EXPORT QString timeText(std::int64_t ns, std::int64_t resolutionNs);

} // namespace heddle
