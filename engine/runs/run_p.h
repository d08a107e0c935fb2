// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/runs/run.h>

#include "patternexecution_p.h"
#include "tracecollection_p.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTimer>

#include <memory>

namespace heddle {

/// Where a pattern is executed: in a child process or in this one.
///
/// Threads: the owner's; nothing blocks. The signals tell what the pattern reports.
class ExecutionHost : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    /// Starts the process, if there is one; then ready() follows.
    virtual void prepare() = 0;
    /// Executes; then started() and, whatever happens, ended() follow.
    virtual void execute(const ExecutionRequest &request) = 0;
    virtual void requestStop() = 0;
    /// Ends it by force. False where that is not possible; then it is only asked to stop.
    virtual bool kill() = 0;

Q_SIGNALS:
    void ready(qint64 processId);
    void started();
    void progressed(double fraction, const QString &text);
    void logged(heddle::LogLevel level, const QString &text);
    void resultReported(const QString &id, const QVariant &value);
    void invariantReported(const heddle::InvariantOutcome &outcome);
    /// The report has state, message, backtrace, exit code and signal. A host that was killed says
    /// Crashed; the Run knows better why.
    void ended(const heddle::RunReport &report);
};

/// The process inherits \a descriptor, unless that is -1, and keeps its temporary files in
/// \a folder, where it also finds the control channel.
std::unique_ptr<ExecutionHost> makeChildHost(const QString &folder, int descriptor);
std::unique_ptr<ExecutionHost> makeLocalHost();

} // namespace heddle
