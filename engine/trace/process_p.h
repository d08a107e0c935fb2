// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mappedfile_p.h"
#include "recordinglayout_p.h"

#include <heddle/trace/name.h>

#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace heddle::trace {

class ThreadWriter;

/// What the recorder knows for the whole process: names, living objects and the running recording.
///
/// Names and objects outlive recordings, so that one that starts later knows them too. Never
/// destroyed: static destructors may still record. Any thread; each function takes the lock.
class ProcessState
{
public:
    static ProcessState &instance();

    NameId intern(std::string_view text);
    std::string_view text(NameId id);

    ObjectId objectCreated(ObjectKind kind, Name name, std::int64_t capacity);
    void objectDestroyed(ObjectId id);

    RecordingError start(const std::string &path);
    void stop();
    std::string path();

    /// The recording that is written to; null when none is. Stays mapped until the process ends,
    /// since a thread may be in the middle of a record when recording stops.
    FileHeader *header() const { return m_header.load(std::memory_order_acquire); }
    /// Adds a calibration pair, at most one per interval.
    void calibrate();

private:
    struct LivingObject
    {
        ObjectKind kind;
        Name name;
        std::int64_t capacity;
    };
    void writeName(FileHeader *header, NameId id, std::string_view text);
    static void writeObject(ThreadWriter *writer, ObjectId id, const LivingObject &object);

    std::mutex m_mutex;
    std::deque<std::string> m_names;
    std::unordered_map<std::string_view, NameId> m_nameIds;
    std::unordered_map<ObjectId, LivingObject> m_objects;
    ObjectId m_lastObject = 0;
    std::deque<MappedFile> m_recordings;
    std::string m_path;
    std::atomic<FileHeader *> m_header{nullptr};
    std::atomic<std::int64_t> m_lastCalibrationNs{0};
};

} // namespace heddle::trace
