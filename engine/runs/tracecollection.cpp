// SPDX-License-Identifier: Apache-2.0
#include "tracecollection_p.h"

#include <QFile>

#include <chrono>

namespace heddle {

namespace {
// A frame of a screen: what comes later is not seen earlier.
constexpr std::chrono::milliseconds DrainInterval(16);

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

TraceCollection::TraceCollection(std::shared_ptr<TraceStore> store, QString recordingPath,
                                 QString processName)
    : m_store(std::move(store))
    , m_recordingPath(std::move(recordingPath))
    , m_processName(std::move(processName))
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
    m_reader.open(m_recordingPath.toStdString());
    std::unique_lock lock(m_mutex);
    while (!m_abandoned) {
        if (m_following) {
            const std::function<void()> following = std::move(m_following);
            m_following = nullptr;
            lock.unlock();
            m_scheduling.start(static_cast<std::uint64_t>(m_processId));
            following();
            lock.lock();
        }
        const bool finishing = static_cast<bool>(m_finished);
        lock.unlock();
        drain();
        lock.lock();
        if (finishing) {
            const std::function<void()> finished = std::move(m_finished);
            lock.unlock();
            complete();
            finished();
            return;
        }
        m_changed.wait_for(lock, DrainInterval,
                           [this] { return m_abandoned || m_following || m_finished; });
    }
}

void TraceCollection::drain()
{
    if (!m_feed) {
        if (m_reader.processId() == 0)
            return;
        // Both sides have it mapped: without a name, nobody's end can leave it behind. (Where an
        // open file cannot be removed, it goes with the run's folder.)
        QFile::remove(m_recordingPath);
        m_writer.setStart(m_reader.startMonotonicNs(), m_reader.startRealtimeNs());
        m_feed = std::make_unique<RecordingFeed>(m_writer,
                                                 static_cast<std::int64_t>(m_reader.processId()),
                                                 m_processName, m_reader.startMonotonicNs());
    }
    m_reader.drain(*m_feed);
    m_scheduling.drain(*m_feed);
    m_feed->flush();
}

void TraceCollection::complete()
{
    if (m_feed) {
        m_scheduling.drain(*m_feed, true);
        m_feed->finish();
        // Losses after which a thread wrote nothing more were not told by a record.
        const std::uint64_t told = m_store->counts().lost;
        if (m_reader.lost() > told && m_store->threadCount() > 0)
            m_writer.lost(0, m_store->endNs(), m_reader.lost() - told, std::nullopt);
    }
    m_writer.setAttribute(QStringLiteral("scheduling_source"), sourceText(m_scheduling));
    if (m_scheduling.lost() > 0)
        m_writer.setAttribute(QStringLiteral("scheduling_lost"),
                              QString::number(m_scheduling.lost()));
    for (auto entry = m_attributes.begin(); entry != m_attributes.end(); ++entry)
        m_writer.setAttribute(entry.key(), entry.value());
    m_writer.complete();
}

} // namespace heddle
