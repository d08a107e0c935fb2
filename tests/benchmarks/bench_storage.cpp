// SPDX-License-Identifier: Apache-2.0
// A thread's own value.
#include "compare.h"

#include <heddle/core/threadstorage.h>

#include <QThreadStorage>

using namespace heddle::benchmarks;

namespace {

Figures heddleStorage(qint64 operations)
{
    heddle::ThreadStorage<qint64> storage("bench");
    storage.local() = 0;
    return perOperation(operations, [&] {
        for (qint64 k = 0; k < operations; ++k) {
            storage.local() += k;
            keep(k); // so that each turn looks for the value
        }
    });
}

Figures qtStorage(qint64 operations)
{
    static QThreadStorage<qint64> storage; // the main thread's value must not outlive it
    storage.setLocalData(0);
    return perOperation(operations, [&] {
        for (qint64 k = 0; k < operations; ++k) {
            storage.localData() += k;
            keep(k);
        }
    });
}

thread_local qint64 t_value = 0;

Figures languageStorage(qint64 operations)
{
    return perOperation(operations, [&] {
        for (qint64 k = 0; k < operations; ++k) {
            t_value += k;
            keep(k);
        }
    });
}

const Registered access(Comparison(QStringLiteral("storage"),
                                   QStringLiteral("reach a thread's value"), 5'000'000)
                                .heddle(QStringLiteral("ThreadStorage::local"), heddleStorage)
                                .peer(QStringLiteral("QThreadStorage::localData"), qtStorage)
                                .other(QStringLiteral("thread_local"), languageStorage)
                                .atMost(2)
                                .recordingRecords(0));

} // namespace
