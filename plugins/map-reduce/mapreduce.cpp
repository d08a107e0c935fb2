// SPDX-License-Identifier: Apache-2.0
#include "corpus.h"

#include <heddle/pattern/patternplugin.h>
#include <heddle/tasks/poolthreadname.h>
#include <heddle/trace/object.h>
#include <heddle/trace/slice.h>

#include <QElapsedTimer>
#include <QFile>
#include <QHash>
#include <QObject>
#include <QThreadPool>
#include <QtConcurrentFilter>
#include <QtConcurrentMap>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <mutex>

namespace {

namespace trace = heddle::trace;

/// How often each word occurs, and how many words there were.
struct Counts
{
    QHash<QByteArray, qint64> words;
    qint64 total = 0;
};

class MapReduce final : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override;

private:
    QList<QByteArray> readTexts(const QStringList &paths) const;
    Counts countFile(const QString &path);
    static Counts countText(const QByteArray &text);
    static void add(Counts &sum, const Counts &part);
    void keepLongWords(Counts &counts, bool concurrently);
    Counts sequentially(const QStringList &paths);
    Counts concurrently(const QStringList &paths);
    Counts lineByLine(const QStringList &paths);
    void waitForReduce();
    void reduceWaiting(Counts &sum, const Counts &part);

    heddle::RunContext *m_context = nullptr;
    QThreadPool m_pool;
    heddle::PoolThreadName m_threadName{"pool"};
    trace::ReportedCounter m_waitingCounter{"results waiting"};
    std::mutex m_mutex;
    qint64 m_waiting = 0; ///< mapped and not reduced
    qint64 m_maxWaiting = 0;
    std::atomic<bool> m_hasWarned{false};
    std::chrono::nanoseconds m_perItem{0};
    qint64 m_minimumLength = 1;
};

Counts MapReduce::countText(const QByteArray &text)
{
    Counts counts;
    const auto isLetter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
    };
    qsizetype start = -1;
    for (qsizetype k = 0; k <= text.size(); ++k) {
        const bool inWord = k < text.size() && isLetter(text[k]);
        if (inWord && start < 0)
            start = k;
        if (!inWord && start >= 0) {
            ++counts.words[text.sliced(start, k - start).toLower()];
            ++counts.total;
            start = -1;
        }
    }
    return counts;
}

Counts MapReduce::countFile(const QString &path)
{
    HEDDLE_SLICE("map: count a file");
    if (m_context->stopRequested())
        return {};
    QFile file(path);
    const QByteArray text = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    if (file.error() != QFileDevice::NoError && !m_hasWarned.exchange(true)) {
        m_context->warning(QStringLiteral("The file '%1' cannot be read, and perhaps others; such "
                                          "files have no words.")
                                   .arg(path));
    }
    Counts counts = countText(text);
    if (m_perItem.count() > 0)
        m_context->compute(m_perItem);
    return counts;
}

void MapReduce::add(Counts &sum, const Counts &part)
{
    HEDDLE_SLICE("reduce");
    for (auto entry = part.words.begin(); entry != part.words.end(); ++entry)
        sum.words[entry.key()] += entry.value();
    sum.total += part.total;
}

void MapReduce::keepLongWords(Counts &counts, bool concurrently)
{
    HEDDLE_SLICE("filter");
    QList<QByteArray> words = counts.words.keys();
    const auto isLong = [this](const QByteArray &word) { return word.size() >= m_minimumLength; };
    if (concurrently) {
        words = QtConcurrent::blockingFiltered(&m_pool, words,
                                               [this, isLong](const QByteArray &word) {
                                                   m_threadName.apply();
                                                   return isLong(word);
                                               });
    } else {
        words.removeIf([isLong](const QByteArray &word) { return !isLong(word); });
    }
    QHash<QByteArray, qint64> kept;
    kept.reserve(words.size());
    for (const QByteArray &word : std::as_const(words))
        kept.insert(word, counts.words.value(word));
    counts.words = kept;
}

Counts MapReduce::sequentially(const QStringList &paths)
{
    HEDDLE_SLICE("one after the other");
    Counts sum;
    for (const QString &path : paths) {
        if (m_context->stopRequested())
            break;
        add(sum, countFile(path));
    }
    keepLongWords(sum, false);
    return sum;
}

void MapReduce::waitForReduce()
{
    const std::lock_guard lock(m_mutex);
    m_waitingCounter.set(++m_waiting);
    m_maxWaiting = std::max(m_maxWaiting, m_waiting);
}

void MapReduce::reduceWaiting(Counts &sum, const Counts &part)
{
    {
        const std::lock_guard lock(m_mutex);
        m_waitingCounter.set(--m_waiting);
    }
    add(sum, part);
}

Counts MapReduce::concurrently(const QStringList &paths)
{
    HEDDLE_SLICE("with QtConcurrent");
    const auto map = [this](const QString &path) {
        m_threadName.apply();
        Counts counts = countFile(path);
        waitForReduce();
        return counts;
    };
    const auto reduceOne = [this](Counts &sum, const Counts &part) { reduceWaiting(sum, part); };
    const QString reduce = m_context->hasFault(QStringLiteral("ordered-backlog"))
                                   ? QStringLiteral("ordered")
                                   : m_context->parameters().text(QStringLiteral("reduce"));
    Counts sum;
    if (reduce == QLatin1String("sequential")) {
        const QList<Counts> parts = QtConcurrent::blockingMapped<QList<Counts>>(&m_pool, paths,
                                                                                map);
        for (const Counts &part : parts)
            reduceWaiting(sum, part);
    } else {
        const auto options = reduce == QLatin1String("ordered")
                                     ? QtConcurrent::OrderedReduce | QtConcurrent::SequentialReduce
                                     : QtConcurrent::UnorderedReduce
                                               | QtConcurrent::SequentialReduce;
        sum = QtConcurrent::blockingMappedReduced<Counts>(&m_pool, paths, map, reduceOne, options);
    }
    keepLongWords(sum, true);
    return sum;
}

QList<QByteArray> MapReduce::readTexts(const QStringList &paths) const
{
    QList<QByteArray> lines;
    for (const QString &path : paths) {
        QFile file(path);
        if (file.open(QIODevice::ReadOnly))
            lines << file.readAll().split('\n');
    }
    return lines;
}

// The fault: the same result from tasks that are too small.
Counts MapReduce::lineByLine(const QStringList &paths)
{
    HEDDLE_SLICE("with QtConcurrent, a task a line");
    Counts sum = QtConcurrent::blockingMappedReduced<Counts>(
            &m_pool, readTexts(paths),
            [this](const QByteArray &line) {
                m_threadName.apply();
                HEDDLE_SLICE("map: count a line");
                return countText(line);
            },
            &MapReduce::add, QtConcurrent::UnorderedReduce | QtConcurrent::SequentialReduce);
    keepLongWords(sum, true);
    return sum;
}

void MapReduce::run(heddle::RunContext &context)
{
    m_context = &context;
    const heddle::Parameters &parameters = context.parameters();
    m_perItem = parameters.microseconds(QStringLiteral("perItem"));
    m_minimumLength = parameters.integer(QStringLiteral("minimumLength"));
    if (const qint64 threads = parameters.integer(QStringLiteral("threads")); threads > 0)
        m_pool.setMaxThreadCount(static_cast<int>(threads));
    m_pool.setExpiryTimeout(-1);

    const QString folder = parameters.text(QStringLiteral("folder"));
    const qint64 items = parameters.integer(QStringLiteral("items"));
    const Corpus corpus = [&] {
        HEDDLE_SLICE("prepare the files");
        return folder.isEmpty() ? Corpus::make(
                       context.random(), items, parameters.number(QStringLiteral("skew")),
                       parameters.number(QStringLiteral("first")), context.stopToken())
                                : Corpus::ofFolder(folder, items);
    }();

    QElapsedTimer timer;
    timer.start();
    const Counts sequential = sequentially(corpus.paths());
    const double sequentialMs = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    context.progress(0.6, QStringLiteral("counted one after the other"));
    timer.start();
    const std::clock_t cpuStart = std::clock(); // of all threads
    const Counts parallel = context.hasFault(QStringLiteral("tiny-grain"))
                                    ? lineByLine(corpus.paths())
                                    : concurrently(corpus.paths());
    const double parallelMs = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    const double cpuMs = static_cast<double>(std::clock() - cpuStart) * 1000 / CLOCKS_PER_SEC;
    if (context.stopRequested())
        return;
    context.progress(1.0);
    const double processors = parallelMs > 0 ? cpuMs / parallelMs : 0;
    const double speedUp = parallelMs > 0 ? sequentialMs / parallelMs : 0;
    context.result(QStringLiteral("words"), parallel.total);
    context.result(QStringLiteral("distinct"), static_cast<qint64>(parallel.words.size()));
    context.result(QStringLiteral("sequential"), sequentialMs);
    context.result(QStringLiteral("parallel"), parallelMs);
    context.result(QStringLiteral("speed-up"), speedUp);
    context.result(QStringLiteral("processors"), processors);
    if (!context.hasFault(QStringLiteral("tiny-grain")))
        context.result(QStringLiteral("max-waiting"), m_maxWaiting);
    context.invariant(QStringLiteral("same-counts"),
                      sequential.total == parallel.total && sequential.words == parallel.words,
                      QStringLiteral("%1 and %2 words, %3 and %4 distinct")
                              .arg(sequential.total)
                              .arg(parallel.total)
                              .arg(sequential.words.size())
                              .arg(parallel.words.size()));
    context.info(
            QStringLiteral(
                    "Files: %1. One after the other: %2 ms. With QtConcurrent: %3 ms, threads: %4. "
                    "%5 times as fast, with the time of %6 processors.")
                    .arg(corpus.paths().size())
                    .arg(sequentialMs, 0, 'f', 0)
                    .arg(parallelMs, 0, 'f', 0)
                    .arg(m_pool.maxThreadCount())
                    .arg(speedUp, 0, 'f', 2)
                    .arg(processors, 0, 'f', 2));
}

class MapReducePlugin : public QObject, public heddle::PatternPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "map-reduce.json")
    Q_INTERFACES(heddle::PatternPlugin)
public:
    std::unique_ptr<heddle::Pattern> create() const override
    {
        return std::make_unique<MapReduce>();
    }
};

} // namespace

#include "mapreduce.moc"
