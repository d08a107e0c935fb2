// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/catalog/catalog.h>

namespace heddle::cli {

/// The pattern of that id. \throws UsageError that names the nearest one.
PatternInfo patternArgument(const QString &id);

} // namespace heddle::cli
