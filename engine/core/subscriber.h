// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/handedover.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/flow.h>
#include <heddle/trace/slice.h>

#include <QMetaObject>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QThread>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace heddle {

class SubscriberList;

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
    Delivery delivery = Delivery::Direct;
    /// Queued kinds: the handler runs in this object's thread, and ends with the object. For
    /// Direct, optional: only its end counts.
    QObject *context = nullptr;
    /// Messages that may wait in a queued subscription; 0 means unbounded.
    qsizetype capacity = 0;
    Overflow overflow = Overflow::Block;
};

enum class DeliveryResult {
    Delivered, ///< handled
    Queued,    ///< on its way
    Dropped,   ///< by the overflow policy or a stop; never handled
    Detached,  ///< the subscription ended first; never handled
};

/// One subscriber's state, whatever its message. Held by its exchange while it is attached, and by
/// its Subscription.
class HEDDLE_ENGINE_EXPORT SubscriberBase : public std::enable_shared_from_this<SubscriberBase>
{
public:
    virtual ~SubscriberBase();
    SubscriberBase(const SubscriberBase &) = delete;
    SubscriberBase &operator=(const SubscriberBase &) = delete;

    /// Any thread.
    [[nodiscard]] bool isAttached() const { return m_attached; }
    /// Messages dropped so far, by the overflow policy or a stop. Any thread.
    [[nodiscard]] quint64 dropped() const { return m_dropped; }

    /// Ends the subscription when its context is destroyed. Called once, by the exchange.
    void watchContext();
    /// As ExchangeBase::detach().
    bool detach();
    /// As ExchangeBase::detachAndWait().
    bool detachAndWait();

protected:
    SubscriberBase(const std::shared_ptr<SubscriberList> &list, SubscriptionOptions options);

    /// Forgets what is on its way; under the mutex.
    virtual void clearWaiting() = 0;
    /// Runs \a handle and keeps discardAndWait() waiting meanwhile. False if discarded.
    template <typename Handle>
    bool guarded(Handle handle)
    {
        if (!enter())
            return false;
        struct Leave
        {
            SubscriberBase *subscriber;
            ~Leave() { subscriber->leave(); }
        } const leave{this};
        handle();
        return true;
    }
    /// In the thread in which a queued handler runs.
    [[nodiscard]] bool isReceiversThread() const;

    SubscriptionOptions m_options;
    QString m_exchangeName;
    trace::Object m_mailbox; ///< what a sender waits for
    std::mutex m_mutex;
    WaitPoint m_changed;
    std::atomic<bool> m_attached{false};
    std::atomic<quint64> m_dropped{0};
    bool m_discarded = false;
    std::unique_ptr<QObject, void (*)(QObject *)> m_receiver; ///< lives in the context's thread

private:
    friend class SubscriberList;
    /// Lets messages in again. False when the context is gone.
    bool admit();
    bool enter();
    void leave();
    /// Nothing that is on its way is handled any more; waits for a handler that runs elsewhere.
    void discardAndWait();

    std::weak_ptr<SubscriberList> m_list;
    QMetaObject::Connection m_contextsEnd;
    bool m_contextGone = false;
    std::vector<Qt::HANDLE> m_running; ///< a thread for each call of the handler
};

/// A subscription for one type of message.
template <typename Message>
class Subscriber final : public SubscriberBase
{
public:
    using Handler = std::function<void(const Message &)>;

    Subscriber(const std::shared_ptr<SubscriberList> &list, Handler handler,
               SubscriptionOptions options, trace::Name sliceName)
        : SubscriberBase(list, options)
        , m_handler(std::move(handler))
        , m_sliceName(sliceName)
    {}

    /// Handles or queues \a message; in the sender's thread.
    DeliveryResult accept(const Message &message, const std::stop_token &stop)
    {
        if (m_options.delivery != Delivery::Direct)
            return enqueue(message, stop);
        const bool handled = guarded(
                [&] { handle(message, trace::Flow::begin(trace::FlowKind::Message)); });
        return handled ? DeliveryResult::Delivered : DeliveryResult::Detached;
    }

private:
    /// What became of a blocking delivery. Shared: a sender that is stopped leaves before it is
    /// known.
    using Outcome = std::optional<DeliveryResult>;
    struct Entry
    {
        Message message;
        trace::Flow flow;
        std::shared_ptr<Outcome> outcome; ///< null when nobody waits for it

        void end(DeliveryResult result) const
        {
            if (outcome)
                *outcome = result;
        }
    };

    void handle(const Message &message, trace::Flow flow)
    {
        const trace::Slice slice(m_sliceName);
        flow.end();
        m_handler(message);
    }

    DeliveryResult enqueue(const Message &message, const std::stop_token &stop)
    {
        const bool blocking = m_options.delivery == Delivery::BlockingQueued;
        if (blocking && isReceiversThread()) {
            throw Error(
                    QStringLiteral(
                            "A blocking delivery to the sender's own thread would wait for ever"),
                    m_exchangeName, QStringLiteral("Deliver directly or queued"));
        }
        std::unique_lock lock(m_mutex);
        if (!makeRoom(lock, stop)) {
            ++m_dropped;
            return DeliveryResult::Dropped;
        }
        if (m_discarded)
            return DeliveryResult::Detached;
        const auto outcome = blocking ? std::make_shared<Outcome>() : nullptr;
        m_waiting.push_back({message, trace::Flow::begin(trace::FlowKind::Message), outcome});
        countWaiting();
        if (!m_drainPosted)
            postDrain();
        return blocking ? untilHandled(lock, outcome, stop) : DeliveryResult::Queued;
    }

    // By the policy. False when the new message is to be dropped.
    bool makeRoom(std::unique_lock<std::mutex> &lock, const std::stop_token &stop)
    {
        const auto hasRoom = [this] {
            return m_discarded || m_options.capacity <= 0
                   || static_cast<qsizetype>(m_waiting.size()) < m_options.capacity;
        };
        if (hasRoom())
            return true;
        switch (m_options.overflow) {
        case Overflow::DropNewest:
            return false;
        case Overflow::DropOldest:
            m_waiting.front().end(DeliveryResult::Dropped);
            m_waiting.pop_front();
            ++m_dropped;
            m_changed.wakeAll();
            return true;
        case Overflow::Block:
            break;
        }
        if (isReceiversThread()) {
            throw Error(QStringLiteral("A full subscriber would make the thread wait for ever "
                                       "that handles its messages"),
                        m_exchangeName,
                        QStringLiteral("Give it more room, or let it drop messages"));
        }
        return m_changed.wait(lock, m_mailbox.id(), trace::WaitReason::QueueFull,
                              WaitPoint::Forever, stop, hasRoom, [this] { return m_discarded; })
               == WaitPoint::Result::Woken;
    }

    DeliveryResult untilHandled(std::unique_lock<std::mutex> &lock,
                                const std::shared_ptr<Outcome> &outcome,
                                const std::stop_token &stop)
    {
        const auto result = m_changed.wait(
                lock, m_mailbox.id(), trace::WaitReason::Signal, WaitPoint::Forever, stop,
                [&outcome] { return outcome->has_value(); },
                [&outcome] { return *outcome == DeliveryResult::Detached; });
        if (result == WaitPoint::Result::Woken)
            return **outcome;
        const auto waiting = std::find_if(
                m_waiting.begin(), m_waiting.end(),
                [&outcome](const Entry &entry) { return entry.outcome == outcome; });
        if (waiting == m_waiting.end())
            return DeliveryResult::Queued; // it is being handled
        m_waiting.erase(waiting);
        countWaiting();
        m_changed.wakeAll();
        ++m_dropped;
        return DeliveryResult::Dropped;
    }

    void clearWaiting() override
    {
        for (const Entry &entry : m_waiting)
            entry.end(DeliveryResult::Detached);
        m_waiting.clear();
        countWaiting();
    }

    void countWaiting() { m_mailbox.count(static_cast<qint64>(m_waiting.size())); }

    // One event for all that wait when it arrives, not one for each.
    void postDrain()
    {
        m_drainPosted = true;
        QMetaObject::invokeMethod(m_receiver.get(),
                                  HandedOver([keep = shared_from_this(), this] { drain(); }),
                                  Qt::QueuedConnection);
    }

    // In the context's thread. What comes meanwhile posts another event, so that the others in the
    // loop get their turn, and those posted after a message find it handled.
    void drain()
    {
        std::unique_lock lock(m_mutex);
        m_drainPosted = false;
        for (std::size_t left = m_waiting.size(); left > 0 && !m_waiting.empty(); --left) {
            const Entry entry = std::move(m_waiting.front());
            m_waiting.pop_front();
            countWaiting();
            m_changed.wakeAll();
            lock.unlock();
            bool handled = true;
            try {
                handled = guarded([&] { handle(entry.message, entry.flow); });
            } catch (const std::exception &failure) {
                qWarning("heddle::Exchange %s: a subscriber failed: %s", qPrintable(m_exchangeName),
                         failure.what());
            } catch (...) {
                qWarning("heddle::Exchange %s: a subscriber failed", qPrintable(m_exchangeName));
            }
            lock.lock();
            entry.end(handled ? DeliveryResult::Delivered : DeliveryResult::Detached);
            m_changed.wakeAll();
        }
    }

    Handler m_handler;
    trace::Name m_sliceName;
    std::deque<Entry> m_waiting;
    bool m_drainPosted = false;
};

} // namespace heddle
