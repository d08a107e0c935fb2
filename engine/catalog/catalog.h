// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/catalog/patterninfo.h>

#include <QList>
#include <QStringList>

#include <optional>

namespace heddle {

/// Finds the pattern plugins on the search path and reads their metadata, without running their
/// code.
///
/// Search path, first match of an id wins: HEDDLE_PLUGIN_PATH (separated as PATH is), the user's
/// data folder (…/heddle/patterns), the installation and the build tree (relative to the library).
/// A folder may hold plugins, or one folder for each.
///
/// Threads: one at a time; scan() blocks for the disk (a few milliseconds).
class HEDDLE_TIMELINE_EXPORT Catalog
{
public:
    Catalog();
    ~Catalog();
    Catalog(const Catalog &) = delete;
    Catalog &operator=(const Catalog &) = delete;

    /// Looks again. Cheap when nothing has changed.
    void scan();
    /// Sorted by mechanism, then name.
    [[nodiscard]] const QList<PatternInfo> &patterns() const;
    [[nodiscard]] std::optional<PatternInfo> find(const QString &id) const;
    /// Plugins that could not be used, each with the reason and the remedy.
    struct Problem
    {
        QString path;
        QString message;
    };
    [[nodiscard]] const QList<Problem> &problems() const;

    /// The folders that are searched, whether or not they exist, in order.
    [[nodiscard]] static QStringList searchPaths();
    /// Where the user's own plugins go.
    [[nodiscard]] static QString userFolder();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace heddle
