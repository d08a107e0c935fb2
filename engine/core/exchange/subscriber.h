// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/error.h>
#include <heddle/core/mailbox.h>
#include <heddle/core/subscriberlist.h>
#include <heddle/trace/slice.h>

#include <QMetaObject>

#include <functional>
#include <memory>
#include <optional>

namespace heddle {

/// One subscriber's state, whatever its message. Held by its exchange while it is attached, and by
/// its Subscription.
class HEDDLE_ENGINE_EXPORT SubscriberBase : public CallTarget,
                                            public std::enable_shared_from_this<SubscriberBase>
{
public:
    virtual ~SubscriberBase();

    /// Any thread.
    [[nodiscard]] bool isAttached() const { return m_attached; }
    /// Messages dropped so far, by the overflow policy or a stop. Any thread.
    [[nodiscard]] virtual quint64 dropped() const = 0;

    /// Ends the subscription when its context is destroyed. Called once, by the exchange.
    void watchContext(QObject *context);
    /// As ExchangeBase::detach().
    bool detach();
    /// As ExchangeBase::detachAndWait().
    bool detachAndWait();

    /// What was thrown, as text. Any thread.
    [[nodiscard]] static QString describe(const std::exception_ptr &error);

protected:
    /// For Subscriber.
    explicit SubscriberBase(const std::shared_ptr<SubscriberList> &list);

    /// For errors that no sender waits for.
    void reportError(const std::exception_ptr &error) const;

private:
    friend class SubscriberList;
    friend class MailboxBase;

    [[nodiscard]] virtual bool isDirect() const = 0;
    /// Handles what waits; in the receiver's thread.
    virtual void drain() = 0;
    /// Forgets what is on its way for attachments that have ended.
    virtual void discardWaiting() = 0;

    // Under the mutex of the list.
    /// The number of a new attachment; 0 when the context is gone.
    quint64 nextAttachment();
    void endAttachments() { m_ended = m_attachments; } // pairs with HandlerCall::enter()

    std::weak_ptr<SubscriberList> m_list;
    trace::ObjectId m_exchange;
    QMetaObject::Connection m_contextsEnd;
    std::atomic<bool> m_contextGone{false};
    std::atomic<bool> m_attached{false};
    quint64 m_attachments = 0;
};

/// A subscription for one type of message.
template <typename Message>
class Subscriber final : public SubscriberBase
{
public:
    /// Is called with each message.
    using Handler = std::function<void(const Message &)>;

    /// \throws Misuse when there is no handler, or a queued delivery has no context.
    Subscriber(const std::shared_ptr<SubscriberList> &list, Handler handler,
               const SubscriptionOptions &options, trace::Name sliceName)
        : SubscriberBase(list)
        , m_handler(std::move(handler))
        , m_sliceName(sliceName)
    {
        const QString exchange = QString::fromUtf8(list->object().name().text());
        if (!m_handler) {
            throw Misuse(QStringLiteral("A subscriber needs a handler"), exchange,
                         QStringLiteral("Give a function that is not empty"));
        }
        if (options.delivery != Delivery::Direct)
            m_mailbox.emplace(options, exchange);
    }

    [[nodiscard]] quint64 dropped() const override { return m_mailbox ? m_mailbox->dropped() : 0; }

    /// In the sender's thread, which has entered it.
    void handle(const Message &message) { m_handler(message); }
    /// For the queued kinds; in the sender's thread. \throws what the handler throws while the
    /// sender waits for it.
    template <typename Sent>
    DeliveryResult enqueue(Sent &&message, quint64 attachment, const std::stop_token &stop)
    {
        return m_mailbox->put(std::forward<Sent>(message), attachment, *this, stop,
                              shared_from_this());
    }

private:
    using Entry = typename Mailbox<Message>::Entry;

    [[nodiscard]] bool isDirect() const override { return !m_mailbox; }

    // One slice for all, in which the flows of the messages end: it shows when each began.
    void drain() override
    {
        std::optional<trace::Slice> slice;
        HandlerCall call;
        for (quint64 left = m_mailbox->beginTurn(); left > 0; --left) {
            if (!slice)
                slice.emplace(m_sliceName);
            const std::optional<Entry> entry = m_mailbox->take();
            if (!entry)
                return;
            handleQueued(call, *entry);
        }
    }
    void handleQueued(HandlerCall &call, const Entry &entry)
    {
        auto result = DeliveryResult::Detached;
        std::exception_ptr error;
        if (call.enter(*this, entry.attachment)) {
            result = DeliveryResult::Delivered;
            try {
                m_handler(entry.message);
            } catch (...) {
                error = std::current_exception();
            }
        }
        const bool isTold = entry.waiting && m_mailbox->answer(*entry.waiting, result, error);
        if (error && !isTold) [[unlikely]]
            reportError(error);
    }
    void discardWaiting() override
    {
        if (m_mailbox)
            m_mailbox->discard(*this);
    }

    Handler m_handler; // beside what HandlerCall::enter() looks at
    trace::Name m_sliceName;
    std::optional<Mailbox<Message>> m_mailbox;
};

} // namespace heddle
