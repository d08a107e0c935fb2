// SPDX-License-Identifier: Apache-2.0
#include "run_p.h"

#include <heddle/trace/recorder.h>
#include <heddle/trace/slice.h>

#include <QCoreApplication>

#include <thread>

namespace heddle {

namespace {

// Executes in this process, for embedding and tests: nothing protects it from the pattern.
class LocalHost final : public ExecutionHost, private RunObserver
{
public:
    ~LocalHost() override
    {
        m_stop.request_stop();
        if (m_thread.joinable())
            m_thread.join();
    }

    void prepare() override
    {
        QMetaObject::invokeMethod(
                this, [this] { Q_EMIT ready(QCoreApplication::applicationPid()); },
                Qt::QueuedConnection);
    }
    void execute(const ExecutionRequest &request) override
    {
        if (!request.recordingPath.isEmpty()) {
            trace::setThreadName("main");
            if (const auto error = trace::Recorder::start(request.recordingPath.toStdString())) {
                finish({RunState::Failed, QString::fromStdString(error.what)}, false);
                return;
            }
        }
        Q_EMIT started();
        m_thread = std::thread([this, request] {
            trace::setThreadName("pattern");
            const ExecutionOutcome outcome = executePattern(request, *this, m_stop.get_token());
            QMetaObject::invokeMethod(
                    this,
                    [this, outcome, recorded = !request.recordingPath.isEmpty()] {
                        m_thread.join();
                        finish(outcome, recorded);
                    },
                    Qt::QueuedConnection);
        });
    }
    void requestStop() override { m_stop.request_stop(); }
    // A thread cannot be ended by force without harming the process.
    void kill() override { m_stop.request_stop(); }

private:
    void finish(const ExecutionOutcome &outcome, bool recorded)
    {
        if (recorded)
            trace::Recorder::stop();
        RunReport report;
        report.state = outcome.state;
        report.message = outcome.message;
        Q_EMIT ended(report);
    }
    template <typename Call>
    void later(Call call)
    {
        QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection);
    }

    void progress(double fraction, const QString &text) override
    {
        later([this, fraction, text] { Q_EMIT progressed(fraction, text); });
    }
    void log(LogLevel level, const QString &text) override
    {
        later([this, level, text] { Q_EMIT logged(level, text); });
    }
    void result(const QString &id, const QVariant &value) override
    {
        later([this, id, value] { Q_EMIT resultReported(id, value); });
    }
    void invariant(const QString &id, bool holds, const QString &evidence) override
    {
        later([this, id, holds, evidence] { Q_EMIT invariantReported({id, holds, evidence}); });
    }

    std::stop_source m_stop;
    std::thread m_thread;
};

} // namespace

std::unique_ptr<ExecutionHost> makeLocalHost()
{
    return std::make_unique<LocalHost>();
}

} // namespace heddle
