// SPDX-License-Identifier: Apache-2.0
#include "worksource.h"

#include <heddle/core/queue.h>
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

/// An item's number; nothing is the sentinel.
using Item = std::optional<qint64>;

class ProducerConsumer final : public heddle::Pattern
{
public:
    void run(RunContext &context) override;

private:
    void produce(int number);
    void consume(int number);
    void endConsumers();
    void work(std::chrono::nanoseconds duration, std::mt19937_64 &random);
    void report(double wallMilliseconds);
    bool hasFault(const char *id) const { return m_context->hasFault(QLatin1String(id)); }

    RunContext *m_context = nullptr;
    std::unique_ptr<heddle::Queue<Item>> m_queue;
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
    for (qint64 k = number; k < m_items && !m_context->stopRequested(); k += m_producers) {
        {
            const trace::Slice slice(producing, {{item, k}});
            work(m_produceTime, random);
        }
        const trace::Slice slice(putting, {{item, k}});
        m_queue->put(k, m_context->stopToken());
        m_put.fetch_add(1);
        const qint64 depth = m_queue->size();
        qint64 most = m_maxDepth.load();
        while (depth > most && !m_maxDepth.compare_exchange_weak(most, depth)) {
        }
    }
}

void ProducerConsumer::consume(int number)
{
    static const trace::Name getting("get");
    static const trace::Name consuming("consume");
    static const trace::Name item("item");
    std::mt19937_64 random = m_context->random(1000 + static_cast<quint64>(number));
    while (true) {
        Item next;
        {
            const trace::Slice slice(getting);
            next = m_queue->get(m_context->stopToken());
        }
        if (!next) {
            HEDDLE_INSTANT("sentinel");
            if (m_stopBy == QLatin1String("sentinelReput"))
                m_queue->put(std::nullopt, m_context->stopToken());
            if (!hasFault("sentinel-not-done"))
                m_queue->taskDone();
            return;
        }
        const trace::Slice slice(consuming, {{item, *next}});
        m_checksum.fetch_xor(m_source.digest(*next));
        work(m_consumeTime, random);
        m_seen[static_cast<std::size_t>(*next)].fetch_add(1);
        const qint64 got = m_got.fetch_add(1) + 1;
        m_context->progress(static_cast<double>(got) / static_cast<double>(m_items));
        if (hasFault("missing-task-done") && !m_faultUsed.exchange(true))
            continue;
        m_queue->taskDone();
        if (hasFault("task-done-twice") && !m_faultUsed.exchange(true))
            m_queue->taskDone();
    }
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
        m_queue->put(std::nullopt, m_context->stopToken());
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
    if (m_context->stopRequested() && m_put < m_items) {
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
        context.info(QStringLiteral("Hashing %1 files.").arg(m_source.fileCount()));
    }
    m_seen = std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(m_items));
    const bool unbounded = hasFault("unbounded-growth");
    m_queue = std::make_unique<heddle::Queue<Item>>(
            "items", unbounded ? 0 : parameters.integer(QStringLiteral("capacity")));

    QElapsedTimer timer;
    timer.start();
    std::vector<std::unique_ptr<heddle::Thread>> producers;
    std::vector<std::unique_ptr<heddle::Thread>> consumers;
    for (int k = 0; k < m_consumers; ++k) {
        consumers.push_back(std::make_unique<heddle::Thread>("consumer " + std::to_string(k + 1),
                                                             [this, k] { consume(k); }));
    }
    for (int k = 0; k < m_producers; ++k) {
        producers.push_back(std::make_unique<heddle::Thread>("producer " + std::to_string(k + 1),
                                                             [this, k] { produce(k); }));
    }
    std::exception_ptr failure;
    const auto note = [&failure](const heddle::Thread &thread) {
        try {
            if (thread.exception())
                std::rethrow_exception(thread.exception());
        } catch (const heddle::Stopped &) {
        } catch (const heddle::ShutDown &) {
        } catch (...) {
            failure = std::current_exception();
        }
    };
    for (const auto &producer : producers) {
        producer->join();
        note(*producer);
    }
    const QString finish = parameters.text(QStringLiteral("finish"));
    try {
        endConsumers();
        if (finish != QLatin1String("threadJoin")) {
            HEDDLE_SLICE("queue.join()");
            m_queue->join(context.stopToken());
        }
    } catch (const heddle::Stopped &) {
        context.warning(
                QStringLiteral("join() was still waiting when the run was stopped: %1 items "
                               "unfinished.")
                        .arg(m_queue->unfinished()));
    }
    if (finish == QLatin1String("queueJoin"))
        m_queue->shutDown(); // so that consumers end that wait for more
    {
        HEDDLE_SLICE("join threads");
        for (const auto &consumer : consumers) {
            consumer->join();
            note(*consumer);
        }
    }
    report(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    if (failure)
        std::rethrow_exception(failure);
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
