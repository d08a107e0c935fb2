// SPDX-License-Identifier: Apache-2.0
#include "patternargument.h"

#include "command.h"

namespace heddle::cli {

PatternInfo patternArgument(const QString &id)
{
    if (id.isEmpty())
        throw UsageError(QStringLiteral("Which pattern? heddle list shows their ids."));
    const Catalog catalog;
    if (const auto found = catalog.find(id))
        return *found;
    QStringList known;
    for (const PatternInfo &info : catalog.patterns())
        known << info.id;
    const QString nearest = nearestName(id, known);
    throw UsageError(
            QStringLiteral("There is no pattern '%1'.%2 heddle list shows all.")
                    .arg(id, nearest.isEmpty()
                                     ? QString()
                                     : QStringLiteral(" Did you mean '%1'?").arg(nearest)));
}

} // namespace heddle::cli
