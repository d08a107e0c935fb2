// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/handedover.h>
#include <heddle/core/waitpoint.h>
#include <heddle/trace/flow.h>
#include <heddle/trace/slice.h>

#include <QMetaObject>
#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>
#include <QThread>

#include <deque>
#include <functional>
#include <memory>
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
    Block,      ///< the sender waits for room
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

enum class DeliveryResult { Delivered, Queued, Dropped, Detached };

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
    /// Messages dropped so far by the overflow policy. Any thread.
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
    /// Runs \a handle unless discarded; keeps discardAndWait() waiting meanwhile.
    void guarded(const std::function<void()> &handle);

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
    /// Nothing that is on its way is handled any more; waits for a handler that runs elsewhere.
    void discardAndWait();

    std::weak_ptr<SubscriberList> m_list;
    bool m_contextGone = false;
    std::vector<Qt::HANDLE> m_running; ///< threads in which the handler runs
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
        if (!isAttached())
            return DeliveryResult::Detached;
        if (m_options.delivery == Delivery::Direct) {
            handle(message, trace::Flow::begin(trace::FlowKind::Message));
            return DeliveryResult::Delivered;
        }
        return enqueue(message, stop);
    }

private:
    void clearWaiting() override
    {
        m_waiting.clear();
        m_mailbox.count(0);
    }

    struct Entry
    {
        Message message;
        trace::Flow flow;
        quint64 number;
    };

    void handle(const Message &message, trace::Flow flow)
    {
        guarded([&] {
            const trace::Slice slice(m_sliceName);
            flow.end();
            m_handler(message);
        });
    }

    DeliveryResult enqueue(const Message &message, const std::stop_token &stop)
    {
        const bool blocking = m_options.delivery == Delivery::BlockingQueued;
        std::unique_lock lock(m_mutex);
        if (blocking && m_receiver->thread() == QThread::currentThread()) {
            throw Error(
                    QStringLiteral(
                            "A blocking delivery to the sender's own thread would wait for ever"),
                    m_exchangeName, QStringLiteral("Deliver directly or queued"));
        }
        const auto hasRoom = [this] {
            return m_discarded || m_options.capacity <= 0
                   || static_cast<qsizetype>(m_waiting.size()) < m_options.capacity;
        };
        if (!hasRoom()) {
            if (m_options.overflow == Overflow::DropNewest) {
                ++m_dropped;
                return DeliveryResult::Dropped;
            }
            if (m_options.overflow == Overflow::DropOldest) {
                m_waiting.pop_front();
                ++m_dropped;
            } else if (m_changed.wait(lock, m_mailbox.id(), trace::WaitReason::QueueFull,
                                      WaitPoint::Forever, stop, hasRoom,
                                      [this] { return m_discarded; })
                       != WaitPoint::Result::Woken) {
                ++m_dropped;
                return DeliveryResult::Dropped;
            }
        }
        if (m_discarded)
            return DeliveryResult::Detached;
        const quint64 number = ++m_lastNumber;
        m_waiting.push_back({message, trace::Flow::begin(trace::FlowKind::Message), number});
        m_mailbox.count(static_cast<qint64>(m_waiting.size()));
        if (!m_drainPosted) {
            // One event for all that wait when it arrives, not one for each.
            m_drainPosted = true;
            QMetaObject::invokeMethod(m_receiver.get(),
                                      HandedOver([keep = shared_from_this(), this] { drain(); }),
                                      Qt::QueuedConnection);
        }
        if (!blocking)
            return DeliveryResult::Queued;
        const auto isHandled = [this, number] { return m_discarded || m_handledNumber >= number; };
        if (isHandled())
            return DeliveryResult::Delivered;
        const auto result = m_changed.wait(lock, m_mailbox.id(), trace::WaitReason::Signal,
                                           WaitPoint::Forever, stop, isHandled,
                                           [this] { return m_discarded; });
        return result == WaitPoint::Result::Woken && !m_discarded ? DeliveryResult::Delivered
                                                                  : DeliveryResult::Queued;
    }

    // In the context's thread.
    void drain()
    {
        std::unique_lock lock(m_mutex);
        while (!m_waiting.empty() && !m_discarded) {
            const Entry entry = std::move(m_waiting.front());
            m_waiting.pop_front();
            m_mailbox.count(static_cast<qint64>(m_waiting.size()));
            m_changed.wakeAll();
            lock.unlock();
            try {
                handle(entry.message, entry.flow);
            } catch (const std::exception &failure) {
                qWarning("heddle::Exchange %s: a subscriber failed: %s", qPrintable(m_exchangeName),
                         failure.what());
            } catch (...) {
                qWarning("heddle::Exchange %s: a subscriber failed", qPrintable(m_exchangeName));
            }
            lock.lock();
            m_handledNumber = entry.number;
            m_changed.wakeAll();
        }
        m_drainPosted = false;
    }

    Handler m_handler;
    trace::Name m_sliceName;
    std::deque<Entry> m_waiting;
    quint64 m_lastNumber = 0;
    quint64 m_handledNumber = 0;
    bool m_drainPosted = false;
};

} // namespace heddle
