// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/timeline/tracestore.h>

#include <QStringList>

namespace heddle {

/// What the threads of a run are doing at an instant, as far as it has been recorded.
struct LastRecords
{
    /// One per thread, the most telling first: who waits for another, who works, who idles.
    QStringList lines;
    /// Who has been waiting for something that did not come, the longest first; empty if nobody.
    QString blocked;
    /// Who is in the middle of a slice and does not wait; empty if nobody.
    QString working;
};

/// Looks at \a store, which may be growing, at \a nowNs. The thread with the operating system's
/// number \a crashed comes first. Where no thread is in the middle of anything, the lines tell what
/// each did last. Any thread; never blocks.
LastRecords lastRecordsOf(const TraceStore &store, std::int64_t nowNs, std::int64_t crashed = 0);

/// The name of the thread with the operating system's number \a tid, empty if it is not known.
QString nameOfThread(const TraceStore &store, std::int64_t tid);

} // namespace heddle
