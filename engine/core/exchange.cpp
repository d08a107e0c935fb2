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
    return subscriber && m_list->remove(subscriber);
}

bool ExchangeBase::detachAndWait(const std::shared_ptr<SubscriberBase> &subscriber)
{
    return subscriber && subscriber->detachAndWait();
}

int ExchangeBase::subscriberCount() const
{
    return static_cast<int>(m_list->snapshot()->size());
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

Subscription::Subscription(std::shared_ptr<SubscriberBase> subscriber)
    : m_subscriber(std::move(subscriber))
{}

Subscription::~Subscription()
{
    detachAndWait();
}

Subscription &Subscription::operator=(Subscription &&other) noexcept
{
    if (this != &other) {
        detachAndWait();
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
