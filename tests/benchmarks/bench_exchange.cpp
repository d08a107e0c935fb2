// SPDX-License-Identifier: Apache-2.0
// Messages to subscribers, beside Qt's signals.
#include "compare.h"

#include <heddle/core/exchange.h>

#include <QObject>
#include <QThread>

#include <semaphore>

using namespace heddle::benchmarks;

namespace {

class Sender : public QObject
{
    Q_OBJECT
public:
    void send(int number) { Q_EMIT sent(number); }

Q_SIGNALS:
    void sent(int number);
};

class Receiver : public QObject
{
    Q_OBJECT
public:
    void receive(int number) { sum += number; }

    qint64 sum = 0;
};

// In the sender's thread

Contestant exchangeDirectly(int subscribers)
{
    return [subscribers](qint64 operations) {
        heddle::Exchange<int> exchange("bench");
        std::vector<Receiver> receivers(static_cast<std::size_t>(subscribers));
        std::vector<heddle::Subscription> subscriptions;
        for (Receiver &receiver : receivers) {
            subscriptions.push_back(
                    exchange.attach([&receiver](int number) { receiver.receive(number); }));
        }
        return perOperation(operations, [&] {
            for (qint64 k = 0; k < operations; ++k)
                exchange.send(static_cast<int>(k));
        });
    };
}

Contestant signalDirectly(int subscribers)
{
    return [subscribers](qint64 operations) {
        Sender sender;
        std::vector<Receiver> receivers(static_cast<std::size_t>(subscribers));
        for (Receiver &receiver : receivers)
            QObject::connect(&sender, &Sender::sent, &receiver, &Receiver::receive);
        return perOperation(operations, [&] {
            for (qint64 k = 0; k < operations; ++k)
                sender.send(static_cast<int>(k));
        });
    };
}

Comparison direct(int subscribers)
{
    return Comparison(QStringLiteral("exchange"),
                      QStringLiteral("a message to %1 subscribers, direct").arg(subscribers),
                      2'000'000 / subscribers)
            .heddle(QStringLiteral("Exchange::send"), exchangeDirectly(subscribers))
            .peer(QStringLiteral("Qt's direct signal"), signalDirectly(subscribers))
            .timesFaster(1, QStringLiteral("Qt's direct signal"))
            .recordingRecords(subscribers);
}

// To another thread's event loop

struct Loop
{
    Loop() { thread.start(); }
    ~Loop()
    {
        thread.quit();
        thread.wait();
    }
    /// An object that lives there; it goes with the thread.
    template <typename T>
    T *add()
    {
        auto *object = new T;
        object->moveToThread(&thread);
        QObject::connect(&thread, &QThread::finished, object, &QObject::deleteLater);
        return object;
    }

    QThread thread;
};

/// Counts down, and lets go who waits for the last one.
class CountingReceiver : public QObject
{
    Q_OBJECT
public:
    void receive(int)
    {
        if (--left == 0)
            done.release();
    }

    qint64 left = 0;
    std::binary_semaphore done{0};
};

// \a capacity 0: unbounded.
Contestant exchangeQueued(qsizetype capacity)
{
    return [capacity](qint64 operations) {
        Loop loop;
        auto *receiver = loop.add<CountingReceiver>();
        receiver->left = operations;
        heddle::Exchange<int> exchange("bench");
        const auto subscription = exchange.attach(
                [receiver](int number) { receiver->receive(number); },
                {.delivery = heddle::Delivery::Queued, .context = receiver, .capacity = capacity});
        return perOperation(operations, [&] {
            for (qint64 k = 0; k < operations; ++k)
                exchange.send(static_cast<int>(k));
            receiver->done.acquire();
        });
    };
}

Figures signalQueued(qint64 operations)
{
    Loop loop;
    auto *receiver = loop.add<CountingReceiver>();
    receiver->left = operations;
    Sender sender;
    QObject::connect(&sender, &Sender::sent, receiver, &CountingReceiver::receive,
                     Qt::QueuedConnection);
    return perOperation(operations, [&] {
        for (qint64 k = 0; k < operations; ++k)
            sender.send(static_cast<int>(k));
        receiver->done.acquire();
    });
}

const Registered toOne(direct(1));
const Registered toEight(direct(8));
const Registered toHundred(direct(100));
const Registered queued(Comparison(QStringLiteral("exchange"),
                                   QStringLiteral("a message to another thread, queued"), 200'000)
                                .heddle(QStringLiteral("Exchange::send"), exchangeQueued(0))
                                .other(QStringLiteral("Exchange::send, bounded at 1024"),
                                       exchangeQueued(1024))
                                .peer(QStringLiteral("Qt's queued signal"), signalQueued)
                                .timesFaster(10, QStringLiteral("Qt's queued signal"))
                                .recordingRecords(2));

} // namespace

#include "bench_exchange.moc"
