// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/delivery.h>
#include <heddle/core/handlercall.h>
#include <heddle/core/waitpoint.h>
#include <heddle/core/wakes.h>
#include <heddle/trace/object.h>

#include <QObject>
#include <QString>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace heddle {

class SubscriberBase;

/// What all mailboxes share, whatever their messages.
class HEDDLE_ENGINE_EXPORT MailboxBase
{
public:
    /// \throws Misuse when there is no context.
    MailboxBase(const SubscriptionOptions &options, const QString &exchangeName);
    ~MailboxBase();
    MailboxBase(const MailboxBase &) = delete;
    MailboxBase &operator=(const MailboxBase &) = delete;

    [[nodiscard]] const trace::Object &object() const { return m_object; }
    /// Messages dropped so far, by the overflow policy or a stop. Any thread.
    [[nodiscard]] quint64 dropped() const { return m_dropped; }

protected:
    [[nodiscard]] bool isBlocking() const { return m_options.delivery == Delivery::BlockingQueued; }
    [[nodiscard]] bool isBounded() const { return m_options.capacity > 0; }
    /// \throws Misuse in the thread that handles the messages: it must not wait for itself.
    void refuseReceiver(const QString &why, const QString &remedy) const;
    /// Sends one event to the receiver's thread, for all that waits when it arrives; under the
    /// mutex, so that what is posted after a send comes after its delivery.
    void postDrain(std::shared_ptr<SubscriberBase> subscriber);

    const SubscriptionOptions m_options;
    trace::Object m_object; ///< what a sender waits for
    std::mutex m_mutex;
    bool m_drainPosted = false;
    WaitPoint m_room;    ///< senders to a full mailbox
    WaitPoint m_answers; ///< senders of blocking deliveries
    std::atomic<quint64> m_dropped{0};

private:
    struct DeleteLater
    {
        void operator()(QObject *receiver) const;
    };

    QString m_exchangeName;
    std::unique_ptr<QObject, DeleteLater> m_receiver; ///< lives in the context's thread
};

/// Where messages wait for their subscriber's event loop.
///
/// Senders add to one list under a mutex; the receiver takes the list as a whole and leaves an
/// empty one, so that both seldom meet and nothing is allocated once the lists have grown. A
/// message is claimed by its position: by the receiver, by a sender that drops the oldest, or by
/// the end of the subscription.
///
/// Trace: an object of kind queue with a flow for each message from put() to take().
/// Threads: put() and discard() any; beginTurn(), take() and answer() the receiver's.
template <typename Message>
class Mailbox : public MailboxBase
{
public:
    /// A sender that waits for its message to be handled; under the mutex.
    struct Waiting
    {
        std::optional<DeliveryResult> result;
        std::exception_ptr error; ///< of the handler
        bool isTaken = false;
        bool isWithdrawn = false; ///< the sender has left, and the message shall not be handled
        bool isAbandoned = false; ///< the sender has left while it was handled
    };
    struct Entry
    {
        template <typename Sent>
        Entry(Sent &&sent, quint64 number, std::shared_ptr<Waiting> sender)
            : message(std::forward<Sent>(sent))
            , attachment(number)
            , waiting(std::move(sender))
        {}

        Message message;
        quint64 attachment;
        std::shared_ptr<Waiting> waiting; ///< null when nobody waits for it
    };

    using MailboxBase::MailboxBase;

    /// Adds \a message for \a attachment of \a target, and has \a subscriber's drain() called. As
    /// the options say, waits for room or until it is handled; then it throws what the handler
    /// threw. \throws Misuse in the receiver's thread when it would wait for itself.
    template <typename Sent>
    DeliveryResult put(Sent &&message, quint64 attachment, const CallTarget &target,
                       const std::stop_token &stop,
                       const std::shared_ptr<SubscriberBase> &subscriber)
    {
        if (isBlocking()) {
            refuseReceiver(QStringLiteral("A blocking delivery to the sender's own thread would "
                                          "wait for ever"),
                           QStringLiteral("Deliver directly or queued"));
        }
        std::optional<Entry> oldest; // goes last: its message's end is no business of the mutex
        Wakes wakes;
        std::unique_lock lock(m_mutex);
        trace::Stamp stamp = trace::Stamp::Plain;
        if (isBounded()) {
            stamp = trace::Stamp::Ordered;
            if (!makeRoom(lock, attachment, target, stop, oldest, wakes)) {
                ++m_dropped;
                return DeliveryResult::Dropped;
            }
        }
        if (target.hasEnded(attachment))
            return DeliveryResult::Detached;
        const auto waiting = isBlocking() ? std::make_shared<Waiting>() : nullptr;
        m_incoming.emplace_back(std::forward<Sent>(message), attachment, waiting);
        m_object.itemPut(m_put, stamp);
        ++m_put;
        if (!m_drainPosted)
            postDrain(subscriber);
        return waiting ? untilHandled(lock, m_put - 1, *waiting, stop, wakes)
                       : DeliveryResult::Queued;
    }

    /// How many messages the receiver may take before it lets the others in its loop have their
    /// turn: those that wait now. For what comes later there will be another event.
    [[nodiscard]] quint64 beginTurn()
    {
        const std::lock_guard lock(m_mutex);
        m_drainPosted = false;
        return m_put - m_taken.load();
    }

    /// The next message, none if there is none.
    [[nodiscard]] std::optional<Entry> take()
    {
        do {
            quint64 position = m_taken.load(std::memory_order_relaxed); // a guess
            while (position < m_batchEnd) {
                if (!m_taken.compare_exchange_weak(position, position + 1))
                    continue;
                Entry &entry = m_batch[position - m_batchBegin];
                if (entry.waiting && !startHandling(*entry.waiting))
                    break;
                m_object.itemTaken(position);
                if (isBounded())
                    freePlace();
                return std::move(entry);
            }
        } while (m_taken.load(std::memory_order_relaxed) < m_batchEnd || refill());
        return std::nullopt;
    }

    /// Tells \a waiting what became of its message. False if it has left.
    bool answer(Waiting &waiting, DeliveryResult result, const std::exception_ptr &error)
    {
        Wakes wakes;
        const std::lock_guard lock(m_mutex);
        waiting.result = result;
        waiting.error = error;
        m_answers.wakeAll(wakes);
        return !waiting.isAbandoned;
    }

    /// Forgets what waits for attachments of \a target that have ended, and lets their senders go.
    void discard(const CallTarget &target)
    {
        std::vector<Entry> discarded; // goes last, as in put()
        Wakes wakes;
        const std::lock_guard lock(m_mutex);
        while (Entry *entry = claimOldest(&target))
            discarded.push_back(letGo(*entry, DeliveryResult::Detached));
        m_room.wakeAll(wakes);
        m_answers.wakeAll(wakes);
    }

private:
    // By the policy. False when the new message is to be dropped.
    bool makeRoom(std::unique_lock<std::mutex> &lock, quint64 attachment, const CallTarget &target,
                  const std::stop_token &stop, std::optional<Entry> &oldest, Wakes &wakes)
    {
        const auto hasRoom = [&] {
            return static_cast<qint64>(m_put - m_left.load()) < m_options.capacity
                   || target.hasEnded(attachment);
        };
        if (hasRoom())
            return true;
        switch (m_options.overflow) {
        case Overflow::DropNewest:
            return false;
        case Overflow::DropOldest:
            // None: the receiver has taken the last one, and is about to free its place.
            if (Entry *entry = claimOldest(nullptr)) {
                oldest.emplace(letGo(*entry, DeliveryResult::Dropped));
                ++m_dropped;
                m_answers.wakeAll(wakes);
            }
            return true;
        case Overflow::Block:
            break;
        }
        refuseReceiver(QStringLiteral("A full subscriber would make the thread wait for ever that "
                                      "handles its messages"),
                       QStringLiteral("Give it more room, or let it drop messages"));
        ++m_blocked; // before hasRoom() looks again; pairs with freePlace()
        const auto result = m_room.wait(lock, m_object.id(), trace::WaitReason::QueueFull,
                                        WaitPoint::Forever, stop, hasRoom,
                                        [&] { return target.hasEnded(attachment); });
        --m_blocked;
        return result == WaitPoint::Result::Woken;
    }

    // Without the mutex: a sender that has not seen the free place is seen here.
    void freePlace()
    {
        ++m_left;
        if (m_blocked.load() == 0)
            return;
        Wakes wakes;
        const std::lock_guard lock(m_mutex);
        m_room.wakeOne(wakes);
    }

    DeliveryResult untilHandled(std::unique_lock<std::mutex> &lock, quint64 position,
                                Waiting &waiting, const std::stop_token &stop, Wakes &wakes)
    {
        const auto result = m_answers.wait(
                lock, m_object.id(), trace::WaitReason::Signal, WaitPoint::Forever, stop,
                [&waiting] { return waiting.result.has_value(); },
                [&waiting] { return *waiting.result == DeliveryResult::Detached; });
        if (result == WaitPoint::Result::Woken) {
            if (waiting.error) {
                lock.unlock();
                std::rethrow_exception(waiting.error);
            }
            return *waiting.result;
        }
        if (waiting.isTaken) {
            waiting.isAbandoned = true;
            return DeliveryResult::Queued; // it is being handled
        }
        waiting.isWithdrawn = true; // whoever claims it leaves it alone
        m_object.itemDropped(position);
        ++m_left;
        ++m_dropped;
        m_room.wakeOne(wakes);
        return DeliveryResult::Dropped;
    }

    bool startHandling(Waiting &waiting)
    {
        const std::lock_guard lock(m_mutex);
        waiting.isTaken = !waiting.isWithdrawn;
        return waiting.isTaken;
    }

    // Of those below: under the mutex.

    [[nodiscard]] Entry &entryAt(quint64 position)
    {
        return position < m_batchEnd ? m_batch[position - m_batchBegin]
                                     : m_incoming[position - m_batchEnd];
    }
    // The oldest message that waits, which is the caller's now; of an attachment of \a ended that
    // has ended, unless it is null. Null if there is none.
    Entry *claimOldest(const CallTarget *ended)
    {
        quint64 position = m_taken.load();
        while (position < m_put) {
            Entry &entry = entryAt(position);
            // Nobody ever changes the number, so it may be read before the entry is claimed.
            if (ended && !ended->hasEnded(entry.attachment))
                return nullptr;
            if (!m_taken.compare_exchange_weak(position, position + 1))
                continue;
            if (!entry.waiting || !entry.waiting->isWithdrawn) {
                m_object.itemDropped(position);
                return &entry;
            }
            ++position;
        }
        return nullptr;
    }
    Entry letGo(Entry &claimed, DeliveryResult result)
    {
        ++m_left;
        if (claimed.waiting)
            claimed.waiting->result = result;
        return std::move(claimed);
    }

    // What has come meanwhile. False if nothing has.
    bool refill()
    {
        std::vector<Entry> handled; // emptied without the mutex
        {
            const std::lock_guard lock(m_mutex);
            if (m_incoming.empty())
                return false;
            handled.swap(m_batch);
            m_batch.swap(m_incoming);
            m_incoming.swap(m_spare);
            m_batchBegin = m_batchEnd;
            m_batchEnd += m_batch.size();
        }
        // After a flood the memory goes.
        const bool isWorthKeeping = handled.capacity() <= 1024
                                    || handled.size() >= handled.capacity() / 8;
        handled.clear();
        if (isWorthKeeping)
            m_spare = std::move(handled);
        return true;
    }

    // Positions are numbered as the messages come. Those before m_taken are claimed, m_left of them
    // make no sender wait any more; from m_batchBegin on they are in m_batch, from m_batchEnd on in
    // m_incoming, up to m_put.
    std::vector<Entry> m_incoming; ///< under the mutex
    quint64 m_put = 0;             ///< under the mutex
    std::atomic<quint64> m_left{0};
    std::atomic<int> m_blocked{0}; ///< senders that wait for room
    alignas(64) std::atomic<quint64> m_taken{0};
    // Changed by the receiver, under the mutex.
    std::vector<Entry> m_batch;
    quint64 m_batchBegin = 0;
    quint64 m_batchEnd = 0;
    std::vector<Entry> m_spare; ///< only the receiver's
};

} // namespace heddle
