// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/runs/run.h>

namespace heddle::cli {

/// Prints how \a run went: the results to standard output, what went wrong to standard error.
/// \a output is the file that the trace was written to, empty if none was.
void printReport(const Run &run, const QString &output);
/// The same as one JSON object; a contract (docs/cli.md).
[[nodiscard]] QJsonObject reportJson(const Run &run, const QString &output);

} // namespace heddle::cli
