// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/subscriber.h>
#include <heddle/core/subscriberlist.h>
#include <heddle/trace/slice.h>

#include <functional>
#include <memory>
#include <string_view>
#include <typeindex>

namespace heddle {

/// What became of one send().
struct SendReport
{
    int delivered = 0;  ///< handled before send() returned
    int queued = 0;     ///< on their way
    int dropped = 0;    ///< by a full subscriber's policy or a stop
    QStringList errors; ///< of subscribers that failed; the others got the message all the same
};

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
    /// thread.
    bool detachAndWait(const std::shared_ptr<SubscriberBase> &subscriber);
    /// A snapshot.
    [[nodiscard]] int subscriberCount() const;

protected:
    explicit ExchangeBase(std::string_view name);
    [[nodiscard]] const std::shared_ptr<SubscriberList> &list() const { return m_list; }

    static std::shared_ptr<ExchangeBase>
    findOrCreate(const QString &name, std::type_index type,
                 const std::function<std::shared_ptr<ExchangeBase>()> &create);

private:
    std::shared_ptr<SubscriberList> m_list; ///< shared: a subscription may outlive its exchange
};

/// Holds a subscription. Move-only. It may outlive its exchange.
///
/// Its destruction ends the subscription as detachAndWait() does, so that what the handler refers
/// to may go next: it blocks while the handler runs in another thread, and forgets what is on its
/// way. Where that must not be, detach() and release() first. Threads: one at a time.
class HEDDLE_ENGINE_EXPORT Subscription
{
public:
    Subscription() = default;
    explicit Subscription(std::shared_ptr<SubscriberBase> subscriber);
    ~Subscription();
    Subscription(Subscription &&other) noexcept = default;
    Subscription &operator=(Subscription &&other) noexcept;

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
/// bounded. When its context is destroyed, a subscription ends.
///
/// Trace: an object of kind exchange whose counter is the number of subscribers, and for each
/// delivery a flow from the send to a slice in the thread that handles it.
///
/// Threads: any. send() blocks for direct handlers, blocking deliveries and full subscribers that
/// block.
template <typename Message>
class Exchange : public ExchangeBase
{
public:
    using Handler = std::function<void(const Message &)>;

    explicit Exchange(std::string_view name)
        : ExchangeBase(name)
        , m_sliceName(name)
    {}
    ~Exchange() override = default;

    /// The process's exchange of that name, created when it is first asked for. Any thread.
    /// \throws Error when the name is in use for another type of message.
    static std::shared_ptr<Exchange> exchange(const QString &name)
    {
        return std::static_pointer_cast<Exchange>(
                findOrCreate(name, typeid(Message), [&name]() -> std::shared_ptr<ExchangeBase> {
                    return std::make_shared<Exchange>(name.toStdString());
                }));
    }

    /// Attaches \a handler until the subscription is destroyed. Each call is a subscription of its
    /// own. Never blocks. \throws Error when a queued delivery has no context.
    [[nodiscard]] Subscription attach(Handler handler, SubscriptionOptions options = {})
    {
        const auto added = subscriber(std::move(handler), options);
        attach(added);
        return Subscription(added);
    }

    /// A subscriber of this exchange that is not attached yet; it can be attached and detached any
    /// number of times. \throws Error when a queued delivery has no context.
    [[nodiscard]] std::shared_ptr<Subscriber<Message>> subscriber(Handler handler,
                                                                  SubscriptionOptions options = {})
    {
        auto created = std::make_shared<Subscriber<Message>>(list(), std::move(handler), options,
                                                             m_sliceName);
        created->watchContext();
        return created;
    }

    /// Attaches \a subscriber; twice is the same as once. False, and nothing happens, if it was
    /// attached already or its context is gone. Any thread, also from within a handler; never
    /// blocks. \throws Error when it is not a subscriber of this exchange.
    bool attach(const std::shared_ptr<Subscriber<Message>> &subscriber)
    {
        return list()->add(subscriber);
    }

    /// Sends \a message to all. A stop ends the waiting for full or blocking subscribers, which
    /// then count as dropped.
    SendReport send(const Message &message, std::stop_token stop = {})
    {
        SendReport report;
        const auto now = list()->snapshot();
        for (const std::shared_ptr<SubscriberBase> &entry : *now) {
            auto &subscriber = static_cast<Subscriber<Message> &>(*entry);
            try {
                switch (subscriber.accept(message, stop)) {
                case DeliveryResult::Delivered:
                    ++report.delivered;
                    break;
                case DeliveryResult::Queued:
                    ++report.queued;
                    break;
                case DeliveryResult::Dropped:
                    ++report.dropped;
                    break;
                case DeliveryResult::Detached:
                    break;
                }
            } catch (const std::exception &failure) {
                report.errors << QString::fromUtf8(failure.what());
            } catch (...) {
                report.errors << QStringLiteral(
                        "a subscriber threw something that is not an exception");
            }
        }
        return report;
    }

private:
    trace::Name m_sliceName;
};

} // namespace heddle
