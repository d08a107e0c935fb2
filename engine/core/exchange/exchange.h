// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/delivery.h>
#include <heddle/core/handlercall.h>
#include <heddle/core/subscriber.h>
#include <heddle/core/subscriberlist.h>

#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>

namespace heddle {

/// What all exchanges share, whatever their message.
class HEDDLE_ENGINE_EXPORT ExchangeBase
{
public:
    virtual ~ExchangeBase();
    ExchangeBase(const ExchangeBase &) = delete;
    ExchangeBase &operator=(const ExchangeBase &) = delete;

    [[nodiscard]] QString name() const;
    [[nodiscard]] const trace::Object &object() const { return m_list->object(); }

    /// Ends a subscription: no send that begins from now on reaches it; what is on its way does.
    /// False, and nothing happens, if it had ended before. Any thread, also from within the
    /// handler; never blocks.
    bool detach(const std::shared_ptr<SubscriberBase> &subscriber);
    /// The same; afterwards the handler neither runs nor will run. Blocks while it runs in another
    /// thread. Called within the handler, it waits for the handler's other calls only, and not for
    /// those that wait here themselves. \throws Misuse, with the subscription ended, when two
    /// handlers would end each other and wait for ever.
    bool detachAndWait(const std::shared_ptr<SubscriberBase> &subscriber);
    /// A snapshot. Any thread.
    [[nodiscard]] int subscriberCount() const;

    /// Has \a handler told of what a queued handler threw, in the thread that handled the message.
    /// Without one, or with an empty one, each error is a warning. (Senders that wait, for a direct
    /// or blocking delivery, learn of it from their SendReport instead.) Any thread; a call that
    /// runs already goes on with the former one.
    void setErrorHandler(SubscriberList::ErrorHandler handler);

protected:
    /// For Exchange.
    explicit ExchangeBase(std::string_view name);
    /// The subscribers.
    [[nodiscard]] const std::shared_ptr<SubscriberList> &list() const { return m_list; }

    static std::shared_ptr<ExchangeBase>
    /// The process's exchange of that name; \a create makes one. \throws Misuse if it has another
    /// type
    findOrCreate(const QString &name, std::type_index type,
                 const std::function<std::shared_ptr<ExchangeBase>()> &create);

private:
    std::shared_ptr<SubscriberList> m_list; ///< shared: a subscription may outlive its exchange
};

/// Holds a subscription. Move-only. It may outlive its exchange.
///
/// Its destruction ends the subscription as detachAndWait() does, so that what the handler refers
/// to may go next: it blocks while the handler runs in another thread, and forgets what is on its
/// way. Where that must not be, detach() and release() first. Two handlers that end each other's
/// subscription so, each while the other runs, cannot both wait: that ends the program with a
/// message. Threads: one at a time.
class HEDDLE_ENGINE_EXPORT Subscription
{
public:
    Subscription() = default;
    /// Takes an attached \a subscriber over.
    explicit Subscription(std::shared_ptr<SubscriberBase> subscriber);
    ~Subscription();
    Subscription(Subscription &&other) noexcept = default;
    /// Ends its own subscription first, as the destructor does.
    Subscription &operator=(Subscription &&other) noexcept;

    /// Whether messages arrive. Any thread; never blocks.
    [[nodiscard]] bool isAttached() const { return m_subscriber && m_subscriber->isAttached(); }
    /// As ExchangeBase::detach().
    bool detach();
    /// As ExchangeBase::detachAndWait().
    bool detachAndWait();
    /// Leaves the subscription attached for as long as the exchange lives.
    void release() { m_subscriber.reset(); }

private:
    std::shared_ptr<SubscriberBase> m_subscriber;
};

/// Publish and subscribe: what is sent reaches each subscriber that was attached when the send
/// began, exactly once, in order per sender; also one that is detached meanwhile, unless in the
/// waiting form.
///
/// After the exchange of the Python Cookbook (12.11), safe where that one is not: subscribers may
/// attach and detach, themselves too, during a send and from any thread. A subscriber that throws
/// keeps the message from no other. exchange(name) gives one that the whole process shares.
///
/// Delivery: Direct runs the handler in the sender's thread; Queued in the event loop of a context
/// object's thread; BlockingQueued too, while the sender waits. A queued subscription may be
/// bounded. When its context is destroyed, a subscription ends. The event loop gets one event for
/// all messages that wait when it comes to it, and the others in the loop their turn in between.
///
/// Trace: an object of kind exchange whose counter is the number of subscribers; for each direct
/// delivery a slice in the sender's thread; for each queued subscription an object of kind queue,
/// a flow for each of its messages, and a slice in the receiver's thread for each turn of its loop,
/// in which the flows end.
///
/// Cost: a direct delivery takes no lock and no locked instruction (see HandlerCall); a queued one
/// takes one uncontended lock in the sender, copies the message once and allocates nothing in the
/// long run. Threads: any. send() blocks for direct handlers, blocking deliveries and full
/// subscribers that block.
template <typename Message>
class Exchange : public ExchangeBase
{
    static_assert(std::is_copy_constructible_v<Message>,
                  "each subscriber gets a message of its own");

public:
    /// Is called with each message.
    using Handler = std::function<void(const Message &)>;

    /// The \a name is what the timeline shows.
    explicit Exchange(std::string_view name)
        : ExchangeBase(name)
        , m_sliceName(name)
    {}
    ~Exchange() override = default;

    /// The process's exchange of that name, created when it is first asked for. Any thread.
    /// \throws Misuse when the name is in use for another type of message.
    static std::shared_ptr<Exchange> exchange(const QString &name)
    {
        return std::static_pointer_cast<Exchange>(
                findOrCreate(name, typeid(Message), [&name]() -> std::shared_ptr<ExchangeBase> {
                    return std::make_shared<Exchange>(name.toStdString());
                }));
    }

    /// Attaches \a handler until the subscription is destroyed. Each call is a subscription of its
    /// own. Never blocks. \throws Misuse when there is no handler, or a queued delivery has no
    /// context.
    [[nodiscard]] Subscription attach(Handler handler, SubscriptionOptions options = {})
    {
        const auto added = subscriber(std::move(handler), options);
        attach(added);
        return Subscription(added);
    }

    /// A subscriber of this exchange that is not attached yet; it can be attached and detached any
    /// number of times. \throws Misuse as attach() does.
    [[nodiscard]] std::shared_ptr<Subscriber<Message>> subscriber(Handler handler,
                                                                  SubscriptionOptions options = {})
    {
        auto created = std::make_shared<Subscriber<Message>>(list(), std::move(handler), options,
                                                             m_sliceName);
        created->watchContext(options.context);
        return created;
    }

    /// Attaches \a subscriber; twice is the same as once. False, and nothing happens, if it was
    /// attached already or its context is gone. Any thread, also from within a handler; never
    /// blocks. \throws Misuse when it is not a subscriber of this exchange.
    bool attach(const std::shared_ptr<Subscriber<Message>> &subscriber)
    {
        return list()->add(subscriber);
    }

    /// Sends \a message to all. A stop ends the waiting for full or blocking subscribers, which
    /// then count as dropped. Any thread, also from within a handler.
    SendReport send(const Message &message, const std::stop_token &stop = {})
    {
        return deliver(message, stop);
    }
    /// The same; the last subscriber, if it is queued, gets \a message itself and not a copy.
    SendReport send(Message &&message, const std::stop_token &stop = {})
    {
        return deliver(std::move(message), stop);
    }

private:
    template <typename Sent>
    SendReport deliver(Sent &&message, const std::stop_token &stop)
    {
        SendReport report;
        trace::SliceSequence slices(m_sliceName);
        HandlerCall call;
        // Nothing of this object is used from here on: a handler may destroy it.
        const auto attachments = call.hold(list()->current()).all();
        for (const Attachment &attachment : attachments) {
            auto &subscriber = static_cast<Subscriber<Message> &>(*attachment.subscriber);
            try {
                if (attachment.isDirect) [[likely]] {
                    if (call.enter(subscriber, attachment.number)) {
                        slices.next();
                        subscriber.handle(message);
                        ++report.delivered;
                    }
                    continue;
                }
                call.leave(); // it may take long
                slices.end();
                const bool isLast = &attachment == &attachments.back();
                report.add(isLast ? subscriber.enqueue(std::forward<Sent>(message),
                                                       attachment.number, stop)
                                  : subscriber.enqueue(std::as_const(message), attachment.number,
                                                       stop));
            } catch (...) {
                report.errors << SubscriberBase::describe(std::current_exception());
            }
        }
        return report;
    }

    trace::Name m_sliceName;
};

} // namespace heddle
