// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mappedfile_p.h"

#include <heddle/trace/recorder.h>

namespace heddle::trace {

/// What is wrong with \a options; empty if nothing.
RecordingError checkOptions(const RecordingOptions &options);
/// The size of a recording with valid \a options.
std::size_t recordingBytes(const RecordingOptions &options);
/// Makes \a file, which is as large as that and full of zeros, an empty recording.
void layOut(MappedFile &file, const RecordingOptions &options);

} // namespace heddle::trace
