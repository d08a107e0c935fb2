// SPDX-License-Identifier: Apache-2.0
// A thread's start and end.
#include "compare.h"

#include <heddle/core/thread.h>

#include <QThread>

#include <memory>
#include <thread>

using namespace heddle::benchmarks;

namespace {

template <typename Run>
Contestant each(Run run)
{
    return [run](qint64 operations) {
        return perOperation(operations, [&] {
            for (qint64 k = 0; k < operations; ++k)
                run();
        });
    };
}

const Registered created(
        Comparison(QStringLiteral("thread"), QStringLiteral("start a thread and join it"), 1'000)
                .heddle(QStringLiteral("Thread"),
                        each([] { heddle::Thread("bench", [] {}).join(); }))
                .peer(QStringLiteral("QThread"), each([] {
                          const std::unique_ptr<QThread> thread(QThread::create([] {}));
                          thread->start();
                          thread->wait();
                      }))
                .other(QStringLiteral("std::thread"), each([] { std::thread([] {}).join(); })));

} // namespace
