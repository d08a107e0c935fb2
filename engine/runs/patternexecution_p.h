// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/pattern/runcontext.h>
#include <heddle/runs/run.h>

#include <QJsonObject>

namespace heddle {

/// What a process needs to know to execute a pattern; travels over the control channel.
struct ExecutionRequest
{
    QString pluginPath; ///< empty: a static plugin
    QString patternId;
    QJsonObject parameters; ///< complete and checked
    QStringList faults;
    quint64 seed = 1;
    QString recordingPath;  ///< empty: do not record
    QStringList results;    ///< ids that the metadata declare
    QStringList invariants; ///< ids that the metadata declare

    [[nodiscard]] QJsonObject toJson() const;
    static ExecutionRequest fromJson(const QJsonObject &json);
};

struct ExecutionOutcome
{
    RunState state = RunState::Finished; ///< Finished, Failed or Cancelled
    QString message;
};

/// Loads the plugin and runs its pattern once in the calling thread. Nothing that the pattern
/// throws leaves this function. Blocks until the pattern returns.
ExecutionOutcome executePattern(const ExecutionRequest &request, RunObserver &observer,
                                std::stop_token stop);

} // namespace heddle
