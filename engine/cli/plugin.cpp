// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include "plugintemplate.h"

#include <heddle/catalog/catalog.h>
#include <heddle/core/error.h>

#include <QCommandLineParser>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPluginLoader>
#include <QRegularExpression>

namespace heddle::cli {

namespace {

int printPaths()
{
    for (const QString &path : Catalog::searchPaths()) {
        print(path
              + (path == Catalog::userFolder() ? QStringLiteral("  (your own plugins go here)")
                                               : QString())
              + (QDir(path).exists() ? QString() : QStringLiteral("  (does not exist)")));
    }
    return Done;
}

// Of a plugin that was built, or of the JSON file that it will be built with.
QJsonObject metadataOf(const QString &path)
{
    if (path.endsWith(QLatin1String(".json"), Qt::CaseInsensitive)) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly)) {
            throw Error(QStringLiteral("The file cannot be read: %1").arg(file.errorString()), path,
                        QStringLiteral("Check its name and permissions"));
        }
        QJsonParseError error;
        const QByteArray text = file.readAll();
        const QJsonDocument document = QJsonDocument::fromJson(text, &error);
        if (error.error != QJsonParseError::NoError) {
            throw Error(QStringLiteral("The metadata are no JSON: %1").arg(error.errorString()),
                        QStringLiteral("%1, line %2")
                                .arg(path)
                                .arg(text.left(error.offset).count('\n') + 1),
                        QStringLiteral("Correct it there"));
        }
        return document.object();
    }
    if (!QFile::exists(path)) {
        throw Error(QStringLiteral("There is no such file"), path,
                    QStringLiteral("Name a plugin's library or its JSON file"));
    }
    // A relative path would be looked for in Qt's plugin folders.
    const QPluginLoader loader(QFileInfo(path).absoluteFilePath());
    const QJsonObject raw = loader.metaData();
    if (raw.isEmpty()) {
        throw Error(QStringLiteral("This is not a Qt plugin: %1").arg(loader.errorString()), path,
                    QStringLiteral("Name a plugin's library or its JSON file"));
    }
    return raw.value(QStringLiteral("MetaData")).toObject();
}

int checkPlugin(const QString &path)
{
    const QJsonObject metadata = metadataOf(path);
    QString problem;
    const auto info = PatternInfo::fromMetadata(metadata, path, &problem);
    if (!info) {
        printError(problem + QLatin1Char('.'));
        return RunFailed;
    }
    const auto number = [](const auto &list) { return static_cast<quint64>(list.size()); };
    print(QStringLiteral("%1 %2 is in order: %3, %4, %5, %6")
                  .arg(info->id, info->version,
                       counted(number(info->parameters), QStringLiteral("parameter")),
                       counted(number(info->presets), QStringLiteral("preset")),
                       counted(number(info->faults), QStringLiteral("fault")),
                       info->lesson().isEmpty() ? QStringLiteral("no lesson")
                                                : QStringLiteral("a lesson")));
    return Done;
}

int newPlugin(const QString &name)
{
    static const QRegularExpression wellFormed(QStringLiteral("^[a-z][a-z0-9]*(-[a-z0-9]+)*$"));
    if (!wellFormed.match(name).hasMatch()) {
        throw UsageError(
                QStringLiteral("'%1' cannot be a plugin's name: use lower-case words joined by "
                               "hyphens, such as ping-pong.")
                        .arg(name));
    }
    if (QFile::exists(name))
        throw UsageError(
                QStringLiteral("'%1' exists already. Choose another name or folder.").arg(name));
    if (!QDir().mkdir(name)) {
        printError(QStringLiteral("The folder '%1' cannot be made. Check the permissions here.")
                           .arg(name));
        return RunFailed;
    }
    for (const TemplateFile &file : pluginTemplate(name)) {
        QFile target(name + QLatin1Char('/') + file.name);
        if (!target.open(QIODevice::WriteOnly) || target.write(file.text.toUtf8()) < 0
            || !target.flush()) {
            printError(QStringLiteral("%1: %2").arg(target.fileName(), target.errorString()));
            return RunFailed;
        }
    }
    print(QStringLiteral("Made %1/. Build and use it:\n"
                         "  cmake -S %1 -B %1/build && cmake --build %1/build\n"
                         "  mkdir -p %2 && cp -r %1/build/%1 %2/")
                  .arg(name, Catalog::userFolder()));
    return Done;
}

} // namespace

int runPlugin(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Makes, checks and finds pattern plugins."));
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("plugin"), QString(), QStringLiteral("plugin"));
    parser.addPositionalArgument(
            QStringLiteral("action"),
            QStringLiteral("new NAME: a folder to begin with; check FILE: whether "
                           "the metadata of a plugin, or a JSON file of metadata, are in order; "
                           "paths: where plugins are "
                           "looked for."));
    parse(parser, arguments, -1);
    const QStringList words = parser.positionalArguments().mid(1);
    if (words.size() == 1 && words[0] == QLatin1String("paths"))
        return printPaths();
    if (words.size() == 2 && words[0] == QLatin1String("check"))
        return checkPlugin(words[1]);
    if (words.size() == 2 && words[0] == QLatin1String("new"))
        return newPlugin(words[1]);
    throw UsageError(
            QStringLiteral("Say: heddle plugin new NAME, heddle plugin check FILE or heddle "
                           "plugin paths."));
}

} // namespace heddle::cli
