// SPDX-License-Identifier: Apache-2.0
#include "run_p.h"

namespace heddle {

QStringList lastRecordsOf(const TraceStore &store)
{
    QStringList lines;
    const std::vector<ThreadInfo> threads = store.threads();
    const std::vector<ObjectInfo> objects = store.objects();
    for (std::size_t thread = 0; thread < threads.size(); ++thread) {
        QStringList doing;
        for (std::size_t depth = 0; depth < store.depthCount(thread); ++depth) {
            const IntervalTrack &track = store.slices(thread, depth);
            const std::size_t count = track.size();
            if (count == 0 || track.at(count - 1).durationNs != Interval::Unfinished)
                break;
            doing << QStringLiteral("in \"%1\"").arg(store.name(track.at(count - 1).value));
        }
        if (const std::size_t count = store.waits(thread).size(); count > 0) {
            const WaitInfo wait = store.wait(thread, count - 1);
            if (wait.durationNs == Interval::Unfinished && wait.object)
                doing << QStringLiteral("waiting for \"%1\"").arg(objects[*wait.object].name);
        }
        if (!doing.isEmpty())
            lines << threads[thread].name + QStringLiteral(": ") + doing.join(QStringLiteral(", "));
    }
    return lines;
}

} // namespace heddle
