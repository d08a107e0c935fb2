// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <heddle/core/subscriber.h>
#include <heddle/trace/slice.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>
#include <typeindex>
#include <vector>

namespace heddle {

/// What became of one send().
struct SendReport
{
    int delivered = 0;  ///< handled before send() returned
    int queued = 0;     ///< on their way
    int dropped = 0;    ///< by a full subscriber's policy
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
    [[nodiscard]] const trace::Object &object() const { return m_object; }

    /// Ends a subscription: what is sent from now on does not reach it. False, and nothing
    /// happens, if it had ended before. Any thread, also from within the handler; never blocks.
    bool detach(const std::shared_ptr<SubscriberBase> &subscriber);
    /// The same; afterwards the handler neither runs nor will run. Blocks while it runs in another
    /// thread.
    bool detachAndWait(const std::shared_ptr<SubscriberBase> &subscriber);
    /// A snapshot.
    [[nodiscard]] int subscriberCount() const;

protected:
    using Subscribers = std::vector<std::shared_ptr<SubscriberBase>>;

    explicit ExchangeBase(std::string_view name);
    void add(const std::shared_ptr<SubscriberBase> &subscriber);
    /// The subscribers of this instant. A send goes to these, whatever comes or goes meanwhile.
    [[nodiscard]] std::shared_ptr<const Subscribers> subscribers() const;
    [[nodiscard]] std::weak_ptr<ExchangeBase *> self() const { return m_self; }

    static std::shared_ptr<ExchangeBase>
    findOrCreate(const QString &name, std::type_index type,
                 const std::function<std::shared_ptr<ExchangeBase>()> &create);

private:
    friend class Subscription;
    trace::Object m_object;
    mutable std::mutex m_mutex;
    std::shared_ptr<const Subscribers> m_subscribers; ///< copied when changed
    std::shared_ptr<ExchangeBase *> m_self; ///< dies with the exchange; subscriptions look here
};

/// Holds a subscription; ends it when destroyed. Move-only. It may outlive its exchange.
/// Threads: one at a time.
class HEDDLE_ENGINE_EXPORT Subscription
{
public:
    Subscription() = default;
    Subscription(std::weak_ptr<ExchangeBase *> exchange,
                 std::shared_ptr<SubscriberBase> subscriber);
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
    std::weak_ptr<ExchangeBase *> m_exchange;
    std::shared_ptr<SubscriberBase> m_subscriber;
};

/// Publish and subscribe: what is sent reaches each subscriber that was attached when the send
/// began, exactly once, in order per sender.
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

    /// Attaches \a handler until the subscription is destroyed. Never blocks.
    /// \throws Error when a queued delivery has no context.
    [[nodiscard]] Subscription attach(Handler handler, SubscriptionOptions options = {})
    {
        auto subscriber = std::make_shared<Subscriber<Message>>(std::move(handler), options, name(),
                                                                m_sliceName);
        subscriber->connectContext(self(), subscriber);
        add(subscriber);
        return Subscription(self(), subscriber);
    }

    /// Sends \a message to all. A stop ends the waiting for full or blocking subscribers, which
    /// then count as dropped.
    SendReport send(const Message &message, std::stop_token stop = {})
    {
        SendReport report;
        const std::shared_ptr<const Subscribers> now = subscribers();
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
