// SPDX-License-Identifier: Apache-2.0
#include "process_p.h"

#include <heddle/trace/threadwriter.h>

#include <cstring>
#include <unistd.h>

namespace heddle::trace {

namespace {
constexpr std::int64_t CalibrationIntervalNs = 100'000'000;
} // namespace

ProcessState &ProcessState::instance()
{
    static auto *state = new ProcessState;
    return *state;
}

NameId ProcessState::intern(std::string_view text)
{
    const std::lock_guard lock(m_mutex);
    if (const auto known = m_nameIds.find(text); known != m_nameIds.end())
        return known->second;
    m_names.emplace_back(text);
    const auto id = static_cast<NameId>(m_names.size());
    m_nameIds.emplace(m_names.back(), id);
    if (FileHeader *target = header())
        writeName(target, id, m_names.back());
    return id;
}

std::string_view ProcessState::text(NameId id)
{
    const std::lock_guard lock(m_mutex);
    return id > 0 && id <= m_names.size() ? std::string_view(m_names[id - 1]) : std::string_view();
}

void ProcessState::writeName(FileHeader *header, NameId id, std::string_view text)
{
    const std::uint32_t used = header->namesUsed.load(std::memory_order_relaxed);
    const auto bytes = static_cast<std::uint32_t>((sizeof(NameEntry) + text.size() + 7) / 8 * 8);
    if (used + bytes > header->namesBytes)
        return; // the reader calls it "name N"
    std::byte *target = reinterpret_cast<std::byte *>(header) + namesOffset() + used;
    const NameEntry entry{id, static_cast<std::uint32_t>(text.size())};
    std::memcpy(target, &entry, sizeof(entry));
    std::memcpy(target + sizeof(entry), text.data(), text.size());
    // Pairs with the acquire load in RecordingReader: the entry is complete.
    header->namesUsed.store(used + bytes, std::memory_order_release);
}

void ProcessState::writeObject(ThreadWriter *writer, ObjectId id, const LivingObject &object)
{
    if (writer->writeLong(RecordType::ObjectCreated, Record::pair(id, object.name.id()), 1)) {
        writer->append(RecordType::Value, static_cast<std::uint64_t>(object.kind),
                       static_cast<std::uint64_t>(object.capacity));
        writer->publishUnits();
    }
}

ObjectId ProcessState::objectCreated(ObjectKind kind, Name name, std::int64_t capacity)
{
    const LivingObject object{kind, name, capacity};
    ObjectId id = 0;
    {
        const std::lock_guard lock(m_mutex);
        id = ++m_lastObject;
        m_objects.emplace(id, object);
    }
    if (ThreadWriter *writer = ThreadWriter::current())
        writeObject(writer, id, object);
    return id;
}

void ProcessState::objectDestroyed(ObjectId id)
{
    {
        const std::lock_guard lock(m_mutex);
        m_objects.erase(id);
    }
    if (ThreadWriter *writer = ThreadWriter::current())
        writer->write(RecordType::ObjectDestroyed, id);
}

RecordingError ProcessState::start(const std::string &path)
{
    std::unordered_map<ObjectId, LivingObject> objects;
    {
        const std::lock_guard lock(m_mutex);
        if (header())
            return {"A recording is already running: " + m_path
                    + ". Stop it before starting another"};
        MappedFile file;
        if (RecordingError error = file.open(path))
            return error;
        auto *target = reinterpret_cast<FileHeader *>(file.data());
        if (file.size() < sizeof(FileHeader) || target->magic != RecordingMagic
            || target->version != RecordingVersion || file.size() < recordingBytes(*target)) {
            return {"The file " + path
                    + " is not a recording of this version. Create it with "
                      "createRecording()"};
        }
        if (target->writerState.load(std::memory_order_acquire) != WriterState::None)
            return {"The recording " + path + " has been used already. Create a new one"};

        const Clock::Pair now = Clock::pair();
        target->clockKind = Clock::kind();
        target->processId = static_cast<std::uint64_t>(::getpid());
        target->firstTick = now.ticks;
        target->startMonotonicNs = now.monotonicNs;
        target->startRealtimeNs = Clock::realtimeNs();
        target->calibration[0].monotonicNs.store(now.monotonicNs, std::memory_order_relaxed);
        target->calibration[0].ticks.store(now.ticks, std::memory_order_release);
        target->calibrations.store(1, std::memory_order_release);
        for (std::size_t k = 0; k < m_names.size(); ++k)
            writeName(target, static_cast<NameId>(k + 1), m_names[k]);
        // Pairs with the acquire load in the reader: everything above is valid.
        target->writerState.store(WriterState::Attached, std::memory_order_release);
        m_recordings.push_back(std::move(file));
        m_path = path;
        m_lastCalibrationNs.store(now.monotonicNs, std::memory_order_relaxed);
        // Before the header: ThreadWriter::attach() relies on this order.
        ThreadWriter::beginGeneration();
        m_header.store(target, std::memory_order_release);
        // Before the copy: an object made meanwhile is then told twice rather than not at all.
        ThreadWriter::setRecording(true);
        objects = m_objects;
    }
    if (ThreadWriter *writer = ThreadWriter::current()) {
        for (const auto &[id, object] : objects)
            writeObject(writer, id, object);
    }
    return {};
}

void ProcessState::stop()
{
    const std::lock_guard lock(m_mutex);
    FileHeader *target = header();
    if (!target)
        return;
    ThreadWriter::setRecording(false);
    m_lastCalibrationNs.store(0, std::memory_order_relaxed);
    calibrate();
    m_header.store(nullptr, std::memory_order_release);
    m_path.clear();
    target->writerState.store(WriterState::Finished, std::memory_order_release);
}

std::string ProcessState::path()
{
    const std::lock_guard lock(m_mutex);
    return m_path;
}

void ProcessState::calibrate()
{
    FileHeader *target = header();
    if (!target)
        return;
    const std::int64_t now = Clock::monotonicNs();
    std::int64_t last = m_lastCalibrationNs.load(std::memory_order_relaxed);
    if (now - last < CalibrationIntervalNs
        || !m_lastCalibrationNs.compare_exchange_strong(last, now, std::memory_order_relaxed)) {
        return;
    }
    const std::uint32_t slot = target->calibrations.fetch_add(1, std::memory_order_relaxed);
    if (slot >= CalibrationSlots)
        return; // the reader has its own pairs; these only serve a recording nobody reads
    const Clock::Pair pair = Clock::pair();
    target->calibration[slot].monotonicNs.store(pair.monotonicNs, std::memory_order_relaxed);
    // Pairs with the acquire load in the reader: a slot with ticks is complete.
    target->calibration[slot].ticks.store(pair.ticks, std::memory_order_release);
}

} // namespace heddle::trace
