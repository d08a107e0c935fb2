// SPDX-License-Identifier: Apache-2.0
#include "patternreports_p.h"
#include "run_p.h"

#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>

#include <memory>
#include <thread>
#include <utility>

namespace heddle {

namespace {

// Executes in this process, for embedding and tests: nothing protects it from the pattern.
class LocalHost final : public ExecutionHost
{
public:
    ~LocalHost() override
    {
        m_stop.request_stop();
        if (m_thread.joinable())
            m_thread.join();
        stopRecording();
    }

    void prepare() override
    {
        QMetaObject::invokeMethod(
                this, [this] { Q_EMIT ready(QCoreApplication::applicationPid()); },
                Qt::QueuedConnection);
    }
    void execute(const ExecutionRequest &request) override
    {
        m_reports = std::make_unique<PatternReports>(request.results, request.invariants);
        connect(m_reports.get(), &PatternReports::progressed, this, &LocalHost::progressed);
        connect(m_reports.get(), &PatternReports::logged, this, &LocalHost::logged);
        connect(m_reports.get(), &PatternReports::resultReported, this, &LocalHost::resultReported);
        connect(m_reports.get(), &PatternReports::invariantReported, this,
                &LocalHost::invariantReported);
        if (!request.recordingPath.isEmpty()) {
            trace::setThreadName("main");
            if (const auto error = trace::Recorder::start(request.recordingPath.toStdString())) {
                finish({RunState::Failed, QString::fromStdString(error.what)});
                return;
            }
            m_isRecording = true;
        }
        Q_EMIT started();
        m_thread = std::thread([this, request] {
            trace::setThreadName("pattern");
            const ExecutionOutcome outcome = executePattern(request, *m_reports,
                                                            m_stop.get_token());
            QMetaObject::invokeMethod(
                    this,
                    [this, outcome] {
                        m_thread.join();
                        finish(outcome);
                    },
                    Qt::QueuedConnection);
        });
    }
    void requestStop() override { m_stop.request_stop(); }
    // A thread cannot be ended by force without harming the process.
    bool kill() override
    {
        m_stop.request_stop();
        return false;
    }

private:
    void finish(const ExecutionOutcome &outcome)
    {
        stopRecording();
        m_reports->finish();
        RunReport report;
        report.state = outcome.state;
        report.message = outcome.message;
        Q_EMIT ended(report);
    }
    // Only what was started here: the program may be recording something of its own.
    void stopRecording()
    {
        if (std::exchange(m_isRecording, false))
            trace::Recorder::stop();
    }

    std::unique_ptr<PatternReports> m_reports;
    std::stop_source m_stop;
    std::thread m_thread;
    bool m_isRecording = false;
};

} // namespace

std::unique_ptr<ExecutionHost> makeLocalHost()
{
    return std::make_unique<LocalHost>();
}

} // namespace heddle
