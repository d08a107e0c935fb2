// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace heddle::cli {

/// Whether the file \a path can be written, as far as that can be told before there is anything to
/// write: hours of work must not end at a folder that does not exist. "-" is the standard output.
/// Blocks for the disk. \throws Error
void checkOutput(const QString &path);

} // namespace heddle::cli
