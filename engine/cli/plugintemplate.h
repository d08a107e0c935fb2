// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QString>

namespace heddle::cli {

struct TemplateFile
{
    QString name;
    QString text;
};

/// The files of a new plugin called \a name ("ping-pong"): class, metadata, CMake and lesson. They
/// build and run as they are.
QList<TemplateFile> pluginTemplate(const QString &name);

} // namespace heddle::cli
