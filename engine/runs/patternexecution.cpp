// SPDX-License-Identifier: Apache-2.0
#include "patternexecution_p.h"

#include <heddle/core/error.h>
#include <heddle/pattern/patternplugin.h>

#include <QJsonArray>
#include <QPluginLoader>

namespace heddle {

namespace {

PatternPlugin *loadPlugin(const ExecutionRequest &request)
{
    if (request.pluginPath.isEmpty()) {
        for (const QStaticPlugin &plugin : QPluginLoader::staticPlugins()) {
            const QJsonObject raw = plugin.metaData();
            if (raw.value(QStringLiteral("MetaData")).toObject().value(QStringLiteral("id"))
                == request.patternId) {
                return qobject_cast<PatternPlugin *>(plugin.instance());
            }
        }
        throw Error(QStringLiteral("The static plugin is not linked into this program"),
                    request.patternId, QStringLiteral("Run it in the program that contains it"));
    }
    QPluginLoader loader(request.pluginPath);
    QObject *root = loader.instance();
    if (!root) {
        throw Error(QStringLiteral("The plugin cannot be loaded: %1").arg(loader.errorString()),
                    request.pluginPath,
                    QStringLiteral("Rebuild it against this version of Heddle and Qt"));
    }
    auto *plugin = qobject_cast<PatternPlugin *>(root);
    if (!plugin) {
        throw Error(
                QStringLiteral("The plugin's root object is no heddle::PatternPlugin"),
                request.pluginPath,
                QStringLiteral("Derive it from heddle::PatternPlugin and name it in Q_INTERFACES"));
    }
    return plugin;
}

QStringList strings(const QJsonValue &array)
{
    QStringList all;
    for (const QJsonValue &value : array.toArray())
        all << value.toString();
    return all;
}

} // namespace

QJsonObject ExecutionRequest::toJson() const
{
    return {{QStringLiteral("plugin"), pluginPath},
            {QStringLiteral("pattern"), patternId},
            {QStringLiteral("parameters"), parameters},
            {QStringLiteral("faults"), QJsonArray::fromStringList(faults)},
            {QStringLiteral("seed"), QString::number(seed)}, // JSON numbers have 53 bits
            {QStringLiteral("recording"), recordingPath},
            {QStringLiteral("results"), QJsonArray::fromStringList(results)},
            {QStringLiteral("invariants"), QJsonArray::fromStringList(invariants)}};
}

ExecutionRequest ExecutionRequest::fromJson(const QJsonObject &json)
{
    ExecutionRequest request;
    request.pluginPath = json.value(QStringLiteral("plugin")).toString();
    request.patternId = json.value(QStringLiteral("pattern")).toString();
    request.parameters = json.value(QStringLiteral("parameters")).toObject();
    request.faults = strings(json.value(QStringLiteral("faults")));
    request.results = strings(json.value(QStringLiteral("results")));
    request.invariants = strings(json.value(QStringLiteral("invariants")));
    request.seed = json.value(QStringLiteral("seed")).toString().toULongLong();
    request.recordingPath = json.value(QStringLiteral("recording")).toString();
    return request;
}

ExecutionOutcome executePattern(const ExecutionRequest &request, RunObserver &observer,
                                std::stop_token stop)
{
    try {
        const std::unique_ptr<Pattern> pattern = loadPlugin(request)->create();
        if (!pattern) {
            throw Error(QStringLiteral("The plugin made no pattern"), request.patternId,
                        QStringLiteral("Return one from PatternPlugin::create()"));
        }
        RunContext::Setup setup;
        setup.parameters = Parameters(request.parameters);
        setup.faults = QSet<QString>(request.faults.begin(), request.faults.end());
        setup.seed = request.seed;
        setup.timeScale = request.parameters.value(QStringLiteral("timeScale")).toDouble(1.0);
        setup.stop = stop;
        setup.observer = &observer;
        RunContext context(std::move(setup));
        pattern->run(context);
    } catch (const Stopped &stopped) {
        if (!stop.stop_requested())
            return {RunState::Failed, QString::fromUtf8(stopped.what())};
    } catch (const std::exception &failure) {
        return {RunState::Failed, QString::fromUtf8(failure.what())};
    } catch (...) {
        return {RunState::Failed,
                QStringLiteral("The pattern threw something that is not an exception. Throw "
                               "heddle::Error to tell the user what happened")};
    }
    return {stop.stop_requested() ? RunState::Cancelled : RunState::Finished, {}};
}

} // namespace heddle
