// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/exchange.h>

#include <QHash>

#include <mutex>

namespace heddle {

ExchangeBase::ExchangeBase(std::string_view name)
    : m_list(std::make_shared<SubscriberList>(name))
{}

ExchangeBase::~ExchangeBase()
{
    m_list->clear();
}

QString ExchangeBase::name() const
{
    return QString::fromUtf8(object().name().text());
}

bool ExchangeBase::detach(const std::shared_ptr<SubscriberBase> &subscriber)
{
    return subscriber && m_list->remove(subscriber, SubscriberList::Ending::ForLaterSends);
}

bool ExchangeBase::detachAndWait(const std::shared_ptr<SubscriberBase> &subscriber)
{
    return subscriber && subscriber->detachAndWait();
}

int ExchangeBase::subscriberCount() const
{
    return m_list->size();
}

void ExchangeBase::setErrorHandler(SubscriberList::ErrorHandler handler)
{
    m_list->setErrorHandler(std::move(handler));
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
        throw Misuse(QStringLiteral("An exchange of this name carries messages of another type"),
                     name, QStringLiteral("Choose another name"));
    }
    return entry->exchange;
}

Subscription::Subscription(std::shared_ptr<SubscriberBase> subscriber)
    : m_subscriber(std::move(subscriber))
{}

namespace {
void endAtOnce(SubscriberBase *subscriber)
{
    try {
        if (subscriber)
            subscriber->detachAndWait();
    } catch (const Misuse &error) {
        // To return would let go what the handler may use, to wait would be for ever.
        qFatal("%s", error.what());
    }
}
} // namespace

Subscription::~Subscription()
{
    endAtOnce(m_subscriber.get());
}

Subscription &Subscription::operator=(Subscription &&other) noexcept
{
    if (this != &other) {
        endAtOnce(m_subscriber.get());
        m_subscriber = std::move(other.m_subscriber);
    }
    return *this;
}

bool Subscription::detach()
{
    return m_subscriber && m_subscriber->detach();
}

bool Subscription::detachAndWait()
{
    return m_subscriber && m_subscriber->detachAndWait();
}

} // namespace heddle
