// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/recordingreader.h>

#include <QByteArray>
#include <QMap>
#include <QTemporaryDir>

#include <map>
#include <string>
#include <vector>

/// Keeps everything that a reader hands over.
class CollectedRecords final : public heddle::trace::RecordSink
{
public:
    struct Entry
    {
        heddle::trace::Record record;
        std::int64_t ns = 0;
    };

    void nameDefined(heddle::trace::NameId id, std::string_view text) override
    {
        names[id] = std::string(text);
    }
    void threadRecords(heddle::trace::ThreadIndex thread,
                       std::span<const heddle::trace::Record> records,
                       const heddle::trace::TickConversion &clock, std::uint64_t firstTick) override
    {
        for (const heddle::trace::Record &record : records) {
            const bool continuation = record.type() == heddle::trace::RecordType::Argument
                                      || record.type() == heddle::trace::RecordType::Value;
            threads[thread].push_back(
                    {record, continuation ? 0 : clock.toMonotonicNs(firstTick + record.ticks())});
        }
    }
    void scheduling(std::span<const heddle::trace::SchedulingRecord> records) override
    {
        switches.insert(switches.end(), records.begin(), records.end());
    }

    std::size_t count(heddle::trace::RecordType type) const
    {
        std::size_t found = 0;
        for (const auto &[thread, entries] : threads) {
            for (const Entry &entry : entries)
                found += entry.record.type() == type;
        }
        return found;
    }
    std::size_t total() const
    {
        std::size_t found = 0;
        for (const auto &[thread, entries] : threads)
            found += entries.size();
        return found;
    }

    std::map<heddle::trace::NameId, std::string> names;
    std::map<heddle::trace::ThreadIndex, std::vector<Entry>> threads;
    std::vector<heddle::trace::SchedulingRecord> switches;
};

/// A recording in a temporary folder; stops recording when destroyed.
class TemporaryRecording
{
public:
    explicit TemporaryRecording(heddle::trace::RecordingOptions options = {})
        : path((folder.path() + QStringLiteral("/recording")).toStdString())
        , error(heddle::trace::createRecording(path, options))
    {}
    ~TemporaryRecording() { heddle::trace::Recorder::stop(); }

    QTemporaryDir folder;
    std::string path;
    heddle::trace::RecordingError error;
};
