// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStringList>
#include <QtGlobal>

class QObject;

namespace heddle {

/// In which thread a subscriber's handler runs.
enum class Delivery {
    Direct,         ///< in the sender's thread, before send() returns
    Queued,         ///< in the event loop of the context's thread, later
    BlockingQueued, ///< there too, while the sender waits
};

/// What a full subscriber does with one more message.
enum class Overflow {
    Block,      ///< the sender waits for room; an error in the thread that makes it
    DropOldest, ///< the oldest that waits is dropped and counted
    DropNewest, ///< the new one is dropped and counted
};

/// How a subscription is delivered.
struct SubscriptionOptions
{
    /// In which thread.
    Delivery delivery = Delivery::Direct;
    /// Queued kinds: the handler runs in the thread that this object lives in when the subscriber
    /// is made, and ends with the object. For Direct, optional: only its end counts.
    QObject *context = nullptr;
    /// Messages that may wait in a queued subscription; 0 means unbounded.
    qsizetype capacity = 0;
    /// When that many wait.
    Overflow overflow = Overflow::Block;
};

/// What became of one message for one subscriber.
enum class DeliveryResult {
    Delivered, ///< handled
    Queued,    ///< on its way
    Dropped,   ///< by the overflow policy or a stop; never handled
    Detached,  ///< the subscription ended first; never handled
};

/// What became of one send().
struct SendReport
{
    int delivered = 0;  ///< handled before send() returned
    int queued = 0;     ///< on their way
    int dropped = 0;    ///< by a full subscriber's policy or a stop
    QStringList errors; ///< of subscribers that failed; the others got the message all the same

    /// Counts what became of the message for one more subscriber.
    void add(DeliveryResult result)
    {
        delivered += result == DeliveryResult::Delivered;
        queued += result == DeliveryResult::Queued;
        dropped += result == DeliveryResult::Dropped;
    }
};

} // namespace heddle
