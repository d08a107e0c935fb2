// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/event.h>
#include <heddle/core/exchange.h>
#include <heddle/core/thread.h>
#include <heddle/pattern/patternplugin.h>
#include <heddle/tasks/eventloopexecutor.h>
#include <heddle/trace/slice.h>

#include <QElapsedTimer>
#include <QObject>
#include <QThread>

#include <atomic>
#include <memory>
#include <vector>

namespace {

using heddle::Delivery;
using heddle::EventLoopExecutor;
namespace trace = heddle::trace;

using NumberExchange = heddle::Exchange<qint64>;

/// One subscriber: what it got, checked as it comes.
class Listener
{
public:
    Listener(heddle::RunContext &context, std::size_t exchange, std::chrono::nanoseconds work)
        : m_context(context)
        , m_exchange(exchange)
        , m_work(work)
    {}
    void receive(qint64 message, qint64 step)
    {
        static const trace::Name handling("handle");
        static const trace::Name number("message");
        const trace::Slice slice(handling, {{number, message}});
        // Messages go to the exchanges in turn, so each exchange's own are a step apart.
        if (m_handled > 0 && message != m_last + step)
            m_inOrder = false;
        m_last = message;
        if (m_work >= std::chrono::milliseconds(1))
            m_context.pause(m_work);
        else if (m_work.count() > 0)
            m_context.compute(m_work);
        ++m_handled;
    }
    [[nodiscard]] std::size_t exchange() const { return m_exchange; }
    [[nodiscard]] qint64 handled() const { return m_handled; }
    [[nodiscard]] bool inOrder() const { return m_inOrder; }

private:
    heddle::RunContext &m_context;
    std::size_t m_exchange;
    std::chrono::nanoseconds m_work;
    std::atomic<qint64> m_handled{0};
    std::atomic<bool> m_inOrder{true};
    qint64 m_last = 0; ///< only in the thread that handles
};

class PublishSubscribe final : public heddle::Pattern
{
public:
    void run(heddle::RunContext &context) override;

private:
    void makeSubscribers();
    heddle::Subscription attach(std::size_t exchange, std::chrono::nanoseconds work,
                                heddle::SubscriptionOptions options);
    qint64 sentTo(std::size_t exchange) const;
    void noteBacklog(std::size_t exchange);
    void churn(double perSecond);
    double send();
    void drain();
    void report(double sendMilliseconds, double wallMilliseconds);
    bool hasFault(const char *id) const { return m_context->hasFault(QLatin1String(id)); }
    heddle::SubscriptionOptions options(std::size_t subscriber) const;

    heddle::RunContext *m_context = nullptr;
    std::vector<std::shared_ptr<NumberExchange>> m_exchanges;
    std::vector<std::unique_ptr<EventLoopExecutor>> m_loops;
    std::vector<std::unique_ptr<Listener>> m_listeners;
    std::vector<heddle::Subscription> m_subscriptions;
    std::atomic<bool> m_sending{true};
    std::atomic<qint64> m_visitors{0};
    std::atomic<qint64> m_handledBySender{0};
    Qt::HANDLE m_sender = nullptr; ///< set before anything is sent
    qint64 m_messages = 0;
    qint64 m_sent = 0;
    qint64 m_maxBacklog = 0; ///< only in the thread that sends
    qint64 m_mailbox = 0;
    Delivery m_delivery = Delivery::Direct;
};

heddle::SubscriptionOptions PublishSubscribe::options(std::size_t subscriber) const
{
    heddle::SubscriptionOptions options;
    options.delivery = m_delivery;
    if (hasFault("slow-direct") && subscriber == 0)
        options.delivery = Delivery::Direct;
    if (options.delivery != Delivery::Direct) {
        options.context = m_loops[subscriber % m_loops.size()]->context();
        options.capacity = hasFault("unbounded-queue") ? 0 : m_mailbox;
    }
    return options;
}

heddle::Subscription PublishSubscribe::attach(std::size_t exchange, std::chrono::nanoseconds work,
                                              heddle::SubscriptionOptions options)
{
    m_listeners.push_back(std::make_unique<Listener>(*m_context, exchange, work));
    const auto step = static_cast<qint64>(m_exchanges.size());
    return m_exchanges[exchange]->attach(
            [this, listener = m_listeners.back().get(), step](qint64 message) {
                m_handledBySender += QThread::currentThreadId() == m_sender;
                listener->receive(message, step);
            },
            options);
}

void PublishSubscribe::makeSubscribers()
{
    const auto slow = m_context->parameters().milliseconds(QStringLiteral("slowSub"));
    const qint64 count = m_context->parameters().integer(QStringLiteral("subs"));
    for (std::size_t exchange = 0; exchange < m_exchanges.size(); ++exchange) {
        for (qint64 k = 0; k < count; ++k) {
            m_subscriptions.push_back(attach(exchange, k == 0 ? slow : slow / 10,
                                             options(static_cast<std::size_t>(k))));
        }
    }
}

// Messages go to the exchanges in turn.
qint64 PublishSubscribe::sentTo(std::size_t exchange) const
{
    const auto exchanges = static_cast<qint64>(m_exchanges.size());
    return m_sent / exchanges + (static_cast<qint64>(exchange) < m_sent % exchanges ? 1 : 0);
}

void PublishSubscribe::noteBacklog(std::size_t exchange)
{
    // Those of makeSubscribers(); what is refused is no backlog.
    for (std::size_t k = 0; k < m_subscriptions.size(); ++k) {
        const Listener &listener = *m_listeners[k];
        if (listener.exchange() == exchange)
            m_maxBacklog = std::max(m_maxBacklog, sentTo(exchange) - listener.handled());
    }
}

// Visitors attach and detach while messages flow; they must neither miss the exchange nor harm it.
void PublishSubscribe::churn(double perSecond)
{
    std::mt19937_64 random = m_context->random(77);
    while (m_sending && !m_context->stopRequested()) {
        HEDDLE_SLICE("visit");
        const auto &exchange = m_exchanges[random() % m_exchanges.size()];
        heddle::SubscriptionOptions options;
        heddle::Subscription visit = exchange->attach([this](qint64) { ++m_visitors; }, options);
        m_context->pause(std::chrono::nanoseconds(static_cast<qint64>(1e9 / perSecond)));
        visit.detachAndWait();
    }
}

double PublishSubscribe::send()
{
    static const trace::Name sending("send");
    static const trace::Name number("message");
    m_sender = QThread::currentThreadId();
    QObject here; // lives in the thread that sends
    heddle::Subscription self;
    if (hasFault("blocking-to-self")) {
        heddle::SubscriptionOptions options;
        options.delivery = Delivery::BlockingQueued;
        options.context = &here;
        self = attach(0, std::chrono::nanoseconds::zero(), options);
    }
    qint64 errors = 0;
    QElapsedTimer timer;
    timer.start();
    for (qint64 message = 0; message < m_messages && !m_context->stopRequested(); ++message) {
        const trace::Slice slice(sending, {{number, message}});
        const auto exchange = static_cast<std::size_t>(message) % m_exchanges.size();
        const heddle::SendReport report = m_exchanges[exchange]->send(message,
                                                                      m_context->stopToken());
        if (errors == 0 && !report.errors.isEmpty())
            m_context->warning(report.errors.first());
        errors += report.errors.size();
        ++m_sent;
        if (report.dropped == 0) // what a stop dropped is on nobody's way
            noteBacklog(exchange);
        m_context->progress(static_cast<double>(m_sent) / static_cast<double>(m_messages));
    }
    if (errors > 0)
        m_context->warning(QStringLiteral("%1 deliveries failed.").arg(errors));
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

// Queued messages are handled in order, so a task put behind them tells that they are.
void PublishSubscribe::drain()
{
    HEDDLE_SLICE("wait for the subscribers");
    for (const auto &loop : m_loops) {
        heddle::Event drained("drained");
        loop->post([&drained] { drained.set(); });
        drained.wait();
    }
}

void PublishSubscribe::report(double sendMilliseconds, double wallMilliseconds)
{
    qint64 deliveries = 0;
    qint64 wrong = 0;
    for (const auto &listener : m_listeners) {
        deliveries += listener->handled();
        wrong += listener->handled() != sentTo(listener->exchange()) || !listener->inOrder();
    }
    int attached = 0;
    for (const auto &exchange : m_exchanges)
        attached += exchange->subscriberCount();
    m_context->result(QStringLiteral("deliveries"), deliveries);
    m_context->result(
            QStringLiteral("rate"),
            wallMilliseconds > 0 ? static_cast<double>(deliveries) * 1000 / wallMilliseconds : 0.0);
    m_context->result(QStringLiteral("send-time"), sendMilliseconds);
    m_context->result(QStringLiteral("handled-by-sender"), m_handledBySender.load());
    m_context->result(QStringLiteral("max-backlog"), m_maxBacklog);
    m_context->result(QStringLiteral("left-attached"), attached);
    if (m_visitors > 0)
        m_context->info(QStringLiteral("Visitors got %1 messages.").arg(m_visitors.load()));
    // One more than fit into the mailbox: the one that is being handled.
    m_context->invariant(QStringLiteral("bounded"), m_mailbox == 0 || m_maxBacklog <= m_mailbox + 1,
                         QStringLiteral("%1 messages behind at most, room for %2")
                                 .arg(m_maxBacklog)
                                 .arg(m_mailbox == 0 ? QStringLiteral("any number")
                                                     : QString::number(m_mailbox)));
    if (m_context->stopRequested())
        return;
    m_context->invariant(
            QStringLiteral("each-once-in-order"), wrong == 0,
            QStringLiteral("%1 messages, %2 deliveries, %3 of %4 subscribers got something else")
                    .arg(m_sent)
                    .arg(deliveries)
                    .arg(wrong)
                    .arg(m_listeners.size()));
    m_context->invariant(QStringLiteral("all-detached"), attached == 0,
                         QStringLiteral("%1 still attached").arg(attached));
}

void PublishSubscribe::run(heddle::RunContext &context)
{
    m_context = &context;
    const heddle::Parameters &parameters = context.parameters();
    m_messages = parameters.integer(QStringLiteral("msgs"));
    m_mailbox = parameters.integer(QStringLiteral("mailbox"));
    const QString delivery = parameters.text(QStringLiteral("delivery"));
    m_delivery = delivery == QLatin1String("direct")   ? Delivery::Direct
                 : delivery == QLatin1String("queued") ? Delivery::Queued
                                                       : Delivery::BlockingQueued;
    if (m_delivery != Delivery::Direct) {
        const qint64 threads = std::max<qint64>(parameters.integer(QStringLiteral("subThreads")),
                                                1);
        for (qint64 k = 1; k <= threads; ++k)
            m_loops.push_back(
                    std::make_unique<EventLoopExecutor>("subscribers " + std::to_string(k)));
    }
    for (qint64 k = 1; k <= parameters.integer(QStringLiteral("exchanges")); ++k) {
        // By name: whoever asks for it gets the same one.
        m_exchanges.push_back(NumberExchange::exchange(QStringLiteral("exchange %1").arg(k)));
    }
    makeSubscribers();
    QElapsedTimer timer;
    timer.start();
    std::unique_ptr<heddle::Thread> visitors;
    if (const double perSecond = parameters.number(QStringLiteral("churn")); perSecond > 0)
        visitors = std::make_unique<heddle::Thread>("visitors",
                                                    [this, perSecond] { churn(perSecond); });
    double sendTime = 0;
    heddle::Thread sender("sender", [&] { sendTime = send(); });
    sender.join();
    m_sending = false;
    if (visitors)
        visitors->join();
    if (context.stopRequested()) {
        for (heddle::Subscription &subscription : m_subscriptions)
            subscription.detachAndWait(); // what is on its way is dropped
    } else {
        drain();
    }
    const double wall = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    // Still attached when the pattern counts who is left; the exchange may outlive this run.
    heddle::Subscription forgotten;
    if (hasFault("missing-detach") && !m_subscriptions.empty()) {
        forgotten = std::move(m_subscriptions.back());
        m_subscriptions.pop_back();
    }
    for (heddle::Subscription &subscription : m_subscriptions)
        subscription.detach();
    report(sendTime, wall);
    m_loops.clear();
    sender.joinAndRethrow();
}

class PublishSubscribePlugin : public QObject, public heddle::PatternPlugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID HEDDLE_PATTERN_IID FILE "publish-subscribe.json")
    Q_INTERFACES(heddle::PatternPlugin)
public:
    std::unique_ptr<heddle::Pattern> create() const override
    {
        return std::make_unique<PublishSubscribe>();
    }
};

} // namespace

#include "publishsubscribe.moc"
