// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compare.h"

#include <QJsonObject>
#include <QString>

namespace heddle::benchmarks {

/// One result as a table for a terminal.
QString asText(const Result &result);
/// All of them, by topic, as the section of docs/performance.md.
QString asMarkdown(const std::vector<Result> &results, const Effort &effort);
QJsonObject asJson(const std::vector<Result> &results, const Effort &effort);

/// Replaces what stands in \a file between the lines "<!-- engine:begin -->" and
/// "<!-- engine:end -->". An explanation when that cannot be done, else empty; then the file is
/// as it was.
QString replaceSection(const QString &file, const QString &text);

} // namespace heddle::benchmarks
