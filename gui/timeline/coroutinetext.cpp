// SPDX-License-Identifier: GPL-3.0-or-later
#include "coroutinetext.h"

#include <heddle/formats/timelinetheme.h>

#include <QCoreApplication>

namespace heddle::studio {

namespace {
struct Coroutine
{
    Q_DECLARE_TR_FUNCTIONS(heddle::studio::Coroutine)
};
} // namespace

QString coroutineStretchText(const TraceStore &store, const CoroutineStretch &stretch)
{
    const std::vector<ThreadInfo> threads = store.threads();
    const QString thread = stretch.thread && *stretch.thread < threads.size()
                                   ? threads[*stretch.thread].name
                                   : QString();
    switch (stretch.state) {
    case TaskState::Created:
        return Coroutine::tr("created, not started");
    case TaskState::Ready:
        return Coroutine::tr("ready: its turn has not come");
    case TaskState::Running:
        return Coroutine::tr("runs on %1").arg(thread);
    case TaskState::Waiting:
        return Coroutine::tr("waits: %1").arg(waitReasonText(stretch.reason));
    case TaskState::Finished:
        return Coroutine::tr("finished");
    case TaskState::Failed:
        return Coroutine::tr("failed");
    case TaskState::Cancelled:
        return Coroutine::tr("cancelled");
    }
    return {};
}

QString holderName(const TraceStore &store, std::size_t mutex, std::int64_t ns)
{
    const std::int64_t value = store.counter(mutex).valueAt(ns);
    const std::vector<ThreadInfo> threads = store.threads();
    return value > 0 && static_cast<std::size_t>(value) <= threads.size()
                   ? threads[static_cast<std::size_t>(value) - 1].name
                   : QString();
}

} // namespace heddle::studio
