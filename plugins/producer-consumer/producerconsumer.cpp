// SPDX-License-Identifier: Apache-2.0
#include "itemqueue.h"
#include "worksource.h"

#include <heddle/core/thread.h>
#include <heddle/pattern/patternplugin.h>
#include <heddle/trace/slice.h>

#include <QElapsedTimer>
#include <QObject>

#include <atomic>
#include <memory>
#include <vector>

namespace {

using heddle::RunContext;
namespace trace = heddle::trace;

class ProducerConsumer final : public heddle::Pattern
{
public:
    void run(RunContext &context) override;

private:
    void start();
    void produce(int number);
    void consume(int number);
    void consumeUntilTold(int number);
    void taskDone();
    void digest(qint64 item);
    void endConsumers();
    void joinQueue();
    void joinThreads(const std::vector<std::unique_ptr<heddle::Thread>> &threads);
    void work(std::chrono::nanoseconds duration, std::mt19937_64 &random);
    void report(double wallMilliseconds);
    bool hasFault(const char *id) const { return m_context->hasFault(QLatin1String(id)); }

    RunContext *m_context = nullptr;
    std::stop_source m_end; ///< the run is to stop, or a thread has failed
    std::exception_ptr m_failure;
    std::vector<std::unique_ptr<heddle::Thread>> m_producing;
    std::vector<std::unique_ptr<heddle::Thread>> m_consuming;
    std::unique_ptr<ItemQueue> m_queue;
    WorkSource m_source = WorkSource::synthetic();
    qint64 m_items = 0;
    int m_producers = 0;
    int m_consumers = 0;
    double m_jitter = 0;
    std::chrono::nanoseconds m_produceTime{0};
    std::chrono::nanoseconds m_consumeTime{0};
    QString m_stopBy;
    std::atomic<qint64> m_put{0};
    std::atomic<qint64> m_got{0};
    std::atomic<qint64> m_maxDepth{0};
    std::atomic<qint64> m_unreadable{0};
    std::atomic<int> m_stranded{0}; ///< consumers that still waited when the run was stopped
    std::atomic<bool> m_tooOften{false};
    std::atomic<quint64> m_checksum{0};
    std::atomic<bool> m_faultUsed{false};
    std::unique_ptr<std::atomic<int>[]> m_seen; ///< how often each item was got
};

void ProducerConsumer::work(std::chrono::nanoseconds duration, std::mt19937_64 &random)
{
    if (m_jitter > 0) {
        std::uniform_real_distribution<double> factor(1.0 - m_jitter / 100, 1.0 + m_jitter / 100);
        duration = std::chrono::nanoseconds(
                static_cast<qint64>(static_cast<double>(duration.count()) * factor(random)));
    }
    // A sleep shorter than this would mostly measure the scheduler.
    if (duration >= std::chrono::milliseconds(1))
        m_context->pause(duration);
    else if (duration.count() > 0)
        m_context->compute(duration);
}

void ProducerConsumer::produce(int number)
{
    static const trace::Name producing("produce");
    static const trace::Name putting("put");
    static const trace::Name item("item");
    std::mt19937_64 random = m_context->random(static_cast<quint64>(number));
    for (qint64 k = number; k < m_items && !m_end.stop_requested(); k += m_producers) {
        {
            const trace::Slice slice(producing, {{item, k}});
            work(m_produceTime, random);
        }
        const trace::Slice slice(putting, {{item, k}});
        m_queue->put(k, m_end.get_token());
        m_put.fetch_add(1);
        const qint64 depth = m_queue->size();
        qint64 most = m_maxDepth.load();
        while (depth > most && !m_maxDepth.compare_exchange_weak(most, depth)) {
        }
    }
}

void ProducerConsumer::consume(int number)
{
    try {
        consumeUntilTold(number);
    } catch (const heddle::Stopped &) {
        ++m_stranded;
    } catch (const heddle::ShutDown &) {
    } catch (...) {
        // Nobody finishes what this consumer had taken, so the others must not wait for it.
        m_end.request_stop();
        throw;
    }
}

void ProducerConsumer::consumeUntilTold(int number)
{
    static const trace::Name getting("get");
    static const trace::Name consuming("consume");
    static const trace::Name item("item");
    std::mt19937_64 random = m_context->random(1000 + static_cast<quint64>(number));
    while (true) {
        Item next;
        {
            const trace::Slice slice(getting);
            next = m_queue->get(m_end.get_token());
        }
        if (!next) {
            HEDDLE_INSTANT("sentinel");
            if (m_stopBy == QLatin1String("sentinelReput"))
                m_queue->put(std::nullopt, m_end.get_token());
            if (!hasFault("sentinel-not-done"))
                taskDone();
            return;
        }
        const trace::Slice slice(consuming, {{item, *next}});
        digest(*next);
        work(m_consumeTime, random);
        m_seen[static_cast<std::size_t>(*next)].fetch_add(1);
        const qint64 got = m_got.fetch_add(1) + 1;
        m_context->progress(static_cast<double>(got) / static_cast<double>(m_items));
        if (hasFault("missing-task-done") && !m_faultUsed.exchange(true))
            continue;
        taskDone();
        if (hasFault("task-done-twice") && !m_faultUsed.exchange(true))
            taskDone();
    }
}

void ProducerConsumer::taskDone()
{
    try {
        m_queue->taskDone();
    } catch (const heddle::Error &) {
        m_tooOften = true;
        throw;
    }
}

void ProducerConsumer::digest(qint64 item)
{
    if (const auto digest = m_source.digest(item))
        m_checksum.fetch_xor(*digest);
    else if (m_unreadable.fetch_add(1) == 0)
        m_context->warning(QStringLiteral("The file '%1' cannot be read; it does not count in the "
                                          "checksum.")
                                   .arg(m_source.path(item)));
}

void ProducerConsumer::endConsumers()
{
    if (m_stopBy == QLatin1String("close")) {
        m_queue->shutDown();
        return;
    }
    int sentinels = m_stopBy == QLatin1String("perConsumer") ? m_consumers : 1;
    if (hasFault("lost-sentinel"))
        --sentinels;
    for (int k = 0; k < sentinels; ++k)
        m_queue->put(std::nullopt, m_end.get_token());
}

void ProducerConsumer::report(double wallMilliseconds)
{
    qint64 missing = 0;
    qint64 twice = 0;
    for (qint64 k = 0; k < m_items; ++k) {
        const int times = m_seen[static_cast<std::size_t>(k)].load();
        missing += times == 0;
        twice += times > 1;
    }
    const qint64 left = m_queue->unfinished();
    m_context->result(QStringLiteral("items"), m_got.load());
    m_context->result(QStringLiteral("wall"), wallMilliseconds);
    m_context->result(QStringLiteral("throughput"),
                      wallMilliseconds > 0 ? static_cast<double>(m_got) * 1000 / wallMilliseconds
                                           : 0.0);
    m_context->result(QStringLiteral("max-depth"), m_maxDepth.load());
    m_context->result(QStringLiteral("unfinished"), left);
    m_context->result(QStringLiteral("checksum"),
                      QString::number(m_checksum.load(), 16).rightJustified(16, QLatin1Char('0')));
    if (m_unreadable > 0) {
        m_context->warning(QStringLiteral("%1 of %2 items were files that cannot be read.")
                                   .arg(m_unreadable.load())
                                   .arg(m_got.load()));
    }
    m_context->invariant(QStringLiteral("never-too-often"), !m_tooOften,
                         m_tooOften ? QStringLiteral("one call more than items were put")
                                    : QStringLiteral("no call was refused"));
    const qint64 capacity = m_context->parameters().integer(QStringLiteral("capacity"));
    m_context->invariant(
            QStringLiteral("bounded"), capacity == 0 || m_maxDepth <= capacity,
            QStringLiteral("%1 items at most, room for %2")
                    .arg(m_maxDepth.load())
                    .arg(capacity == 0 ? QStringLiteral("any number") : QString::number(capacity)));
    const bool isCutShort = m_put < m_items || (m_got < m_items && m_queue->size() > 0);
    if (m_context->stopRequested() && isCutShort) {
        m_context->info(
                QStringLiteral("Stopped after %1 of %2 items.").arg(m_got.load()).arg(m_items));
        return;
    }
    m_context->invariant(QStringLiteral("each-once"), missing == 0 && twice == 0,
                         QStringLiteral("%1 put, %2 got, %3 missing, %4 more than once")
                                 .arg(m_put.load())
                                 .arg(m_got.load())
                                 .arg(missing)
                                 .arg(twice));
    m_context->invariant(QStringLiteral("nothing-unfinished"), left == 0,
                         left == 0 ? QStringLiteral("every item was marked done")
                                   : QStringLiteral("%1 left: join() would wait for ever (%2 taken "
                                                    "without taskDone(), %3 still in the queue)")
                                             .arg(left)
                                             .arg(m_queue->takenUnfinished())
                                             .arg(m_queue->size()));
    if (m_failure)
        return; // the others were stopped because of it
    m_context->invariant(QStringLiteral("consumers-end"), m_stranded == 0,
                         QStringLiteral("%1 of %2 consumers still waited for an item at the end")
                                 .arg(m_stranded.load())
                                 .arg(m_consumers));
}

void ProducerConsumer::start()
{
    for (int k = 0; k < m_consumers; ++k) {
        m_consuming.push_back(std::make_unique<heddle::Thread>("consumer " + std::to_string(k + 1),
                                                               [this, k] { consume(k); }));
    }
    for (int k = 0; k < m_producers; ++k) {
        m_producing.push_back(std::make_unique<heddle::Thread>("producer " + std::to_string(k + 1),
                                                               [this, k] { produce(k); }));
    }
}

void ProducerConsumer::joinQueue()
{
    HEDDLE_SLICE("queue.join()");
    try {
        m_queue->join(m_end.get_token());
    } catch (const heddle::Stopped &) {
        m_context->warning(
                QStringLiteral("join() was still waiting when it was stopped: %1 items unfinished.")
                        .arg(m_queue->unfinished()));
    }
}

void ProducerConsumer::joinThreads(const std::vector<std::unique_ptr<heddle::Thread>> &threads)
{
    for (const auto &thread : threads) {
        thread->join();
        try {
            if (thread->exception())
                std::rethrow_exception(thread->exception());
        } catch (const heddle::Stopped &) {
        } catch (const heddle::ShutDown &) {
        } catch (...) {
            m_failure = std::current_exception();
        }
    }
}

void ProducerConsumer::run(RunContext &context)
{
    m_context = &context;
    const heddle::Parameters &parameters = context.parameters();
    m_items = parameters.integer(QStringLiteral("items"));
    m_producers = static_cast<int>(parameters.integer(QStringLiteral("producers")));
    m_consumers = static_cast<int>(parameters.integer(QStringLiteral("consumers")));
    m_jitter = parameters.number(QStringLiteral("jitter"));
    m_produceTime = parameters.milliseconds(QStringLiteral("produce"));
    m_consumeTime = parameters.milliseconds(QStringLiteral("consume"));
    m_stopBy = parameters.text(QStringLiteral("stop"));
    if (parameters.text(QStringLiteral("source")) == QLatin1String("files")) {
        m_source = WorkSource::files(parameters.text(QStringLiteral("folder")));
        context.info(QStringLiteral("Files to hash: %1.").arg(m_source.fileCount()));
    }
    m_seen = std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(m_items));
    const qint64 capacity = hasFault("unbounded-growth")
                                    ? 0
                                    : parameters.integer(QStringLiteral("capacity"));
    // The fault is a line of the handmade queue; the library's has no such line.
    const bool byHand = parameters.text(QStringLiteral("queue")) == QLatin1String("byHand")
                        || hasFault("if-not-while");
    m_queue = byHand ? ItemQueue::byHand(capacity, hasFault("if-not-while"))
                     : ItemQueue::ofLibrary(capacity);

    QElapsedTimer timer;
    timer.start();
    const std::stop_callback onStop(context.stopToken(), [this] { m_end.request_stop(); });
    start();
    joinThreads(m_producing);
    try {
        endConsumers();
    } catch (const heddle::Stopped &) {
    }
    const QString finish = parameters.text(QStringLiteral("finish"));
    if (finish != QLatin1String("threadJoin"))
        joinQueue();
    if (finish == QLatin1String("queueJoin"))
        m_queue->shutDown(); // so that consumers end that wait for more
    {
        HEDDLE_SLICE("join threads");
        joinThreads(m_consuming);
    }
    report(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    if (m_failure)
        std::rethrow_exception(m_failure);
}

class ProducerConsumerPlugin : public QObject, public heddle::PatternPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "producer-consumer.json")
    Q_INTERFACES(heddle::PatternPlugin)
public:
    std::unique_ptr<heddle::Pattern> create() const override
    {
        return std::make_unique<ProducerConsumer>();
    }
};

} // namespace

#include "producerconsumer.moc"
