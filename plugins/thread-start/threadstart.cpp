// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/core/thread.h>
#include <heddle/pattern/patternplugin.h>
#include <heddle/trace/clock.h>
#include <heddle/trace/slice.h>

#include <QObject>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace {

namespace trace = heddle::trace;
using heddle::Event;

class ThreadStart final : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override;

private:
    void runOnce(int round);
    void threadFunction(Event &started);
    bool hasFault(const char *id) const { return m_context->hasFault(QLatin1String(id)); }

    heddle::RunContext *m_context = nullptr;
    std::atomic<std::int64_t> m_firstInstructionNs{0};
    std::atomic<int> m_ticksDone{0};
    std::unique_ptr<Event> m_started;
    std::unique_ptr<Event> m_raced; ///< tells main that the fault has happened
};

void ThreadStart::threadFunction(Event &started)
{
    m_firstInstructionNs = trace::Clock::monotonicNs();
    HEDDLE_INSTANT("first instruction");
    const heddle::Parameters &parameters = m_context->parameters();
    const bool atEnd = hasFault("set-at-end")
                       || parameters.text(QStringLiteral("signalAt")) == QLatin1String("end");
    {
        HEDDLE_SLICE("prepare");
        m_context->pause(parameters.milliseconds(QStringLiteral("startDelay")));
    }
    if (hasFault("throw-before-set"))
        throw std::runtime_error("the thread failed before it told that it had started");
    const auto set = [&] {
        if (hasFault("never-set"))
            return;
        HEDDLE_SLICE("set()");
        started.set();
        if (hasFault("clear-race"))
            started.clear();
    };
    if (!atEnd)
        set();
    if (hasFault("clear-race"))
        m_raced->set();
    static const trace::Name tick("tick");
    static const trace::Name number("number");
    const qint64 ticks = parameters.integer(QStringLiteral("ticks"));
    for (qint64 k = 0; k < ticks && !m_context->stopRequested(); ++k) {
        const trace::Slice slice(tick, {{number, k}});
        m_context->pause(parameters.milliseconds(QStringLiteral("tick")));
        ++m_ticksDone;
    }
    if (atEnd)
        set();
}

void ThreadStart::runOnce(int round)
{
    m_ticksDone = 0;
    m_raced = std::make_unique<Event>("raced");
    heddle::Thread thread(
            "worker " + std::to_string(round), [this] { threadFunction(*m_started); },
            heddle::Thread::Start::Later);
    // Emitted in the new thread, before its function: not a handshake with whoever started it.
    QObject::connect(
            &thread, &QThread::started, &thread,
            [&] {
                if (m_context->parameters().text(QStringLiteral("wait"))
                    == QLatin1String("startedSignal"))
                    m_started->set();
            },
            Qt::DirectConnection);
    const std::int64_t startNs = trace::Clock::monotonicNs();
    {
        HEDDLE_SLICE("QThread::start()");
        thread.start();
    }
    HEDDLE_INSTANT("start() has returned");
    if (hasFault("clear-race"))
        m_raced->wait(m_context->stopToken());
    bool told = true;
    {
        HEDDLE_SLICE("wait for the start");
        if (m_context->parameters().text(QStringLiteral("wait"))
            == QLatin1String("pollIsRunning")) {
            // True from start() on, whether or not the thread has executed anything.
            told = thread.isRunning();
        } else {
            told = m_started->wait(m_context->stopToken());
        }
    }
    const std::int64_t waitedNs = trace::Clock::monotonicNs() - startNs;
    const int ticksBefore = m_ticksDone;
    const bool wasReady = m_firstInstructionNs != 0;
    {
        HEDDLE_SLICE("join");
        thread.join();
    }
    const double latency = static_cast<double>(m_firstInstructionNs - startNs) / 1000;
    m_context->result(QStringLiteral("start-latency"), latency);
    m_context->result(QStringLiteral("wait-length"), static_cast<double>(waitedNs) / 1e6);
    m_context->result(QStringLiteral("ticks-before"), ticksBefore);
    if (!told) {
        m_context->warning(QStringLiteral(
                "The wait never returned: the event was not set while main waited."));
    } else {
        m_context->info(
                QStringLiteral(
                        "The thread's first instruction came %1 µs after start(); main went on "
                        "after %2 ms, when %3 ticks were done%4.")
                        .arg(latency, 0, 'f', 0)
                        .arg(static_cast<double>(waitedNs) / 1e6, 0, 'f', 2)
                        .arg(ticksBefore)
                        .arg(wasReady ? QString()
                                      : QStringLiteral(" and the thread had executed nothing")));
    }
    m_context->invariant(
            QStringLiteral("returns-early"), told && ticksBefore < 2,
            told ? QStringLiteral("%1 ticks were done when the wait returned").arg(ticksBefore)
                 : QStringLiteral("the wait did not return before the run was stopped"));
    if (thread.exception())
        thread.joinAndRethrow();
}

void ThreadStart::run(heddle::RunContext &context)
{
    m_context = &context;
    m_started = std::make_unique<Event>("started");
    runOnce(1);
    if (context.parameters().boolean(QStringLiteral("reuseEvent")) && !context.stopRequested()) {
        m_started->clear(); // an event is one-shot until it is cleared
        m_firstInstructionNs = 0;
        runOnce(2);
    }
}

class ThreadStartPlugin : public QObject, public heddle::PatternPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "thread-start.json")
    Q_INTERFACES(heddle::PatternPlugin)
public:
    std::unique_ptr<heddle::Pattern> create() const override
    {
        return std::make_unique<ThreadStart>();
    }
};

} // namespace

#include "threadstart.moc"
