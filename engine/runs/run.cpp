// SPDX-License-Identifier: Apache-2.0
#include <heddle/runs/run.h>

#include "patternreports_p.h"
#include "run_p.h"
#include "runending_p.h"

#include <heddle/trace/clock.h>
#include <heddle/trace/memoryrecording.h>
#include <heddle/trace/recorder.h>

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSysInfo>
#include <QThread>

#include <algorithm>
#include <utility>

namespace heddle {

struct Run::Private
{
    RunRequest request;
    QJsonObject parameters; // complete
    RunState state = RunState::Idle;
    RunReport report;
    std::shared_ptr<TraceStore> store = std::make_shared<TraceStore>();
    std::unique_ptr<QTemporaryDir> folder;
    std::unique_ptr<ExecutionHost> host;
    std::unique_ptr<TraceCollection> collection;
    trace::MemoryRecording memoryRecording;
    QString recordingPath; // in memory, or a file where the system has no such memory
    QTimer timeLimit;
    QTimer grace;
    QElapsedTimer elapsed;
    RunEnding ending;
    bool hasEnded = false;

    trace::RecordingError createRecording()
    {
        const trace::RecordingOptions options{.capacityBytes = request.recordingBytes};
        if (!memoryRecording.create(options)) {
            recordingPath = QString::fromStdString(memoryRecording.path());
            return {};
        }
        recordingPath = folder->filePath(QStringLiteral("recording"));
        return trace::createRecording(recordingPath.toStdString(), options);
    }
    // A damaged or malicious child may report whatever it likes.
    void keepResult(const QString &id, const QVariant &value)
    {
        if (report.results.contains(id)
            || report.results.size()
                       < request.pattern.results.size() + PatternReports::MostUndeclared) {
            report.results.insert(id, value);
        }
    }
    void keepInvariant(const InvariantOutcome &outcome)
    {
        const auto known = std::find_if(
                report.invariants.begin(), report.invariants.end(),
                [&outcome](const InvariantOutcome &other) { return other.id == outcome.id; });
        if (known != report.invariants.end())
            *known = outcome;
        else if (report.invariants.size()
                 < request.pattern.invariants.size() + PatternReports::MostUndeclared)
            report.invariants.append(outcome);
    }
};

QString runStateId(RunState state)
{
    switch (state) {
    case RunState::Idle:
        return QStringLiteral("idle");
    case RunState::Starting:
        return QStringLiteral("starting");
    case RunState::Running:
        return QStringLiteral("running");
    case RunState::Stopping:
        return QStringLiteral("stopping");
    case RunState::Finished:
        return QStringLiteral("finished");
    case RunState::Failed:
        return QStringLiteral("failed");
    case RunState::Crashed:
        return QStringLiteral("crashed");
    case RunState::TimedOut:
        return QStringLiteral("timed_out");
    case RunState::Cancelled:
        return QStringLiteral("cancelled");
    }
    return {};
}

Run::Run(RunRequest request, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>())
{
    qRegisterMetaType<heddle::RunState>();
    d->request = std::move(request);
    d->timeLimit.setSingleShot(true);
    d->grace.setSingleShot(true);
    d->timeLimit.setTimerType(Qt::PreciseTimer); // a coarse one may be early
    connect(&d->timeLimit, &QTimer::timeout, this, [this] { endEarly(RunState::TimedOut); });
    connect(&d->grace, &QTimer::timeout, this, &Run::kill);
}

Run::~Run()
{
    // The host first: it ends the process, and a collection must not wait for one that writes.
    d->host.reset();
    d->collection.reset();
}

const RunRequest &Run::request() const
{
    return d->request;
}

RunState Run::state() const
{
    return d->state;
}

bool Run::isActive() const
{
    return d->state == RunState::Starting || d->state == RunState::Running
           || d->state == RunState::Stopping;
}

const RunReport &Run::report() const
{
    return d->report;
}

std::shared_ptr<const TraceStore> Run::trace() const
{
    return d->store;
}

void Run::setState(RunState state)
{
    if (d->state == state)
        return;
    d->state = state;
    Q_EMIT stateChanged(state);
}

void Run::failToStart(const QString &message)
{
    RunReport report;
    report.state = RunState::Failed;
    report.message = message;
    // Later, as every other end of a run.
    QMetaObject::invokeMethod(
            this, [this, report] { hostEnded(report); }, Qt::QueuedConnection);
}

void Run::start()
{
    if (d->state != RunState::Idle)
        return;
    setState(RunState::Starting);
    d->elapsed.start();

    QString problem;
    const std::optional<QJsonObject> parameters = d->request.pattern.complete(d->request.parameters,
                                                                              &problem);
    if (!parameters)
        return failToStart(problem);
    d->parameters = *parameters;
    for (const QString &fault : d->request.faults) {
        if (!d->request.pattern.fault(fault)) {
            return failToStart(QStringLiteral("Pattern '%1' has no fault '%2'")
                                       .arg(d->request.pattern.id, fault));
        }
    }
    d->folder = std::make_unique<QTemporaryDir>();
    if (!d->folder->isValid()) {
        return failToStart(
                QStringLiteral("No temporary folder can be made: %1. Free some disk space or "
                               "set TMPDIR")
                        .arg(d->folder->errorString()));
    }
    if (d->request.record) {
        if (const auto error = d->createRecording())
            return failToStart(QString::fromStdString(error.what));
        d->collection = std::make_unique<TraceCollection>(
                d->store, d->recordingPath,
                d->request.isolated ? QStringLiteral("heddle: ") + d->request.pattern.id
                                    : QCoreApplication::applicationName(),
                d->request.mostTraceBytes);
    }

    d->host = d->request.isolated
                      ? makeChildHost(d->folder->path(), d->memoryRecording.descriptor())
                      : makeLocalHost();
    connect(d->host.get(), &ExecutionHost::ready, this, &Run::hostReady);
    connect(d->host.get(), &ExecutionHost::started, this, [this] {
        if (d->state == RunState::Starting)
            setState(RunState::Running);
    });
    connect(d->host.get(), &ExecutionHost::progressed, this, &Run::progressed);
    connect(d->host.get(), &ExecutionHost::logged, this, &Run::logged);
    connect(d->host.get(), &ExecutionHost::resultReported, this,
            [this](const QString &id, const QVariant &value) {
                d->keepResult(id, value);
                Q_EMIT resultReported(id, value);
            });
    connect(d->host.get(), &ExecutionHost::invariantReported, this,
            [this](const InvariantOutcome &outcome) {
                d->keepInvariant(outcome);
                Q_EMIT invariantReported(outcome);
            });
    connect(d->host.get(), &ExecutionHost::ended, this, &Run::hostEnded);
    d->ending.limit =
            d->request.timeout.count() > 0
                    ? d->request.timeout
                    : std::chrono::milliseconds(static_cast<qint64>(
                            1000 * d->parameters.value(QStringLiteral("runCap")).toDouble(30)));
    d->timeLimit.start(d->ending.limit);
    d->host->prepare();
}

void Run::hostReady(qint64 processId)
{
    const auto executeLater = [this] {
        QMetaObject::invokeMethod(
                this, [this] { execute(); }, Qt::QueuedConnection);
    };
    if (!d->collection) {
        executeLater();
        return;
    }
    // The pattern starts when its scheduling is followed, so that no thread of it is missed.
    d->collection->follow(processId, executeLater);
}

void Run::execute()
{
    if (d->hasEnded)
        return;
    if (d->ending.whyStopped != RunState::Idle) {
        // It was stopped before there was anybody to tell.
        d->host.reset();
        RunReport stopped;
        stopped.state = d->ending.whyStopped;
        hostEnded(stopped);
        return;
    }
    d->ending.wasExecuting = true;
    ExecutionRequest execution;
    execution.pluginPath = d->request.pattern.pluginPath;
    execution.patternId = d->request.pattern.id;
    execution.parameters = d->parameters;
    execution.faults = d->request.faults;
    execution.seed = d->request.seed;
    execution.recordingPath = d->recordingPath;
    for (const ResultInfo &result : d->request.pattern.results)
        execution.results << result.id;
    for (const InvariantInfo &invariant : d->request.pattern.invariants)
        execution.invariants << invariant.id;
    d->host->execute(execution);
}

void Run::stop()
{
    endEarly(RunState::Cancelled);
}

void Run::endEarly(RunState why)
{
    if (!isActive())
        return;
    if (d->ending.whyStopped == RunState::Idle) {
        d->ending.whyStopped = why;
        // Now: a stop changes the picture.
        if (d->store->threadCount() > 0) {
            d->ending.atStop = lastRecordsOf(*d->store, trace::Clock::monotonicNs()
                                                                - d->store->startMonotonicNs());
        }
    }
    setState(RunState::Stopping);
    if (d->host)
        d->host->requestStop();
    if (!d->grace.isActive())
        d->grace.start(d->request.stopGrace);
}

void Run::kill()
{
    if (!isActive() || !d->host)
        return;
    if (d->ending.whyStopped == RunState::Idle)
        d->ending.whyStopped = RunState::Cancelled;
    d->ending.wasKilled |= d->host->kill();
}

QMap<QString, QString> Run::attributes() const
{
    const auto json = [](const auto &value) {
        return QString::fromUtf8(QJsonDocument(value).toJson(QJsonDocument::Compact));
    };
    QJsonArray invariants;
    for (const InvariantOutcome &outcome : d->report.invariants) {
        invariants.append(QJsonObject{{QStringLiteral("id"), outcome.id},
                                      {QStringLiteral("holds"), outcome.holds},
                                      {QStringLiteral("evidence"), outcome.evidence}});
    }
    return {{QStringLiteral("pattern"), d->request.pattern.id},
            {QStringLiteral("pattern_version"), d->request.pattern.version},
            {QStringLiteral("parameters"), json(d->parameters)},
            {QStringLiteral("faults"), d->request.faults.join(QLatin1Char(','))},
            {QStringLiteral("seed"), QString::number(d->request.seed)},
            {QStringLiteral("state"), runStateId(d->report.state)},
            {QStringLiteral("message"), d->report.message},
            {QStringLiteral("results"), json(QJsonObject::fromVariantMap(d->report.results))},
            {QStringLiteral("invariants"), json(invariants)},
            {QStringLiteral("qt_version"), QString::fromLatin1(qVersion())},
            {QStringLiteral("system"), QSysInfo::prettyProductName()},
            {QStringLiteral("processors"), QString::number(QThread::idealThreadCount())}};
}

void Run::hostEnded(const RunReport &ended)
{
    if (std::exchange(d->hasEnded, true))
        return;
    d->timeLimit.stop();
    d->grace.stop();
    RunReport &report = d->report;
    report.state = ended.state;
    report.message = ended.message;
    report.backtrace = ended.backtrace;
    report.crashedThreadId = ended.crashedThreadId;
    report.exitCode = ended.exitCode;
    report.signalNumber = ended.signalNumber;
    report.wallTime = std::chrono::nanoseconds(d->elapsed.nsecsElapsed());
    if (!d->collection) {
        conclude();
        complete();
        return;
    }
    d->collection->drain([this] {
        QMetaObject::invokeMethod(
                this, [this] { conclude(); }, Qt::QueuedConnection);
    });
}

void Run::conclude()
{
    if (d->collection) {
        d->ending.traceProblem = d->collection->problem();
        d->ending.traceGap = d->collection->gap();
    }
    explainEnding(d->report, d->ending, *d->store);
    if (!d->ending.traceGap.isEmpty())
        Q_EMIT logged(LogLevel::Warning, d->ending.traceGap);
    if (!d->collection)
        return;
    d->collection->finish(attributes(), [this] {
        QMetaObject::invokeMethod(
                this, [this] { complete(); }, Qt::QueuedConnection);
    });
}

void Run::complete()
{
    d->collection.reset();
    d->folder.reset();
    setState(d->report.state);
    Q_EMIT finished();
}

} // namespace heddle
