// SPDX-License-Identifier: Apache-2.0
#include <heddle/coroutines/awaitfuture.h>

#include <heddle/core/handedover.h>

#include <QFutureWatcher>
#include <QThread>

namespace heddle {

namespace {

// A thread with a Qt event loop for those that have none: QFuture tells of its end through
// QFutureWatcher (it has room for one continuation only). Begins when it is needed, and ends with
// the process.
QObject *watcherContext()
{
    static QObject *const context = [] {
        auto *thread = new QThread;
        thread->setObjectName(QStringLiteral("futures"));
        auto *object = new QObject;
        object->moveToThread(thread);
        thread->start();
        return object;
    }();
    return context;
}

void watch(const QFuture<void> &future, QObject *parent,
           std::shared_ptr<DeliveryAwaiter::Slot> slot)
{
    auto *watcher = new QFutureWatcher<void>(parent);
    QObject::connect(watcher, &QFutureWatcher<void>::finished, watcher,
                     [watcher, slot = std::move(slot)] {
                         slot->deliver([] {});
                         watcher->deleteLater();
                     });
    watcher->setFuture(future);
}

} // namespace

void deliverWhenFinished(const QFuture<void> &future, EventLoop &loop,
                         std::shared_ptr<DeliveryAwaiter::Slot> slot)
{
    if (QObject *context = loop.context()) {
        watch(future, context, std::move(slot));
        return;
    }
    QMetaObject::invokeMethod(watcherContext(), HandedOver([future, slot = std::move(slot)] {
                                  watch(future, nullptr, slot);
                              }));
}

} // namespace heddle
