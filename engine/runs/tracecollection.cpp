// SPDX-License-Identifier: Apache-2.0
#include "tracecollection_p.h"

#include <heddle/trace/clock.h>

#include <QFile>
#include <QLocale>

#include <chrono>
#include <exception>
#include <utility>

namespace heddle {

namespace {
// A frame of a screen: what comes later is not seen earlier.
constexpr std::chrono::milliseconds DrainInterval(16);
// How often the end of the trace moves when nothing is recorded.
constexpr std::int64_t ClockIntervalNs = 30'000'000;
// After so many units the store's memory is looked at: at most a few megabytes later.
constexpr std::uint64_t UnitsPerCheck = 1 << 16;

QString sourceText(const trace::KernelScheduling &scheduling)
{
    switch (scheduling.source()) {
    case trace::KernelScheduling::Source::PerfEvents:
        return QStringLiteral("perf events");
    case trace::KernelScheduling::Source::SchedstatSampling:
        return QStringLiteral("schedstat sampling (estimates; %1)")
                .arg(QString::fromStdString(scheduling.reason()));
    case trace::KernelScheduling::Source::None:
        break;
    }
    return QStringLiteral("none (%1)").arg(QString::fromStdString(scheduling.reason()));
}
} // namespace

void TraceCollection::Refusal::threadRecords(trace::ThreadIndex,
                                             std::span<const trace::Record> records,
                                             const trace::TickConversion &, std::uint64_t)
{
    for (const trace::Record &record : records) {
        const trace::RecordType type = record.type();
        m_records += type != trace::RecordType::Argument && type != trace::RecordType::Value
                     && type != trace::RecordType::Lost;
    }
}

TraceCollection::TraceCollection(std::shared_ptr<TraceStore> store, QString recordingPath,
                                 QString processName, std::size_t mostBytes)
    : m_store(std::move(store))
    , m_recordingPath(std::move(recordingPath))
    , m_processName(std::move(processName))
    , m_mostBytes(mostBytes)
    , m_writer(*m_store)
    , m_thread([this] { collect(); })
{}

TraceCollection::~TraceCollection()
{
    {
        const std::lock_guard lock(m_mutex);
        m_abandoned = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void TraceCollection::follow(std::int64_t processId, std::function<void()> following)
{
    {
        const std::lock_guard lock(m_mutex);
        m_processId = processId;
        m_following = std::move(following);
    }
    m_changed.notify_all();
}

void TraceCollection::drain(std::function<void()> drained)
{
    {
        const std::lock_guard lock(m_mutex);
        m_drained = std::move(drained);
    }
    m_changed.notify_all();
}

void TraceCollection::finish(QMap<QString, QString> attributes, std::function<void()> finished)
{
    {
        const std::lock_guard lock(m_mutex);
        m_attributes = std::move(attributes);
        m_finished = std::move(finished);
    }
    m_changed.notify_all();
}

void TraceCollection::collect()
{
    attempt([this] { open(); });
    std::unique_lock lock(m_mutex);
    while (!m_abandoned) {
        const std::function<void()> following = std::exchange(m_following, nullptr);
        const std::function<void()> drained = std::exchange(m_drained, nullptr);
        const std::function<void()> finished = std::exchange(m_finished, nullptr);
        const auto process = static_cast<std::uint64_t>(m_processId);
        lock.unlock();
        if (following) {
            attempt([this, process] { m_scheduling.start(process); });
            following();
        }
        if (!m_isDrained && m_problem.isEmpty())
            attempt([this] { take(); });
        if (drained) {
            attempt([this] { settle(); });
            m_isDrained = true;
            drained();
        }
        if (finished) {
            attempt([this] { complete(m_attributes); });
            finished();
            return;
        }
        lock.lock();
        m_changed.wait_for(lock, DrainInterval, [this] {
            return m_abandoned || m_following || m_drained || m_finished;
        });
    }
}

// An exception that left the thread would end the program.
template <typename Action>
void TraceCollection::attempt(Action action)
{
    try {
        action();
    } catch (const std::exception &failure) {
        if (m_problem.isEmpty())
            m_problem = QString::fromUtf8(failure.what());
    }
}

void TraceCollection::open()
{
    if (const auto error = m_reader.open(m_recordingPath.toStdString()))
        m_problem = QString::fromStdString(error.what);
}

void TraceCollection::take()
{
    if (!m_feed) {
        if (m_reader.processId() == 0)
            return;
        // Both sides have it mapped: without a name, nobody's end can leave it behind. (One in
        // memory never had one; where an open file cannot be removed, it goes with the folder.)
        QFile::remove(m_recordingPath);
        m_writer.setStart(m_reader.startMonotonicNs(), m_reader.startRealtimeNs());
        m_feed = std::make_unique<RecordingFeed>(m_writer,
                                                 static_cast<std::int64_t>(m_reader.processId()),
                                                 m_processName, m_reader.startMonotonicNs());
    }
    if (m_isFull) {
        m_reader.drain(m_refusal);
        m_scheduling.drain(m_refusal);
        return;
    }
    const std::int64_t now = trace::Clock::monotonicNs();
    const std::uint64_t units = m_reader.drain(*m_feed);
    m_scheduling.drain(*m_feed);
    followClock(now);
    m_feed->flush();
    checkMemory(units);
}

// The recording still went on at \a nowNs, if it goes on now.
void TraceCollection::followClock(std::int64_t nowNs)
{
    if (nowNs - m_clockNs < ClockIntervalNs || m_reader.isFinished())
        return;
    m_clockNs = nowNs;
    m_writer.advance(nowNs - m_reader.startMonotonicNs());
}

void TraceCollection::checkMemory(std::uint64_t newUnits)
{
    m_uncheckedUnits += newUnits;
    if (m_uncheckedUnits < UnitsPerCheck)
        return;
    m_uncheckedUnits = 0;
    m_isFull = m_store->memoryBytes() >= m_mostBytes;
}

void TraceCollection::settle()
{
    if (!m_feed || !m_problem.isEmpty())
        return;
    if (!m_isFull)
        m_scheduling.drain(*m_feed, true);
    m_feed->finish();
    // Losses after which a thread wrote nothing more were not told by a record.
    const std::uint64_t told = m_store->counts().lost;
    const std::uint64_t lost = m_reader.lost() + m_refusal.records();
    if (lost > told && m_store->threadCount() > 0)
        m_writer.lost(0, m_store->endNs(), lost - told, std::nullopt);
    if (m_isFull) {
        m_gap = QStringLiteral("The trace took more than its limit of %1 after %2 s: %3 records "
                               "after that were not kept. Let the run be shorter, or do less")
                        .arg(QLocale::c().formattedDataSize(static_cast<qint64>(m_mostBytes)))
                        .arg(static_cast<double>(m_store->endNs()) / 1e9, 0, 'f', 1)
                        .arg(m_refusal.records());
    }
}

void TraceCollection::complete(const QMap<QString, QString> &attributes)
{
    m_writer.setAttribute(QStringLiteral("scheduling_source"), sourceText(m_scheduling));
    if (m_scheduling.lost() > 0)
        m_writer.setAttribute(QStringLiteral("scheduling_lost"),
                              QString::number(m_scheduling.lost()));
    if (!m_problem.isEmpty())
        m_writer.setAttribute(QStringLiteral("trace_problem"), m_problem);
    if (!m_gap.isEmpty())
        m_writer.setAttribute(QStringLiteral("trace_gap"), m_gap);
    for (auto entry = attributes.begin(); entry != attributes.end(); ++entry)
        m_writer.setAttribute(entry.key(), entry.value());
    m_writer.complete();
}

} // namespace heddle
