// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/trace/memoryrecording.h>

#include <QtGlobal>

namespace heddle::benchmarks {

/// A recording in memory from construction to finish(), with room for a whole round, so that no
/// reader takes the processors from those who are measured.
///
/// Its pages are present before it begins, as they are in every recording after its first lap.
class RecordedRound
{
public:
    explicit RecordedRound(quint64 capacityBytes);
    ~RecordedRound();
    RecordedRound(const RecordedRound &) = delete;
    RecordedRound &operator=(const RecordedRound &) = delete;

    struct Contents
    {
        quint64 records = 0;
        quint64 bytes = 0;
        quint64 lost = 0;
    };
    /// Ends the recording and reads it.
    Contents finish();

private:
    trace::MemoryRecording m_recording;
};

} // namespace heddle::benchmarks
