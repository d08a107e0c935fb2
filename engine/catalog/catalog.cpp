// SPDX-License-Identifier: Apache-2.0
#include <heddle/catalog/catalog.h>

#include <heddle/pattern/patternplugin.h>

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QHash>
#include <QLibrary>
#include <QPluginLoader>
#include <QSet>
#include <QStandardPaths>

#include <algorithm>

#if defined(Q_OS_UNIX)
#    include <dlfcn.h>
#endif

namespace heddle {

namespace {

// What was read from a file, kept until the file changes.
struct Read
{
    QDateTime modified;
    qint64 bytes = 0;
    std::optional<PatternInfo> info;
    QString problem; ///< both empty: not a pattern, which is no error
};

QString libraryFolder()
{
#if defined(Q_OS_UNIX)
    Dl_info found = {};
    if (::dladdr(reinterpret_cast<void *>(&libraryFolder), &found) && found.dli_fname)
        return QFileInfo(QString::fromLocal8Bit(found.dli_fname)).absolutePath();
#endif
    return {};
}

Read readPlugin(const QFileInfo &file)
{
    Read read;
    read.modified = file.lastModified();
    read.bytes = file.size();
    const QPluginLoader loader(file.absoluteFilePath());
    const QJsonObject raw = loader.metaData();
    const QString name = file.fileName();
    if (raw.isEmpty()) {
        QString reason = loader.errorString();
        if (!reason.endsWith(QLatin1Char('.')))
            reason += QLatin1Char('.');
        read.problem = QStringLiteral(
                               "%1 is not a Qt plugin, or is damaged. %2 Rebuild it, or remove it.")
                               .arg(name, reason);
        return read;
    }
    const QString iid = raw.value(QStringLiteral("IID")).toString();
    if (iid != QLatin1String(HEDDLE_PATTERN_IID)) {
        read.problem = QStringLiteral("%1 is a plugin of another kind (\"%2\" instead of \"%3\"). "
                                      "Rebuild it with this version of Heddle, or remove it.")
                               .arg(name, iid, QLatin1String(HEDDLE_PATTERN_IID));
        return read;
    }
    QString problem;
    read.info = PatternInfo::fromMetadata(raw.value(QStringLiteral("MetaData")).toObject(),
                                          file.absoluteFilePath(), &problem);
    if (!read.info)
        read.problem = QStringLiteral("%1: %2.").arg(name, problem);
    return read;
}

// Plugins in a folder and in its folders.
QFileInfoList candidates(const QString &folder)
{
    QFileInfoList found;
    const QDir top(folder);
    if (!top.exists())
        return found;
    const auto collect = [&found](const QDir &place) {
        for (const QFileInfo &file : place.entryInfoList(QDir::Files, QDir::Name)) {
            if (QLibrary::isLibrary(file.fileName()))
                found << file;
        }
    };
    collect(top);
    for (const QFileInfo &sub : top.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name))
        collect(QDir(sub.absoluteFilePath()));
    return found;
}

} // namespace

struct Catalog::Private
{
    QHash<QString, Read> cache;
    QList<PatternInfo> patterns;
    QList<Problem> problems;
};

Catalog::Catalog()
    : d(std::make_unique<Private>())
{
    scan();
}

Catalog::~Catalog() = default;

void Catalog::scan()
{
    d->patterns.clear();
    d->problems.clear();
    QHash<QString, Read> fresh;
    QSet<QString> ids;
    const auto add = [&](const PatternInfo &info) {
        if (!ids.contains(info.id)) {
            ids.insert(info.id);
            d->patterns.append(info);
        }
    };
    for (const QString &folder : searchPaths()) {
        for (const QFileInfo &file : candidates(folder)) {
            const QString path = file.canonicalFilePath();
            if (path.isEmpty() || fresh.contains(path))
                continue;
            Read read = d->cache.value(path);
            if (read.modified != file.lastModified() || read.bytes != file.size())
                read = readPlugin(file);
            if (read.info)
                add(*read.info);
            else
                d->problems.append({path, read.problem});
            fresh.insert(path, read);
        }
    }
    for (const QStaticPlugin &plugin : QPluginLoader::staticPlugins()) {
        const QJsonObject raw = plugin.metaData();
        if (raw.value(QStringLiteral("IID")).toString() != QLatin1String(HEDDLE_PATTERN_IID))
            continue;
        QString problem;
        if (const auto info = PatternInfo::fromMetadata(
                    raw.value(QStringLiteral("MetaData")).toObject(), {}, &problem)) {
            add(*info);
        } else {
            d->problems.append({QStringLiteral("(static)"), problem});
        }
    }
    d->cache = fresh;
    std::sort(d->patterns.begin(), d->patterns.end(),
              [](const PatternInfo &a, const PatternInfo &b) {
                  if (a.mechanism != b.mechanism)
                      return a.mechanism < b.mechanism;
                  const int order = QString::localeAwareCompare(a.name.text(), b.name.text());
                  return order != 0 ? order < 0 : a.id < b.id;
              });
}

const QList<PatternInfo> &Catalog::patterns() const
{
    return d->patterns;
}

std::optional<PatternInfo> Catalog::find(const QString &id) const
{
    for (const PatternInfo &info : d->patterns) {
        if (info.id == id)
            return info;
    }
    return std::nullopt;
}

const QList<Catalog::Problem> &Catalog::problems() const
{
    return d->problems;
}

QString Catalog::userFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation)
           + QStringLiteral("/heddle/patterns");
}

QStringList Catalog::searchPaths()
{
    QStringList paths;
    const QString variable = qEnvironmentVariable("HEDDLE_PLUGIN_PATH");
    paths << variable.split(QDir::listSeparator(), Qt::SkipEmptyParts);
    paths << userFolder();
    if (const QString library = libraryFolder(); !library.isEmpty())
        paths << QDir::cleanPath(library + QStringLiteral("/heddle/patterns"));
    paths.removeDuplicates();
    return paths;
}

} // namespace heddle
