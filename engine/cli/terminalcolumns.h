// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace heddle::cli {

/// How many columns of a terminal \a text takes: two for a Chinese, Japanese or Korean character
/// and for most pictures, none for what joins the character before. Any thread.
[[nodiscard]] qsizetype terminalColumns(const QString &text);

} // namespace heddle::cli
