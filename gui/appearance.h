// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <heddle/formats/timelinetheme.h>

#include <QIcon>
#include <QString>

namespace heddle::studio {

/// Light and dark: the application's palette and the timeline's theme, which belong together.
/// GUI thread.
class Appearance
{
public:
    enum class Mode { Light, Dark };

    static void apply(Mode mode);
    [[nodiscard]] static Mode current();
    [[nodiscard]] static TimelineTheme timelineTheme();
    /// What the system prefers, as far as its palette tells.
    [[nodiscard]] static Mode systemMode();

    enum class Symbol { Run, Stop, Open, ZoomIn, ZoomOut, Fit, Follow };
    /// A symbol drawn in the palette's text colour (Run and Stop in their own).
    [[nodiscard]] static QIcon icon(Symbol symbol);
};

} // namespace heddle::studio
