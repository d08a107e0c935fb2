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
using heddle::Outcome;

// heddle::Thread waits in its destructor; QThread does not, and ends the process.
class CarelessThread final : public QThread
{
public:
    explicit CarelessThread(heddle::RunContext &context)
        : m_context(context)
    {}

protected:
    void run() override { m_context.pause(std::chrono::hours(1)); }

private:
    heddle::RunContext &m_context;
};

class ThreadStart final : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override;

private:
    /// What was seen of one start.
    struct Round
    {
        std::int64_t startNs = 0;
        std::int64_t waitedNs = 0;
        bool isTold = false;
        bool isReady = false; ///< when the wait returned
        bool hasBegun = false;
    };

    void runOnce(int round);
    Round startAndWait(heddle::Thread &thread);
    void report(const Round &round);
    void threadFunction(Event &started);
    void destroyWhileItRuns();
    bool waitsBy(const char *way) const
    {
        return m_context->parameters().text(QStringLiteral("wait")) == QLatin1String(way);
    }
    bool hasFault(const char *id) const { return m_context->hasFault(QLatin1String(id)); }

    heddle::RunContext *m_context = nullptr;
    std::atomic<std::int64_t> m_firstInstructionNs{0};
    std::atomic<int> m_ticksDone{0};
    std::atomic<int> m_ticksAtSet{0}; ///< what the wait reports, however late its thread wakes
    std::atomic<bool> m_isReady{false};
    std::unique_ptr<Event> m_started;
    std::unique_ptr<Event> m_raced; ///< tells that the fault has happened
};

void ThreadStart::threadFunction(Event &started)
{
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
    m_isReady = true;
    const auto set = [&] {
        if (hasFault("never-set") || !waitsBy("event"))
            return;
        HEDDLE_SLICE("set()");
        m_ticksAtSet = m_ticksDone.load();
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

ThreadStart::Round ThreadStart::startAndWait(heddle::Thread &thread)
{
    Round round;
    round.startNs = trace::Clock::monotonicNs();
    {
        HEDDLE_SLICE("QThread::start()");
        thread.start();
    }
    HEDDLE_INSTANT("start() has returned");
    if (hasFault("clear-race"))
        m_raced->wait(m_context->stopToken());
    {
        HEDDLE_SLICE("wait for the start");
        // isRunning() is true from start() on, whether or not the thread has executed anything.
        round.isTold = waitsBy("pollIsRunning")
                               ? thread.isRunning()
                               : m_started->wait(m_context->stopToken()) == Outcome::Done;
    }
    round.hasBegun = m_firstInstructionNs != 0;
    round.isReady = m_isReady;
    round.waitedNs = trace::Clock::monotonicNs() - round.startNs;
    return round;
}

void ThreadStart::runOnce(int number)
{
    m_firstInstructionNs = 0;
    m_ticksDone = 0;
    m_ticksAtSet = 0;
    m_isReady = m_context->parameters().number(QStringLiteral("startDelay")) == 0;
    m_raced = std::make_unique<Event>("raced");
    heddle::Thread thread(
            "worker " + std::to_string(number), [this] { threadFunction(*m_started); },
            heddle::Thread::Start::Later);
    // Emitted in the new thread, before its function and before the recorder knows the thread: the
    // earliest that it does. No handshake with whoever started it.
    QObject::connect(
            &thread, &QThread::started, &thread,
            [&] {
                m_firstInstructionNs = trace::Clock::monotonicNs();
                if (waitsBy("startedSignal"))
                    m_started->set();
            },
            Qt::DirectConnection);
    const Round round = startAndWait(thread);
    if (hasFault("destroy-without-wait"))
        destroyWhileItRuns();
    {
        HEDDLE_SLICE("join");
        thread.join();
    }
    report(round);
    if (thread.exception())
        thread.joinAndRethrow();
}

void ThreadStart::destroyWhileItRuns()
{
    HEDDLE_SLICE("destroy a QThread without wait()");
    const auto careless = std::make_unique<CarelessThread>(*m_context);
    careless->start();
}

void ThreadStart::report(const Round &round)
{
    const double latency = static_cast<double>(m_firstInstructionNs - round.startNs) / 1000;
    const double waitedMs = static_cast<double>(round.waitedNs) / 1e6;
    m_context->result(QStringLiteral("start-latency"), latency);
    m_context->result(QStringLiteral("wait-length"), waitedMs);
    if (!round.isTold) {
        m_context->warning(QStringLiteral(
                "The wait never returned: the event was not set while the thread waited for it."));
    } else {
        m_context->result(QStringLiteral("ticks-before"), m_ticksAtSet.load());
        m_context->info(
                QStringLiteral(
                        "The new thread's first instruction came %1 µs after start(); the thread "
                        "pattern went on after %2 ms, told after %3 ticks%4.")
                        .arg(latency, 0, 'f', 0)
                        .arg(waitedMs, 0, 'f', 2)
                        .arg(m_ticksAtSet.load())
                        .arg(round.hasBegun
                                     ? QString()
                                     : QStringLiteral(", when the thread had executed nothing")));
    }
    m_context->invariant(
            QStringLiteral("returns-early"), round.isTold && m_ticksAtSet < 2,
            round.isTold ? QStringLiteral("%1 ticks were done when the event was set")
                                   .arg(m_ticksAtSet.load())
                         : QStringLiteral("the wait did not return before the run was stopped"));
    m_context->invariant(QStringLiteral("ready"), !round.isTold || round.isReady,
                         round.isReady  ? QStringLiteral("the thread was ready")
                         : round.isTold ? QStringLiteral("the thread was still preparing")
                                        : QStringLiteral("the wait did not return"));
}

void ThreadStart::run(heddle::RunContext &context)
{
    m_context = &context;
    m_started = std::make_unique<Event>("started");
    runOnce(1);
    if (context.parameters().boolean(QStringLiteral("reuseEvent")) && !context.stopRequested()) {
        m_started->clear(); // an event is one-shot until it is cleared
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
