// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/exchange.h>

#include <QHash>

#include <mutex>

namespace heddle {

namespace {
// Deletes a receiver in the thread that it lives in, where events for it may be on their way.
void deleteReceiver(QObject *receiver)
{
    if (receiver)
        receiver->deleteLater();
}
} // namespace

SubscriberBase::SubscriberBase(SubscriptionOptions options, const QString &exchangeName)
    : m_options(options)
    , m_exchangeName(exchangeName)
    , m_mailbox(options.delivery == Delivery::Direct ? trace::ObjectKind::Unknown
                                                     : trace::ObjectKind::Queue,
                (exchangeName + QStringLiteral(" mailbox")).toStdString(), options.capacity)
    , m_receiver(nullptr, deleteReceiver)
{
    if (options.delivery == Delivery::Direct)
        return;
    if (!options.context) {
        throw Error(QStringLiteral("A queued subscription needs a context object"), exchangeName,
                    QStringLiteral("Give an object that lives in the thread that shall handle it"));
    }
    m_receiver.reset(new QObject);
    m_receiver->moveToThread(options.context->thread());
}

SubscriberBase::~SubscriberBase() = default;

void SubscriberBase::connectContext(std::weak_ptr<ExchangeBase *> exchange,
                                    std::weak_ptr<SubscriberBase> subscriber)
{
    if (!m_options.context)
        return;
    // Direct: when destroyed() has returned, nothing may reach the context any more.
    QObject::connect(
            m_options.context, &QObject::destroyed, m_options.context,
            [exchange = std::move(exchange), weak = std::move(subscriber)] {
                const auto attached = weak.lock();
                const auto alive = exchange.lock();
                if (attached && alive)
                    (*alive)->detachAndWait(attached);
            },
            Qt::DirectConnection);
}

void SubscriberBase::guarded(const std::function<void()> &handle)
{
    const Qt::HANDLE thread = QThread::currentThreadId();
    {
        const std::lock_guard lock(m_mutex);
        if (m_discarded)
            return;
        m_running.push_back(thread);
    }
    struct Leave
    {
        SubscriberBase *subscriber;
        Qt::HANDLE thread;
        ~Leave()
        {
            const std::lock_guard lock(subscriber->m_mutex);
            std::erase(subscriber->m_running, thread);
            subscriber->m_changed.wakeAll();
        }
    } const leave{this, thread};
    handle();
}

void SubscriberBase::discardAndWait()
{
    const Qt::HANDLE thread = QThread::currentThreadId();
    std::unique_lock lock(m_mutex);
    m_discarded = true;
    m_changed.wakeAll();
    // A handler that ends its own subscription cannot wait for itself.
    const auto isQuiet = [this, thread] {
        return std::all_of(m_running.begin(), m_running.end(),
                           [thread](Qt::HANDLE running) { return running == thread; });
    };
    if (!isQuiet()) {
        m_changed.wait(lock, m_mailbox.id(), trace::WaitReason::Condition, WaitPoint::Forever, {},
                       isQuiet, [] { return false; });
    }
}

ExchangeBase::ExchangeBase(std::string_view name)
    : m_object(trace::ObjectKind::Exchange, name)
    , m_subscribers(std::make_shared<const Subscribers>())
    , m_self(std::make_shared<ExchangeBase *>(this))
{}

ExchangeBase::~ExchangeBase() = default;

QString ExchangeBase::name() const
{
    return QString::fromUtf8(m_object.name().text());
}

void ExchangeBase::add(const std::shared_ptr<SubscriberBase> &subscriber)
{
    const std::lock_guard lock(m_mutex);
    auto next = std::make_shared<Subscribers>(*m_subscribers);
    next->push_back(subscriber);
    m_subscribers = std::move(next);
    m_object.count(static_cast<qint64>(m_subscribers->size()));
}

bool ExchangeBase::detach(const std::shared_ptr<SubscriberBase> &subscriber)
{
    if (!subscriber || !subscriber->markDetached())
        return false;
    const std::lock_guard lock(m_mutex);
    auto next = std::make_shared<Subscribers>(*m_subscribers);
    std::erase(*next, subscriber);
    m_subscribers = std::move(next);
    m_object.count(static_cast<qint64>(m_subscribers->size()));
    return true;
}

bool ExchangeBase::detachAndWait(const std::shared_ptr<SubscriberBase> &subscriber)
{
    const bool was = detach(subscriber);
    if (subscriber)
        subscriber->discardAndWait();
    return was;
}

int ExchangeBase::subscriberCount() const
{
    return static_cast<int>(subscribers()->size());
}

std::shared_ptr<const ExchangeBase::Subscribers> ExchangeBase::subscribers() const
{
    const std::lock_guard lock(m_mutex);
    return m_subscribers;
}

std::shared_ptr<ExchangeBase>
ExchangeBase::findOrCreate(const QString &name, std::type_index type,
                           const std::function<std::shared_ptr<ExchangeBase>()> &create)
{
    struct Registered
    {
        std::type_index type;
        std::shared_ptr<ExchangeBase> exchange;
    };
    static std::mutex mutex;
    static auto *registry = new QHash<QString, std::shared_ptr<Registered>>; // outlives statics
    const std::lock_guard lock(mutex);
    std::shared_ptr<Registered> &entry = (*registry)[name];
    if (!entry)
        entry = std::make_shared<Registered>(Registered{type, create()});
    if (entry->type != type) {
        throw Error(QStringLiteral("An exchange of this name carries messages of another type"),
                    name, QStringLiteral("Choose another name"));
    }
    return entry->exchange;
}

Subscription::Subscription(std::weak_ptr<ExchangeBase *> exchange,
                           std::shared_ptr<SubscriberBase> subscriber)
    : m_exchange(std::move(exchange))
    , m_subscriber(std::move(subscriber))
{}

Subscription::~Subscription()
{
    detach();
}

Subscription &Subscription::operator=(Subscription &&other) noexcept
{
    if (this != &other) {
        detach();
        m_exchange = std::move(other.m_exchange);
        m_subscriber = std::move(other.m_subscriber);
    }
    return *this;
}

bool Subscription::detach()
{
    const auto exchange = m_exchange.lock();
    return exchange && m_subscriber && (*exchange)->detach(m_subscriber);
}

bool Subscription::detachAndWait()
{
    const auto exchange = m_exchange.lock();
    if (!m_subscriber)
        return false;
    if (exchange)
        return (*exchange)->detachAndWait(m_subscriber);
    m_subscriber->discardAndWait();
    return false;
}

} // namespace heddle
