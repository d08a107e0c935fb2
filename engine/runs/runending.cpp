// SPDX-License-Identifier: Apache-2.0
#include "runending_p.h"

namespace heddle {

namespace {

QString sentence(const QString &text)
{
    return text.isEmpty() || text.endsWith(QLatin1Char('.')) ? text : text + QLatin1Char('.');
}

QString timeOutAdvice(const RunEnding &ending)
{
    if (!ending.wasExecuting)
        return QStringLiteral("The pattern had not begun: this machine is very busy, or the limit "
                              "very low.");
    if (!ending.atStop.blocked.isEmpty()) {
        return QStringLiteral("When it was stopped: %1. Look there for what did not come; a higher "
                              "limit helps only if the work needs more time.")
                .arg(ending.atStop.blocked);
    }
    const QString working = ending.atStop.working.isEmpty()
                                    ? QString()
                                    : QStringLiteral(": ") + ending.atStop.working;
    return QStringLiteral(
                   "When it was stopped, no thread had been waiting for another for long%1. "
                   "Give it less to do, or raise the limit if the work needs more time: it is "
                   "the parameter runCap unless the run was given another.")
            .arg(working);
}

QString stopMessage(const RunEnding &ending)
{
    QStringList parts;
    if (ending.whyStopped == RunState::TimedOut) {
        parts << QStringLiteral("The run took longer than its limit of %1 s and was stopped.")
                         .arg(static_cast<double>(ending.limit.count()) / 1000);
    } else {
        parts << QStringLiteral("The run was stopped.");
    }
    if (ending.wasKilled && ending.wasExecuting)
        parts << QStringLiteral("It did not react, so its process was ended.");
    if (ending.whyStopped == RunState::TimedOut)
        parts << timeOutAdvice(ending);
    else if (!ending.atStop.blocked.isEmpty())
        parts << QStringLiteral("At that moment: %1.").arg(ending.atStop.blocked);
    return parts.join(QLatin1Char(' '));
}

} // namespace

void explainEnding(RunReport &report, const RunEnding &ending, const TraceStore &store)
{
    const bool stopped = ending.whyStopped != RunState::Idle
                         && (ending.wasKilled || report.state != RunState::Crashed)
                         && report.state != RunState::Failed;
    if (stopped) {
        report.state = ending.whyStopped;
        report.message = stopMessage(ending);
        if (report.state == RunState::TimedOut || ending.wasKilled
            || !ending.atStop.blocked.isEmpty()) {
            // It may have been told to stop before anything was recorded.
            report.lastRecords = ending.atStop.lines.isEmpty()
                                         ? lastRecordsOf(store, store.endNs()).lines
                                         : ending.atStop.lines;
        }
    } else if (report.state == RunState::Crashed) {
        report.lastRecords = lastRecordsOf(store, store.endNs(), report.crashedThreadId).lines;
        report.crashedThread = nameOfThread(store, report.crashedThreadId);
        if (!report.crashedThread.isEmpty()) {
            report.message += QStringLiteral(" in thread \"%1\"").arg(report.crashedThread);
        }
        if (store.threadCount() > 0)
            report.message += QStringLiteral(". The trace until then is kept");
    }
    if (!ending.traceProblem.isEmpty()) {
        if (report.state == RunState::Finished)
            report.state = RunState::Failed;
        report.message = sentence(report.message);
        report.message +=
                (report.message.isEmpty() ? "" : " ")
                + QStringLiteral("The trace could not be collected: %1").arg(ending.traceProblem);
    }
    if (!ending.traceGap.isEmpty()) {
        report.message = sentence(report.message);
        report.message += (report.message.isEmpty() ? "" : " ") + ending.traceGap;
    }
}

} // namespace heddle
